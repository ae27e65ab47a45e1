"""How much of its life a subscription has left, and from when on it may fill a batch."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, WATCH, mail_spec

from shared.domain.watching.subscriptions import (
    APART,
    Act,
    State,
    Step,
    is_held,
    is_lasting,
    least_life,
    may_fill,
    next_act,
    plan,
    share_left,
    shown_state,
    was_reauthorized,
)
from shared.domain.watching.transitions import retired, wanted
from shared.domain.watching.watch import parse_watch

WATCHED = parse_watch(WATCH, {})
URL, SPEC = WATCHED.topic.url, WATCHED.specs[mail_spec()]
DAY, MICRO = timedelta(days=1), timedelta(microseconds=1)
NEW = wanted(SPEC, now=NOW)
LIVE = replace(
    NEW,
    state=State.LIVE,
    id="S",
    url=URL,
    renewed_at=NOW,
    expires_at=NOW + 8 * DAY,
    renew_at=NOW + 6 * DAY,
    due_at=NOW + 6 * DAY,
)


@pytest.mark.parametrize(("days", "share"), [(0, 1), (2, 0.75), (8, 0), (10, -0.25)])
def test_a_life_runs_from_one_to_nothing_and_below(days, share):
    assert share_left(LIVE, now=NOW + days * DAY) == share


@pytest.mark.parametrize(
    "known",
    [
        NEW,
        replace(LIVE, expires_at=None),
        replace(LIVE, renewed_at=None),
        replace(LIVE, expires_at=NOW),
        replace(LIVE, expires_at=NOW - DAY),
    ],
)
def test_of_what_has_no_life_nothing_is_left(known):
    assert share_left(known, now=NOW - DAY) == 0


def test_the_least_life_is_of_the_living_one_with_the_smallest_part_left():
    short = replace(LIVE, spec="b~1", renewed_at=NOW - DAY, expires_at=NOW + DAY)
    same = replace(short, spec="a~1", expires_at=NOW + DAY)
    gone = replace(short, id="", expires_at=NOW)
    unknown = replace(short, expires_at=None)

    assert least_life([LIVE, short, gone, unknown], now=NOW) == (0.5, short, NOW + DAY)
    assert least_life([short, LIVE], now=NOW) == (0.5, short, NOW + DAY)
    assert least_life([short, same], now=NOW) == least_life([same, short], now=NOW) == (0.5, same, NOW + DAY)
    assert least_life([NEW, gone, unknown], now=NOW) is None


@pytest.mark.parametrize(
    ("known", "is_it"),
    [
        (LIVE, True),
        (replace(LIVE, state=State.RESYNCING), True),
        (replace(LIVE, state=State.PARKED), False),
        (replace(LIVE, state=State.RECREATING), False),
        (replace(LIVE, id=""), False),
        (replace(LIVE, renew_at=None), False),
        (replace(LIVE, renew_at=NOW + 4 * DAY + MICRO), True),
        (replace(LIVE, renew_at=NOW + 4 * DAY), False),
    ],
)
def test_it_lasts_while_it_lives_and_its_renewal_lies_ahead(known, is_it):
    assert is_lasting(known, now=NOW + 4 * DAY) is is_it
    assert may_fill(known, now=NOW + 4 * DAY) is is_it


@pytest.mark.parametrize(
    ("known", "may"),
    [
        (replace(LIVE, renewed_at=None), False),
        (replace(LIVE, expires_at=None), False),
        (replace(LIVE, expires_at=NOW + 8 * DAY + 2 * MICRO), False),  # half of its life is not over yet
        (replace(LIVE, touching_at=NOW), True),  # that was its PATCH
        (replace(LIVE, touching_at=NOW + 4 * DAY - APART), True),
        (replace(LIVE, touching_at=NOW + 4 * DAY - APART + MICRO), False),
    ],
)
def test_a_batch_is_filled_with_what_is_past_half_of_its_life_and_free_to_be_patched(known, may):
    assert may_fill(known, now=NOW + 4 * DAY) is may


@pytest.mark.parametrize(
    ("touching", "renewed", "was"),
    [(None, None, False), (None, NOW, False), (NOW, None, True), (NOW, NOW, False), (NOW, NOW - MICRO, True)],
)
def test_a_touch_after_the_last_renewal_was_a_reauthorization(touching, renewed, was):
    assert was_reauthorized(replace(LIVE, touching_at=touching, renewed_at=renewed)) is was


@pytest.mark.parametrize(("at", "act"), [(NOW, Act.KEEP), (NOW + 6 * DAY, Act.RENEW), (NOW + 8 * DAY, Act.RECREATE)])
def test_what_a_living_one_needs_changes_at_the_moment_itself(at, act):
    assert next_act(LIVE, now=at) is act
    assert next_act(replace(LIVE, renew_at=None, expires_at=None), now=at) is Act.KEEP


HELD = replace(LIVE, state=State.PARKED, held="by hand")
OTHER_URL = URL.replace("pt-sample", "pt-other")


@pytest.mark.parametrize(
    ("known", "url", "is_it"),
    [
        (HELD, URL, True),
        (HELD, OTHER_URL, False),
        (replace(HELD, held=""), URL, False),
        (replace(HELD, id=""), OTHER_URL, True),
        (replace(HELD, url=""), OTHER_URL, True),
        (replace(HELD, state=State.RETIRED), OTHER_URL, True),
    ],
)
def test_what_is_held_is_free_again_only_where_it_is_stranded_at_another_topic(known, url, is_it):
    assert is_held(known, url=url) is is_it


@pytest.mark.parametrize(
    ("known", "act", "why"),
    [
        (None, Act.CREATE, "it does not exist yet"),
        (HELD, Act.RECREATE, "by hand"),
        (replace(HELD, id=""), Act.CREATE, "by hand"),
        (retired(LIVE, now=NOW), Act.RECREATE, "its entry changed"),
        (replace(LIVE, change_types=("updated",)), Act.RECREATE, "its entry changed"),
        (replace(LIVE, url=OTHER_URL), Act.RECREATE, "the partner topic changed"),
        (replace(LIVE, url=""), Act.KEEP, "live"),
        (LIVE, Act.KEEP, "live"),
        (replace(LIVE, note="503"), Act.KEEP, "503"),
        (replace(LIVE, note="503", resync="missed"), Act.KEEP, "missed"),
        (replace(LIVE, note="503", resync="missed", due_at=NOW), Act.RESYNC, "missed"),
        (replace(LIVE, note="503", resync="missed", due_at=NOW + MICRO), Act.KEEP, "missed"),
        (replace(LIVE, note="403", resync="missed", state=State.PARKED), Act.KEEP, "403"),
        (replace(LIVE, resync="missed", state=State.PARKED), Act.KEEP, "missed"),
        (replace(LIVE, state=State.PARKED), Act.KEEP, "parked"),
    ],
)
def test_every_step_of_the_plan_says_why(known, act, why):
    steps = plan({SPEC.key: SPEC}, {SPEC.key: known} if known else {}, url=URL, now=NOW)

    assert steps == [Step(act=act, spec=SPEC.key, why=why, resource=SPEC.resource)]


def test_what_no_entry_wants_goes_and_what_could_not_be_read_stays_with_a_reason():
    (gone,) = plan({}, {SPEC.key: LIVE}, url=URL, now=NOW)
    (kept,) = plan({}, {SPEC.key: LIVE}, url=URL, now=NOW, unread=["mail"])
    (retiring,) = plan({}, {SPEC.key: retired(LIVE, now=NOW)}, url=URL, now=NOW, unread=["mail"])

    usual = {"spec": SPEC.key, "resource": SPEC.resource}
    assert gone == retiring == Step(act=Act.REMOVE, why="no entry wants it any more", **usual)
    assert kept == Step(act=Act.KEEP, why="its group can't be read: who is known of it stays", **usual)


def test_the_subject_is_the_part_of_the_spec_behind_the_first_tilde():
    assert replace(LIVE, spec="mail~x~y").subject == "x~y"


def test_only_a_live_one_is_shown_as_due():
    assert shown_state(replace(LIVE, due_at=NOW), now=NOW) == "due"
    assert shown_state(replace(LIVE, due_at=NOW + MICRO), now=NOW) == "live"
    assert shown_state(replace(LIVE, due_at=NOW, state=State.PARKED), now=NOW) == "parked"
