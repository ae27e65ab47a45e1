from datetime import UTC, datetime

import pytest

from twin.ledger import Ledger

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ledger():
    ledger = Ledger()
    for resource, change_type, version in [
        ("Users/a", "created", "1"),
        ("Users/b", "created", "2"),
        ("Users/a", "updated", "3"),
        ("Users/b", "deleted", None),
    ]:
        ledger.record(at=AT, resource=resource, change_type=change_type, version=version, announced_to=["s1"])
    return ledger


def test_changes_are_numbered_in_order(ledger):
    assert [change.number for change in ledger.changes] == [1, 2, 3, 4]


def test_the_final_state_is_the_newest_change_of_each_entity(ledger):
    final = ledger.final()

    assert {resource: (change.change_type, change.version) for resource, change in final.items()} == {
        "Users/a": ("updated", "3"),
        "Users/b": ("deleted", None),
    }


def test_a_change_as_json_has_text_for_its_time(ledger):
    assert ledger.changes[0].as_json() == {
        "number": 1,
        "at": "2026-11-21T12:00:00+00:00",
        "resource": "Users/a",
        "change_type": "created",
        "version": "1",
        "announced_to": ("s1",),
    }
