"""Names in the journal stay what they are: another name for the same event would be a second row of it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import ADA, NOW, lifecycle_event, mail_event, mail_spec, reading_of

from shared.domain.events.client_state import Proof, subject_of_person
from shared.domain.events.summary import NO_SUMMARY
from shared.domain.journal.log_layout import (
    GROUPS_BEFORE,
    Entry,
    claim_row,
    claims_of,
    day_of,
    entry_of,
    event_id,
    group_row,
    groups_range,
    journal_range,
    journal_row,
    lane_of,
    pending_row,
    position_of,
    quarantine_key,
    table_of,
    writer_row,
)

MAIL = replace(reading_of(mail_event()).notification, event_id="1", source="s")
PROOF = Proof(1, "mail", subject_of_person(ADA))
CREATED = "79b07c1fb510792d02099d3a62d33191"
UPDATED = "8570814b19474f20b2a691a74cbfbea0"
BY_ID = "ed6576411d3bbfd0dccd303121e51255"


def test_claims_are_the_same_from_release_to_release():
    assert claims_of(MAIL, mail_spec(), recovered=False) == (CREATED,)
    assert claims_of(MAIL, mail_spec(), recovered=True) == (UPDATED, CREATED)
    assert claims_of(replace(MAIL, version=""), mail_spec(), recovered=True) == (BY_ID,)
    assert claims_of(replace(MAIL, lifecycle="missed"), mail_spec(), recovered=False) == (BY_ID,)
    assert quarantine_key("s", "1") == BY_ID
    assert quarantine_key("s", "\ud800") == "c03ef8b421c3c0b6e0a5fe481e49f4df"


def test_lanes_are_the_same_from_release_to_release():
    assert [lane_of(stream, 256) for stream in ("", "mail~a", mail_spec())] == ["42", "90", "6a"]
    assert lane_of("mail~a", 1) == "00"


def test_an_entry_holds_its_notification_whole():
    entry = entry_of(MAIL, PROOF, now=NOW + timedelta(days=1))

    assert entry == Entry(
        notification=MAIL,
        day="20260616",
        stream=mail_spec(),
        reader=PROOF.subject,
        claims=(CREATED,),
        recovered=False,
        wants_handling=False,
        summary=NO_SUMMARY,
    )
    again = entry_of(MAIL, PROOF, now=NOW, recovered=True, wants_handling=True)
    assert again == replace(entry, claims=(UPDATED, CREATED), recovered=True, wants_handling=True)
    assert entry_of(reading_of(lifecycle_event("missed")).notification, PROOF, now=NOW).reader == "operators"


def test_days_are_utc_s_wherever_the_clock_stands():
    there = timezone(timedelta(hours=-11))

    assert day_of(datetime(2026, 6, 16, 13, 0, tzinfo=there)) == "20260617"
    assert day_of(datetime(2026, 6, 16, 23, 59, tzinfo=UTC)) == "20260616"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows sets no zone for a process")
def test_days_are_utc_s_on_a_machine_elsewhere(monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert day_of(datetime(2026, 6, 16, 23, 59, tzinfo=UTC)) == "20260616"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_keys_are_written_as_the_layout_says():
    assert (claim_row("x"), pending_row("x"), writer_row("x"), table_of("20260616")) == (
        "c|x",
        "p|x",
        "w|x",
        "log20260616",
    )
    assert journal_row("ada", "w", 12, 3) == "r|ada|w|0000000012|03"
    assert journal_range("ada", "w", after=11) == ("r|ada|w|0000000012", "r|ada|w|~")
    assert position_of("r|ada|w|0000000012|03") == ("w", 12)
    assert event_id("20260616", "00", "x") == "20260616.00.x"


def test_a_writer_s_groups_are_read_from_shortly_before_a_place():
    assert group_row("w", 12) == "g|w|0000000012"
    assert groups_range("w", GROUPS_BEFORE + 3) == ("g|w|0000000003", "g|w|~")
    assert groups_range("w", 1) == groups_range("w", GROUPS_BEFORE) == ("g|w|0000000000", "g|w|~")
