"""A reader's place: round trip, damage, and days that come and go."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journal.cursor import Cursor, InvalidCursor, decode_cursor

NAMES = st.text(alphabet="0123456789abcdef", min_size=1, max_size=4)
VECTORS = st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(0, 10**10), max_size=3), max_size=3)
DAYS = st.dates().map(lambda day: day.strftime("%Y%m%d"))


def as_text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(start=DAYS, days=st.dictionaries(DAYS, VECTORS, max_size=3))
def test_a_cursor_comes_back_as_it_went(start, days):
    text = Cursor(start, days).encode()

    assert decode_cursor(text) == Cursor(start, days)
    assert text.isascii()
    assert not set(text) & set("+/=&?")


@given(text=st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_a_damaged_cursor_is_refused(text):
    with pytest.raises(InvalidCursor):
        decode_cursor(text)


@pytest.mark.parametrize(
    "value",
    [
        *(None, 7, [], {}, "start", {"start": "20260616"}, {"start": 20260616, "days": {}}),
        *({"start": "20260616", "days": days} for days in ([], {"d": 1}, {"d": {"l": 1}}, {"d": {"l": {"w": "1"}}})),
        *({"start": "20260616", "days": {"d": {"l": {"w": seq}}}} for seq in (True, 1.5, None)),
    ],
)
def test_what_is_none_of_ours_is_refused(value):
    with pytest.raises(InvalidCursor):
        decode_cursor(as_text(value))


@pytest.mark.parametrize("text", [Cursor("20260616").encode()[:-3], "[" * 50_000, as_text("x") + "é", "\ud800"])
def test_what_was_cut_or_deep_is_refused(text):
    with pytest.raises(InvalidCursor):
        decode_cursor(text)


def test_nothing_read_is_seq_0_and_advancing_moves_one_writer_alone():
    cursor = Cursor("20260616")

    cursor.advance("20260616", "00", "a", 3)

    assert cursor.seq("20260616", "00", "a") == 3
    assert cursor.seq("20260616", "00", "b") == cursor.seq("20260617", "00", "a") == 0


@pytest.mark.parametrize(
    ("final", "covered"),
    [
        ({}, True),
        ({"00": {"a": 3}}, True),
        ({"00": {"a": 2}}, True),
        ({"00": {"a": 4}}, False),
        ({"00": {"a": 3, "b": 1}}, False),
        ({"00": {"a": 3}, "01": {"a": 1}}, False),
    ],
)
def test_a_day_is_covered_once_every_writer_of_every_lane_was_read(final, covered):
    cursor = Cursor("20260616", {"20260616": {"00": {"a": 3}}})

    assert cursor.covers("20260616", final) is covered


def test_a_forgotten_day_is_owed_no_more():
    cursor = Cursor("20260616", {"20260616": {"00": {"a": 3}}, "20260617": {"00": {"a": 1}}})

    cursor.forget("20260616", "20260617")
    cursor.forget("20260601", "20260602")

    assert cursor == Cursor("20260617", {"20260617": {"00": {"a": 1}}})
