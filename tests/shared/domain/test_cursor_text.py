"""What a cursor looks like outside, and the words in which one is refused."""

import base64
import re

import pytest

from shared.domain.journal.cursor import Cursor, InvalidCursor, decode_cursor

TEXT = "eyJkYXlzIjp7IjIwMjYwNjE2Ijp7IjAwIjp7ImEiOjMsImIiOjF9fX0sInN0YXJ0IjoiMjAyNjA2MTYifQ"


def test_the_same_place_is_the_same_text_however_it_was_come_to():
    one, other = Cursor("20260616"), Cursor("20260616")
    for writer, seq in (("a", 3), ("b", 1)):
        one.advance("20260616", "00", writer, seq)
    for writer, seq in (("b", 1), ("a", 2), ("a", 3)):
        other.advance("20260616", "00", writer, seq)

    assert one.encode() == other.encode() == TEXT
    assert decode_cursor(TEXT) == one


@pytest.mark.parametrize("day", ["2026061", "20260616", "202606161", "2026061612"])  # texts of every length modulo four
def test_no_cursor_has_characters_that_a_url_would_change(day):
    text = Cursor(day).encode()

    assert re.fullmatch(r"[\w-]+", text)
    assert decode_cursor(text) == Cursor(day)


@pytest.mark.parametrize(
    "text", ["%", "x", base64.urlsafe_b64encode(b"{").decode(), base64.urlsafe_b64encode(b"7").decode()]
)
def test_a_damaged_cursor_is_told_so(text):
    with pytest.raises(InvalidCursor) as refused:
        decode_cursor(text)

    assert str(refused.value) == "the cursor is damaged; leave `since` out to start anew"


def test_a_cursor_of_somebody_else_s_is_told_so():
    with pytest.raises(InvalidCursor) as refused:
        decode_cursor(base64.urlsafe_b64encode(b'{"start": 1, "days": {}}').decode())

    assert str(refused.value) == "the cursor is none of this app's; leave `since` out to start anew"


def test_a_day_that_was_read_whole_moves_the_start_and_never_back():
    cursor = Cursor("20260616", {"20260616": {"00": {"a": 3}}})

    cursor.forget("20260616", "20260617")
    cursor.forget("20260616", "20260601")

    assert cursor == Cursor("20260617", {})
