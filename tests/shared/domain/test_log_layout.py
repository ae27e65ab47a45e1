"""The journal's keys: what is one row, what are two, and that storage takes every name."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import ADA, NOW, TENANT, lifecycle_event, mail_event, mail_spec, people_spec, reading_of
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.catch_up.delta import DELTAS
from shared.domain.catch_up.recovered import recovered_notification
from shared.domain.events.client_state import Proof, subject_of_person
from shared.domain.events.notifications import Notification
from shared.domain.journal.log_layout import (
    OPERATORS,
    claim_row,
    claims_of,
    day_of,
    entry_of,
    event_id,
    journal_range,
    journal_row,
    lane_of,
    pending_row,
    position_of,
    quarantine_key,
    reader_of,
    table_of,
    writer_row,
)

FORBIDDEN = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")  # in keys of Table Storage


def claims(text: str, *, recovered: bool = False) -> tuple[str, ...]:
    return claims_of(reading_of(text).notification, mail_spec(), recovered=recovered)


def recovered(change_type: str = "updated", *, etag: str = 'W/"1-1"', found_by: str = "link") -> Notification:
    usual = {"resource": f"users/{ADA}/messages/AAMk000001=", "time": NOW, "tenant_id": TENANT}
    return recovered_notification(DELTAS["messages"], **usual, etag=etag, change_type=change_type, found_by=found_by)


def recovered_claims(**members: str) -> tuple[str, ...]:
    return claims_of(recovered(**members), mail_spec(), recovered=True)


def test_a_change_announced_twice_is_one():
    assert claims(mail_event(event_id="a")) == claims(mail_event(event_id="b"))


@pytest.mark.parametrize("other", [{"number": 2}, {"version": 2}, {"change": "updated"}])
def test_another_resource_version_or_change_is_another(other):
    assert not set(claims(mail_event())) & set(claims(mail_event(**other)))


def test_the_same_change_under_another_subscription_is_another():
    told = reading_of(mail_event()).notification

    assert claims_of(told, mail_spec(), recovered=False) != claims_of(told, people_spec(), recovered=False)


@pytest.mark.parametrize("announced", ["created", "updated"])
def test_a_recovered_change_is_refused_by_its_announcement_and_refuses_it(announced):
    assert set(recovered_claims()) & set(claims(mail_event(change=announced)))


def test_a_recovered_change_of_another_version_is_news():
    assert not set(recovered_claims(etag='W/"1-2"')) & set(claims(mail_event()))


def test_delete_restore_delete_is_two_deletions():
    announced = [claims(mail_event(change="deleted", version=version)) for version in (1, 2)]
    found = [recovered_claims(change_type="deleted", etag="", found_by=link) for link in ("link 1", "link 2")]

    assert len({*announced, *found}) == 4


def test_a_page_read_twice_is_the_same_deletion():
    assert recovered_claims(change_type="deleted", etag="") == recovered_claims(change_type="deleted", etag="")


def test_what_has_no_version_is_known_by_its_id_and_source():
    told = replace(reading_of(mail_event(event_id="a")).notification, version="")
    key = claims_of(told, mail_spec(), recovered=False)

    assert key == claims_of(replace(told, resource="x"), mail_spec(), recovered=False)
    assert key != claims_of(replace(told, event_id="b"), mail_spec(), recovered=False)
    assert key != claims_of(replace(told, source="b"), mail_spec(), recovered=False)


def test_lifecycle_events_are_known_by_their_id_whatever_they_hold():
    told = replace(reading_of(lifecycle_event("missed")).notification, version="1")

    assert claims_of(told, mail_spec(), recovered=False) != claims_of(
        replace(told, event_id="b"), mail_spec(), recovered=False
    )


def test_parts_of_a_claim_do_not_run_into_each_other():
    assert quarantine_key("ab", "c") != quarantine_key("a", "bc")


def test_mailboxes_are_their_owner_s_and_directory_and_lifecycle_the_operators():
    owner = subject_of_person(ADA)
    told = reading_of(mail_event()).notification

    assert reader_of(told, owner) == owner
    assert reader_of(told, "x" * 16) == OPERATORS
    assert reader_of(replace(told, type="microsoft.graph.USERUPDATED"), owner) == OPERATORS
    assert reader_of(reading_of(lifecycle_event("missed")).notification, owner) == OPERATORS


def test_the_day_is_the_event_s_own_in_utc_or_that_of_its_arrival():
    late = datetime(2026, 6, 16, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    told, proof = reading_of(mail_event(time=late)).notification, Proof(1, "mail", subject_of_person(ADA))

    assert entry_of(told, proof, now=NOW).day == "20260617"
    assert entry_of(replace(told, time=None), proof, now=NOW).day == "20260616" == day_of(NOW)


def test_an_entry_says_whose_and_what_it_is():
    told = reading_of(mail_event()).notification

    entry = entry_of(told, Proof(1, "mail", subject_of_person(ADA)), now=NOW, wants_handling=True)

    assert (entry.stream, entry.reader) == (mail_spec(), subject_of_person(ADA))
    assert (entry.recovered, entry.wants_handling, len(entry.claims)) == (False, True, 1)


@given(texts=st.tuples(st.text(), st.text()), stream=st.text(alphabet="abc~-"), lanes=st.integers(1, 64))
def test_no_key_holds_what_storage_forbids(texts, stream, lanes):
    claim, lane = quarantine_key(*texts), lane_of(stream, lanes)
    keys = [claim_row(claim), pending_row(claim), writer_row("0af3"), lane, event_id("20260616", lane, claim)]
    keys.append(journal_row(subject_of_person(ADA), "0af3", 1, 49))

    assert not [key for key in keys if FORBIDDEN.search(key) or len(key) > 512]
    assert 0 <= int(lane, 16) < lanes
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,62}", table_of(day_of(NOW)))


@given(seq=st.integers(1, 9_999_999_990), index=st.integers(0, 49), gap=st.integers(0, 3))
def test_a_reader_s_range_holds_what_came_after_and_nothing_of_others(seq, index, gap):
    row = journal_row("ada", "writer", seq, index)
    first, last = journal_range("ada", "writer", after=seq - 1 + gap)

    assert (first <= row < last) is (gap == 0)
    assert position_of(row) == ("writer", seq)
    for other in ("ad", "ada2", "ada-", "ada_", "Ada"):
        assert not first <= journal_row(other, "writer", seq, index) < last


def test_days_are_named_in_utc():
    assert day_of(datetime(2026, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)) == "20251231"
