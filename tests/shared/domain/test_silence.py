"""Silence against a subscription's own history, and what people read of it."""

from dataclasses import replace
from datetime import timedelta

from builders import NOW, WATCH, mail_spec

from shared.domain.watching.silence import NO_DELTA, audited, heard, is_silent, shown_note
from shared.domain.watching.subscriptions import State
from shared.domain.watching.transitions import behind, wanted
from shared.domain.watching.watch import parse_watch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE = replace(wanted(parse_watch(WATCH, {}).specs[mail_spec()], now=NOW), state=State.LIVE, id="sub-1")


def heard_at(*hours: int):
    known = LIVE
    for hour in hours:
        known = heard(known, NOW + hour * HOUR)
    return known


def test_the_longest_time_between_two_events_is_its_history():
    assert heard_at(0, 3, 50, 60).longest_silence == 47 * HOUR
    assert heard_at(0).longest_silence == timedelta()


def test_what_is_no_news_changes_nothing():
    known = heard_at(0, 24)

    assert heard(known, None) is known
    assert heard(known, NOW) is known
    assert heard(known, NOW + DAY) is known


def test_it_is_silent_after_twice_its_longest_silence_and_not_within_a_day():
    known, busy = heard_at(0, 48), heard_at(0, 1)

    assert not is_silent(known, now=NOW + 48 * HOUR + 4 * DAY)
    assert is_silent(known, now=NOW + 48 * HOUR + 4 * DAY + HOUR)
    assert not is_silent(busy, now=NOW + 25 * HOUR)
    assert is_silent(busy, now=NOW + 26 * HOUR)


def test_without_a_history_or_while_it_is_not_live_nothing_is_silent():
    assert not is_silent(heard_at(0), now=NOW + 90 * DAY)
    assert not is_silent(replace(heard_at(0, 1), state=State.PARKED), now=NOW + 90 * DAY)


def test_people_read_what_is_wrong_and_nothing_else():
    known = replace(heard_at(0, 1), note="of its own")

    assert shown_note(known, now=NOW + 2 * HOUR) == "of its own"
    assert shown_note(audited(known, changes=9, lost=0, now=NOW), now=NOW) == "of its own"
    said = shown_note(audited(known, changes=9, lost=2, now=NOW), now=NOW + 3 * DAY)
    assert said == (
        "of its own; silent since 2026-06-16 13:00 UTC, never so long before; "
        "audit of 2026-06-16: 2 of 9 changes were not announced"
    )


def test_without_delta_people_read_so_once():
    known = replace(LIVE, delta="")

    assert shown_note(known, now=NOW) == NO_DELTA
    behind_it = behind(known, why="Graph missed some", now=NOW)
    assert shown_note(behind_it, now=NOW).count("delta") == 1


def test_where_versions_do_not_compare_nothing_is_said_of_a_loss():
    known = audited(replace(LIVE, delta="users"), changes=9, lost=0, now=NOW)

    assert shown_note(known, now=NOW) == ("loss can't be measured: its notifications carry no version that delta shows")
