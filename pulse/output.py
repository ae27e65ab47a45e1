"""Data on stdout, all else on stderr. With --json one object a line, with the keys of the contract and no others."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

EVENT = (
    "cursor",
    "id",
    "type",
    "subject",
    "change_type",
    "resource",
    "reader",
    "time",
    "accepted_at",
    "recovered",
)
REJECTION = ("id", "reason", "type", "accepted_at")
DEAD_LETTER = ("id", "reason", "type", "attempts", "dead_since")
REPLAYED = ("id", "done", "reason", "detail")
SUBSCRIPTION = (
    "name",
    "id",
    "resource",
    "change_types",
    "state",
    "expires_at",
    "due_at",
    "last_renewed_at",
    "last_event_at",
    "note",
)
ROTATION = ("to", "state", "done", "total", "why", "believed_until")
ACTION = ("action", "name", "resource", "why", "done", "fault")
CAUGHT_UP = ("name", "pages", "changes", "recovered", "already_seen", "full_resync")
LINK = ("step", "done", "detail")
DOCTOR = ("check", "ok", "detail", "fix")


def say(text: str) -> None:
    """To the person."""
    print(text, file=sys.stderr, flush=True)


def emit(value: Mapping[str, Any]) -> None:
    """To the program that reads stdout."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def pick(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The row with exactly `keys`; null for what it lacks."""
    return {key: row.get(key) for key in keys}


def show(rows: Iterable[Mapping[str, Any]], *, keys: Sequence[str], columns: Sequence[str], as_json: bool) -> None:
    """Rows as JSON lines with `keys`, or as a table of `columns`."""
    if as_json:
        for row in rows:
            emit(pick(row, keys))
        return
    for line in table(rows, columns):
        print(line, flush=True)


def show_whole(value: Mapping[str, Any], *, as_json: bool) -> None:
    """One thing with all its members: as one line, or laid out for people."""
    print(json.dumps(value, indent=None if as_json else 2, ensure_ascii=False), flush=True)


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """Aligned lines under a heading; the heading alone when there are no rows."""
    cells = [
        [column.replace("_", " ") for column in columns],
        *([text(row.get(key)) for key in columns] for row in rows),
    ]
    widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ",".join(map(str, value))
        case _:
            return str(value)
