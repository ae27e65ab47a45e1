"""Who may work on an accepted event: the table of decisions."""

from datetime import timedelta

import pytest
from builders import NOW

from shared.domain.journal.claims import ATTEMPTS, LEASE, Claim, Next, decide, left_to_run

ALIVE, OVER, NONE = NOW + timedelta(seconds=1), NOW, None


def claim(*, is_done: bool = False, lease_until=NONE, attempts: int = 0, handled: tuple[str, ...] = ()) -> Claim:
    return Claim(
        key="k", row="r", owner="w", is_done=is_done, lease_until=lease_until, attempts=attempts, handled=handled
    )


@pytest.mark.parametrize(
    ("is_done", "lease_until", "attempts", "answer"),
    [
        (True, NONE, 0, Next.ACKNOWLEDGE),
        (True, ALIVE, ATTEMPTS, Next.ACKNOWLEDGE),
        (False, ALIVE, 0, Next.WAIT),
        (False, ALIVE, ATTEMPTS, Next.WAIT),
        (False, OVER, 0, Next.TAKE_OVER),
        (False, NONE, ATTEMPTS - 1, Next.TAKE_OVER),
        (False, NONE, ATTEMPTS, Next.GIVE_UP),
        (False, OVER, ATTEMPTS + 1, Next.GIVE_UP),
    ],
)
def test_what_a_delivery_does_with_an_event_that_is_accepted_already(is_done, lease_until, attempts, answer):
    assert decide(claim(is_done=is_done, lease_until=lease_until, attempts=attempts), now=NOW) is answer


def test_only_what_is_not_done_runs_again_and_in_its_order():
    assert left_to_run(claim(handled=("b", "gone")), ["c", "b", "a"]) == ["c", "a"]


def test_the_lease_outlasts_an_answer_to_event_grid():
    assert timedelta(seconds=30) < LEASE
