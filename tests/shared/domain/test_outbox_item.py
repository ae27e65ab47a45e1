"""Outbox items: read whole or refused with every fault; who may send one that was claimed before."""

import uuid
from datetime import timedelta

import pytest
from builders import NOW
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.outbox import InvalidItem, Kind, Next, decide, read_item

ID = str(uuid.UUID(int=7))
NEW = {"outbox_id": ID, "kind": "new", "to": ["grace@example.test"], "subject": "Lunch?", "text": "At noon."}
REPLY = {"outbox_id": ID, "kind": "reply", "message_id": "m1", "text": "Yes."}


def test_a_new_message_and_a_reply_are_read():
    assert read_item(NEW).to == ("grace@example.test",)
    assert read_item(REPLY).kind is Kind.REPLY


def test_all_faults_are_named_at_once():
    with pytest.raises(InvalidItem) as refused:
        read_item({"outbox_id": "7", "kind": "fax", "text": " ", "colour": "red"})

    assert [fault.partition(":")[0] for fault in refused.value.faults] == [
        "colour", "outbox_id", "kind", "text", "message_id"
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["grace", "a@b@c", "a b@c", "grace@example.test, eve@example.test", "", 7])
def test_what_is_no_mail_address_is_refused(address):
    with pytest.raises(InvalidItem, match="no mail address"):
        read_item(NEW | {"to": [address]})


def test_a_subject_can_carry_no_second_line():
    with pytest.raises(InvalidItem, match="subject"):
        read_item(NEW | {"subject": "Lunch\r\nBcc: eve@example.test"})


def test_a_reply_takes_recipients_and_subject_from_what_it_answers():
    with pytest.raises(InvalidItem, match="to: a reply"):
        read_item(REPLY | {"to": ["eve@example.test"]})


def _nested(inner):
    return st.lists(inner) | st.dictionaries(st.sampled_from(sorted(NEW)) | st.text(), inner)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), _nested))
def test_anything_else_is_refused_in_words(body):
    with pytest.raises(InvalidItem):
        read_item(body)


def test_a_claimed_item_is_waited_for_and_then_taken_over():
    def at(age: timedelta) -> Next:
        return decide(is_sent=False, claimed_until=NOW, now=NOW + age)

    assert at(timedelta(seconds=-1)) is Next.WAIT
    assert at(timedelta(0)) is Next.TAKE_OVER
    assert decide(is_sent=True, claimed_until=NOW + timedelta(1), now=NOW) is Next.DONE
