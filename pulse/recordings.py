"""Recordings: JSON lines of what happened in the twin, and the changes among them to be made again.

A line of a change: {"kind": "change", "at", "resource", "change_type", "content"}; of what was sent: {"kind": "event",
"at", "to", "event"}. Nothing secret is in them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pulse.errors import PulseError
from pulse.json_client import JsonClient

POLL_S = 0.2
CHANGE_TYPES = ("created", "updated", "deleted")
LONGEST_PAUSE_S = 60.0  # between two changes, however long the recorded one was

type Line = dict[str, Any]
type Sleep = Callable[[float], Awaitable[object]]


class RecordingError(PulseError):
    """The file can't be played; the message names every line that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChange:
    at: datetime
    resource: str
    change_type: str
    content: Line | None

    def as_json(self) -> Line:
        return {"resource": self.resource, "change_type": self.change_type, "content": self.content or {}}


async def record(twin: JsonClient, *, until: asyncio.Event, sleep: Sleep = asyncio.sleep) -> AsyncIterator[Line]:
    """Each line as it happens, from now until `until` is set, and what had happened by then."""
    place = (await twin.post("/recording"))["next"]
    while True:
        is_last = until.is_set()
        while True:
            page = await twin.post("/recording", {"since": place})
            place = page["next"]
            for line in page["lines"]:
                yield line
            if not page["lines"]:
                break
        if is_last:
            return
        await sleep(POLL_S)


def read_recording(file: Path) -> list[RecordedChange]:
    """The changes in it; events are passed over. Raises RecordingError."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise RecordingError(f"{file}: {fault}") from fault
    changes, faults = [], []
    for number, text in enumerate(lines, 1):
        try:
            change = _change(text)
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
        else:
            changes += [change] if change else []
    if faults or not changes:
        raise RecordingError(f"{file}: {'; '.join(faults) or 'there is no change in it'}")
    return changes


async def play(
    twin: JsonClient, changes: list[RecordedChange], *, rate: float | None, sleep: Sleep = asyncio.sleep
) -> Line:
    """{"played", "skipped"}: how many were made again. `rate`: a second; None: at the pace of the recording."""
    done = {"played": 0, "skipped": 0}
    before = changes[0].at
    for change in changes:
        pause = 1 / rate if rate else (change.at - before).total_seconds()
        await sleep(min(max(pause, 0), LONGEST_PAUSE_S))
        before = change.at
        answer = await twin.post("/play", change.as_json())
        done["played" if answer["played"] else "skipped"] += 1
    return done


def _change(text: str) -> RecordedChange | None:
    """ValueError says what is wrong; None for a line about something else."""
    line = json.loads(text) if text.strip() else {"kind": "event"}
    if not isinstance(line, dict) or line.get("kind") not in ("change", "event"):
        raise ValueError('want an object with "kind": "change" or "event"')
    if line["kind"] == "event":
        return None
    resource, kind, content = line.get("resource"), line.get("change_type"), line.get("content")
    if not isinstance(resource, str) or kind not in CHANGE_TYPES or not isinstance(content, dict | None):
        raise ValueError(f"want resource, change_type ({', '.join(CHANGE_TYPES)}) and content")
    at = datetime.fromisoformat(str(line.get("at")))
    if at.tzinfo is None:
        raise ValueError("at: want a time with its zone")
    return RecordedChange(at=at, resource=resource, change_type=kind, content=content)
