"""What happens to a subscription is written into its row, and nothing else; pauses."""

from dataclasses import replace

import pytest
from builders import NOW
from subscription_rows import ANEW, BEHIND, DAY, FRESH, HELD, HOUR, NOON, ROW, SECOND, T, changed

from shared.domain.watching.subscriptions import State
from shared.domain.watching.transitions import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    NEVER,
    ROTATED,
    SHORTEST_PAUSE,
    behind,
    deleted,
    lost,
    missing,
    postponed,
    resting,
    retired,
    stranded,
    to_rotate,
    unfit,
    unread,
)

BY_HAND = "it was deleted by hand: `pulse subscriptions apply` makes it again"
PAUSE = 8 * FIRST_PAUSE  # after three faults


@pytest.mark.parametrize(
    ("renew_at", "wait", "due_at"),
    [
        (NOW + 5 * DAY, None, NOON + PAUSE),
        (NOON + SECOND, None, NOON + SECOND),
        (T, None, NOON + PAUSE),  # its renewal is due: it has a pause of its own
        (NOW, None, NOON + PAUSE),
        (None, None, NOON + PAUSE),
        (NOW + 5 * DAY, HOUR, NOON + HOUR),
    ],
)
def test_a_reading_that_failed_puts_off_no_renewal(renew_at, wait, due_at):
    known = replace(BEHIND, renew_at=renew_at)

    after = unread(known, note="429", now=T, wait=wait)

    assert changed(known, after) == {"due_at": due_at, "faults": 4, "note": "429"}


@pytest.mark.parametrize(
    ("known", "act", "members"),
    [
        (ROW, lambda one: deleted(one, now=T), {"state": State.RETIRED, "due_at": NOON, "held": BY_HAND}),
        (
            ANEW,
            lambda one: deleted(one, now=T),
            {"state": State.RETIRED, "due_at": NOON, "held": BY_HAND, "id": "F", "former_id": ""},
        ),
        (
            replace(HELD, former_id="F", note="403", due_at=NOW),
            resting,
            {
                "id": "",
                "former_id": "",
                "resync": "it was deleted by hand for a while",
                "faults": 0,
                "note": "by hand",
                "due_at": NEVER,
            },
        ),
        (replace(HELD, delta="", state=State.RETIRED), resting, {"id": "", "faults": 0, "state": State.PARKED}),
        (
            ROW,
            lambda one: stranded(one, why="over"),
            {"state": State.PARKED, "held": "over", "note": "over", "due_at": NEVER},
        ),
        (ROW, lambda one: to_rotate(one, now=T), {"state": State.RECREATING, "resync": ROTATED, "due_at": NOON}),
        (
            ROW,
            lambda one: lost(one, why="404", now=T),
            {"state": State.WANTED, "id": "", "resync": "404", "due_at": NOON},
        ),
        (FRESH, lambda one: lost(one, why="404", now=T), {}),
        (
            replace(ROW, state=State.RETIRED),
            lambda one: lost(one, why="404", now=T),
            {"id": "", "resync": "404", "due_at": NOON},
        ),
        (
            ROW,
            lambda one: missing(one, now=T),
            {"state": State.WANTED, "id": "", "former_id": "S", "resync": "Graph's list lacks it", "due_at": NOON},
        ),
        (
            ROW,
            lambda one: unfit(one, why="wrong", now=T),
            {"state": State.RECREATING, "resync": "wrong", "due_at": NOON},
        ),
        (
            ROW,
            lambda one: behind(one, why="missed", now=T),
            {"state": State.RESYNCING, "resync": "missed", "due_at": NOON},
        ),
        (HELD, lambda one: behind(one, why="missed", now=T), {"resync": "missed", "due_at": NOON}),
        (FRESH, lambda one: behind(one, why="missed", now=T), {"resync": "missed"}),
        (ANEW, lambda one: behind(one, why="missed", now=T), {}),
        (
            replace(ROW, delta=""),
            lambda one: behind(one, why="missed", now=T),
            {"note": "missed, and they can't be recovered: no delta for it"},
        ),
        (HELD, lambda one: retired(one, now=T), {"state": State.RETIRED, "held": "", "due_at": NOON}),
        (
            ANEW,
            lambda one: retired(one, now=T),
            {"state": State.RETIRED, "id": "F", "former_id": "", "due_at": NOON},
        ),
    ],
)
def test_what_happens_to_it_is_written_down_and_nothing_else(known, act, members):
    assert changed(known, act(known)) == members


ENDED, NO_END = replace(ROW, expires_at=T), replace(ROW, expires_at=None)


@pytest.mark.parametrize(
    ("known", "refused", "wait", "pause", "state"),
    [
        (ROW, False, None, PAUSE, State.LIVE),
        (ROW, True, None, PAUSE, State.PARKED),
        (replace(ROW, state=State.RECREATING), True, None, PAUSE, State.RECREATING),
        (replace(ROW, state=State.RETIRED), True, None, PAUSE, State.RETIRED),
        (ROW, False, 9 * HOUR, 9 * HOUR, State.LIVE),
        (replace(ROW, expires_at=T + 2 * HOUR), False, None, HOUR / 4, State.LIVE),
        (replace(ROW, expires_at=T + 2 * HOUR), True, None, HOUR / 4, State.PARKED),
        (replace(ROW, expires_at=T + 2 * HOUR, id=""), True, None, PAUSE, State.PARKED),
        (replace(ROW, expires_at=T + 2 * HOUR, id=""), False, None, HOUR / 4, State.LIVE),
        (ENDED, True, None, PAUSE, State.PARKED),  # nothing is left to save
        (ENDED, False, None, SHORTEST_PAUSE, State.LIVE),
        (NO_END, True, None, PAUSE, State.PARKED),
        (replace(NO_END, faults=0), False, None, FIRST_PAUSE, State.LIVE),
        (replace(NO_END, faults=9), False, None, LONGEST_PAUSE, State.LIVE),
    ],
)
def test_a_pause_is_measured_by_the_faults_and_by_the_life_that_is_left(known, refused, wait, pause, state):
    after = postponed(known, note="why", refused=refused, now=T, wait=wait)

    expected = {"due_at": NOON + pause, "faults": known.faults + 1, "note": "why"}
    assert changed(known, after) == expected | ({"state": state} if state is not known.state else {})
