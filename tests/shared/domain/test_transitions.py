"""The ten-minute rule, what is held, and pauses that stand: as values."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, WATCH, mail_spec
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.watching.subscriptions import APART, Act, State, is_held, may_fill, next_act, plan
from shared.domain.watching.transitions import (
    NEVER,
    asked_to_renew,
    behind,
    challenged,
    deleted,
    lasting,
    lived,
    lost,
    renewed,
    respecified,
    resting,
    retired,
    stranded,
    touching,
    wanted,
)
from shared.domain.watching.watch import parse_watch

WATCHED = parse_watch(WATCH, {})
URL, SPEC = WATCHED.topic.url, WATCHED.specs[mail_spec()]
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
LIVE = lived(wanted(SPEC, now=NOW), id="sub-1", url=URL, expires_at=NOW + 7 * DAY, now=NOW, resync="")
RENEWED = renewed(LIVE, expires_at=NOW + 7 * DAY, now=NOW)
TOUCHED = touching(RENEWED, now=NOW + DAY)
PAUSED = replace(LIVE, id="", state=State.CREATING, faults=3, due_at=NOW + DAY)


@given(st.integers(0, 15 * 60))
def test_no_renewal_is_due_within_the_time_after_a_reauthorization(after):
    now = NOW + DAY + timedelta(seconds=after)

    for known in (asked_to_renew(TOUCHED, now=now), challenged(TOUCHED, now=now), TOUCHED):
        assert known.due_at > NOW + DAY + APART
        assert known.due_at == known.renew_at
        assert known.due_at <= max(now, NOW + DAY + APART) + SECOND or known is TOUCHED


def test_a_demand_long_after_a_touch_or_with_none_is_answered_at_once():
    assert challenged(LIVE, now=NOW).due_at == NOW
    assert challenged(TOUCHED, now=NOW + 2 * DAY).due_at == NOW + 2 * DAY


def test_a_demand_just_after_a_patch_waits_and_a_person_does_not():
    now = NOW + SECOND

    assert challenged(RENEWED, now=now).due_at == NOW + APART
    assert asked_to_renew(RENEWED, now=now).due_at == now


def test_who_is_behind_is_read_at_once_though_the_renewal_waits():
    known = challenged(behind(TOUCHED, why="missed", now=NOW + DAY), now=NOW + DAY)

    assert (known.due_at, next_act(known, now=known.due_at)) == (NOW + DAY, Act.RESYNC)
    assert known.renew_at > NOW + DAY + APART


def test_a_later_expiry_at_graph_is_a_patch_that_our_row_did_not_know():
    later = lasting(LIVE, expires_at=NOW + 8 * DAY, now=NOW + DAY)
    sooner = lasting(LIVE, expires_at=NOW + 6 * DAY, now=NOW + DAY)

    assert (later.touching_at, sooner.touching_at) == (NOW + DAY, None)


def test_what_was_just_reauthorized_fills_no_batch():
    now = NOW + 5 * DAY

    assert may_fill(RENEWED, now=now)
    assert not may_fill(touching(RENEWED, now=now), now=now)
    assert may_fill(touching(RENEWED, now=now - APART), now=now)


@pytest.mark.parametrize("change", [lambda one: lost(one, why="x", now=NOW), lambda one: challenged(one, now=NOW)])
def test_what_is_being_made_anew_keeps_its_pause(change):
    assert change(PAUSED) is PAUSED


def test_what_was_missed_of_one_that_is_being_made_anew_is_read_afterwards():
    known = behind(PAUSED, why="missed", now=NOW)

    assert (known.due_at, known.state, known.resync) == (PAUSED.due_at, State.CREATING, "missed")


def test_what_is_deleted_by_hand_is_removed_and_then_rests_for_ever():
    going = deleted(LIVE, now=NOW)
    gone = resting(going)

    assert next_act(going, now=NOW) is Act.REMOVE
    assert (gone.state, gone.id, gone.due_at, gone.note) == (State.PARKED, "", NEVER, going.held)
    assert is_held(going, url=URL)
    assert is_held(gone, url="EventGrid:?partnertopic=other")
    (step,) = plan({SPEC.key: SPEC}, {SPEC.key: gone}, url=URL, now=NOW)
    assert (step.act, step.why) == (Act.CREATE, gone.held)


def test_what_is_stranded_is_free_at_another_topic():
    known = stranded(LIVE, why="the topic is over")

    assert is_held(known, url=URL)
    assert not is_held(known, url=URL.replace("pt-sample", "pt-other"))
    (step,) = plan({SPEC.key: SPEC}, {SPEC.key: known}, url=URL.replace("pt-sample", "pt-other"), now=NOW)
    assert (step.act, step.why) == (Act.RECREATE, "the partner topic changed")


def test_to_be_applied_or_wanted_by_nobody_frees_what_is_held():
    held = resting(deleted(LIVE, now=NOW))

    assert respecified(held, SPEC, now=NOW).held == respecified(held, SPEC, now=NOW).note == ""
    assert respecified(held, SPEC, now=NOW).state is State.WANTED
    assert retired(held, now=NOW).held == ""


def test_members_of_a_group_that_cannot_be_read_stay_and_others_go():
    (step,) = plan({}, {SPEC.key: LIVE}, url=URL, now=NOW, unread={"mail"})
    (other,) = plan({}, {SPEC.key: LIVE}, url=URL, now=NOW, unread={"another"})
    (leaving,) = plan({}, {SPEC.key: retired(LIVE, now=NOW)}, url=URL, now=NOW, unread={"mail"})

    assert (step.act, other.act, leaving.act) == (Act.KEEP, Act.REMOVE, Act.REMOVE)
    assert step.resource == SPEC.resource
