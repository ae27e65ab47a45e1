"""In which line of a TOML text something stands."""

import pytest

from shared.domain.watching.toml_lines import Section, line_with, sections

TEXT = """# [no.table]
top = 1

[topic]  # a remark
name = "one"

  [[ "subscription" ]]
"name" = "two"
many = [
  "a",
  'b',
]
also = "b"
[[subscription]]
"""


def test_tables_are_found_with_the_lines_up_to_the_next():
    assert sections(TEXT) == [
        Section("topic", 4, ('name = "one"', "")),
        Section("subscription", 7, ('"name" = "two"', "many = [", '  "a",', "  'b',", "]", 'also = "b"')),
        Section("subscription", 14, ()),
    ]
    assert sections("top = 1\n") == []
    assert sections("[X]") == [Section("X", 1, ())]
    assert sections("") == []


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("name", "", 8),
        ("name", "two", 8),
        ("many", "", 9),
        ("many", "a", 10),
        ("many", "b", 11),
        ("also", "b", 13),
        ("many", "two", 9),  # it stands before the key: not meant
        ("many", "nowhere", 9),
        ("nowhere", "a", 7),
        ("nam", "", 7),
        ("n.me", "", 7),
        ("", "a", 7),
    ],
)
def test_a_line_is_a_key_s_or_that_of_a_value_behind_it_or_the_header_s(key, value, line):
    assert sections(TEXT)[1].line_of(key, value) == line


@pytest.mark.parametrize(("part", "line"), [("top", 2), ("name", 5), ("remark", 4), ("nowhere", 1)])
def test_the_first_line_with_a_part_is_told_and_else_the_first_of_all(part, line):
    assert line_with(TEXT, part) == line
