"""Where things stand in a TOML text: tomllib does not keep that. Pure.

Lines are told by their look: a header in brackets, then `key =`. In a text of several lines in quotation marks a line
may look so too; a fault then names a neighbouring line, never none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEADER = re.compile(r"\s*\[\[?\s*([\w.\"-]+)\s*\]\]?\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the text: its name, the line of its header, and the lines up to the next header. Counted from 1."""

    name: str
    line: int
    lines: tuple[str, ...]

    def line_of(self, key: str, value: str = "") -> int:
        """The line of a key, or the one where `value` stands quoted behind it; else the header's."""
        begins = re.compile(rf"\s*\"?{re.escape(key)}\"?\s*=")
        at = next((number for number, line in enumerate(self.lines) if key and begins.match(line)), None)
        if at is None:
            return self.line
        quoted = (f'"{value}"', f"'{value}'")
        behind = (n for n, line in enumerate(self.lines[at:], at) if value and any(q in line for q in quoted))
        return self.line + 1 + next(behind, at)


def sections(text: str) -> list[Section]:
    """All tables in their order."""
    return list(_sections(text.splitlines()))


def line_with(text: str, part: str) -> int:
    """The first line that holds `part`, 1 where none does."""
    return next((number for number, line in enumerate(text.splitlines(), start=1) if part in line), 1)


def _sections(lines: list[str]) -> Iterator[Section]:
    headers = [(number, found[1]) for number, line in enumerate(lines) if (found := HEADER.match(line))]
    ends = [*(number for number, _ in headers[1:]), len(lines)][: len(headers)]
    for (number, name), end in zip(headers, ends, strict=True):
        yield Section(name.strip('"'), number + 1, tuple(lines[number + 1 : end]))
