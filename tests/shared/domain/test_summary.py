"""One line of text for the feed, harmless wherever it is shown."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.summary import LONGEST, one_line


def test_the_parts_that_there_are_stand_in_one_line():
    assert one_line("Grace", "Lunch?") == "Grace: Lunch?"
    assert one_line("", "Lunch?") == "Lunch?"
    assert one_line("", "") == ""


def test_what_would_rewrite_the_line_is_taken_out():
    assert one_line("a\r\n\tb\u202egnp.exe") == "a b gnp.exe"


@given(st.lists(st.text(), max_size=3))
def test_whatever_it_is_made_of_it_is_one_short_line_that_can_be_stored(parts):
    line = one_line(*parts)

    assert len(line) <= LONGEST
    assert len(line.splitlines()) <= 1
    assert line.encode().decode() == line
