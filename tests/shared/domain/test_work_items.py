"""What the queue holds comes out as it went in, and anything else is told apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.client_state import Proof
from shared.domain.events.work import LaterWork, UnreadableWork, WorkItem, read_work, write_reference, write_work

ITEM = st.builds(WorkItem, st.builds(Proof, st.integers(0, 999_999), st.text(), st.text()), st.text())


@given(items=st.lists(ITEM))
def test_items_come_back(items):
    text = write_work(items)

    assert text.isascii()
    assert read_work(text) == items


def test_a_reference_names_its_blob():
    assert read_work(write_reference("work/20260616/x.json")) == "work/20260616/x.json"


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "7", "null", "[]", "{}", '{"format": "x"}', '{"format": 1}', '{"format": 1, "items": 7}'),
        '{"format": 1, "items": [{}]}',
        json.dumps({"format": 1, "items": [{"key_version": "x", "entry": "", "subject": "", "event": ""}]}),
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_work(text):
    with pytest.raises(UnreadableWork):
        read_work(text)


def test_work_of_a_later_version_is_told_apart():
    with pytest.raises(LaterWork):
        read_work('{"format": 2, "items": []}')
