"""A reader's place in the journal: how far it has read each writer of each lane of each day. Pure.

Opaque outside: base64url of JSON. `start` is the first day that the reader is owed: earlier ones were read whole and
dropped, or were gone before it came.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field

type Vector = dict[str, dict[str, int]]  # lane → writer → seq of the last group read


class InvalidCursor(ValueError):
    """The cursor is not one that this app gave out; start without one."""


@dataclass(slots=True)
class Cursor:
    start: str  # YYYYMMDD
    days: dict[str, Vector] = field(default_factory=dict)

    def seq(self, day: str, lane: str, writer: str) -> int:
        """0 when nothing of that writer was read."""
        return self.days.get(day, {}).get(lane, {}).get(writer, 0)

    def advance(self, day: str, lane: str, writer: str, seq: int) -> None:
        self.days.setdefault(day, {}).setdefault(lane, {})[writer] = seq

    def forget(self, day: str, next_day: str) -> None:
        """A day that was read whole is dropped."""
        self.days.pop(day, None)
        self.start = max(self.start, next_day)

    def covers(self, day: str, final: Vector) -> bool:
        """Has all of a day been read whose lanes ended as `final` says?"""
        return all(
            self.seq(day, lane, writer) >= seq for lane, writers in final.items() for writer, seq in writers.items()
        )

    def encode(self) -> str:
        text = json.dumps({"start": self.start, "days": self.days}, separators=(",", ":"), sort_keys=True)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Raises InvalidCursor."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=="))
        start, days = found["start"], found["days"]
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError):
        raise InvalidCursor("the cursor is damaged; leave `since` out to start anew") from None
    if not (isinstance(start, str) and _is_vector_by_day(days)):
        raise InvalidCursor("the cursor is none of this app's; leave `since` out to start anew")
    return Cursor(start, days)


def _is_vector_by_day(days: object) -> bool:
    return _is_map(days, lambda lanes: _is_map(lanes, lambda writers: _is_map(writers, lambda seq: type(seq) is int)))


def _is_map(value: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(value, dict) and all(fits(item) for item in value.values())
