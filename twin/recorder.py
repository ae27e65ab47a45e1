"""What happened lately, as lines of JSON that others may keep: changes that can be made again, and what was sent.

Nothing secret is in a line: no clientState in any spelling, no validation tokens, no encrypted content.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

MOST_LINES = 50_000
SECRET = frozenset({"clientstate", "validationtokens", "encryptedcontent", "passwordprofile"})

type Line = dict[str, Any]


@dataclass(slots=True)
class Recorder:
    """The newest lines, each with a number that rises by one."""

    lines: deque[tuple[int, Line]] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    written: int = 0

    def change(self, *, at: datetime, resource: str, change_type: str, content: Mapping[str, Any] | None) -> None:
        """`content`: what callers wrote of the entity, as it is after the change; None where it is not told."""
        line = {"kind": "change", "at": at.isoformat(), "resource": resource, "change_type": change_type}
        self._write(line | {"content": without_secrets(content)})

    def event(self, *, at: datetime, event: Mapping[str, Any], to: str) -> None:
        """`to`: event-grid or webhook. The event itself, not its deliveries: they may be several or fail."""
        self._write({"kind": "event", "at": at.isoformat(), "to": to, "event": event})

    def since(self, number: int, *, most: int) -> tuple[int, list[Line]]:
        """The lines after `number`, and the number of the last of them."""
        chosen = [(each, line) for each, line in self.lines if each > number][:most]
        return (chosen[-1][0] if chosen else self.written), [without_secrets(line) for _, line in chosen]

    def _write(self, line: Line) -> None:
        self.written += 1
        self.lines.append((self.written, line))


def without_secrets(value: Any) -> Any:
    """A copy without the members that nobody may keep, at any depth and in any case of letters."""
    if isinstance(value, Mapping):
        return dict(_kept(value))
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def _kept(members: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in members.items():
        if str(name).lower() not in SECRET:
            yield name, without_secrets(value)
