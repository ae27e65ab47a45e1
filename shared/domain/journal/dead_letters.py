"""Event Grid's dead letters: a blob holds an array of CloudEvents, each with what Event Grid adds to it. Pure.

https://learn.microsoft.com/azure/event-grid/manage-event-delivery: the blob's name is <subscription>/<year>/<month>/…,
which nothing here relies on. The added attributes are taken away again, so that an event is the same however it came.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ADDED = {"deadletterreason", "deliveryattempts", "lastdeliveryoutcome", "publishtime", "lastdeliveryattempttime"}
TRIES = 8
FIRST_PAUSE = timedelta(minutes=15)  # doubled each time: the last try is 32 hours after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """`event` is the CloudEvent as Event Grid once had it, its clientState too: it goes nowhere but to Receive."""

    id: str
    event: str = field(repr=False)
    type: str
    reason: str
    outcome: str
    attempts: int
    dead_since: str  # the last attempt's time as Event Grid wrote it, empty if unsaid


def read_dead_letters(blob: str, text: str) -> list[DeadLetter]:
    """Every event of a blob. Text that is no JSON is one event, which Receive will call unreadable."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    events = found if isinstance(found, list) else [found] if isinstance(found, dict) else None
    if events is None:
        return [_letter(blob, 0, {}, text)]
    return [_read(blob, index, event) for index, event in enumerate(events)]


def blob_key(blob: str) -> str:
    """16 hex characters that stand for a blob's name in ids."""
    return hashlib.sha256(blob.encode()).hexdigest()[:16]


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to try again after so many tries; None: no more, it goes to quarantine."""
    return now + FIRST_PAUSE * 2 ** (tries - 1) if tries < TRIES else None


def _read(blob: str, index: int, event: object) -> DeadLetter:
    if not isinstance(event, dict):
        return _letter(blob, index, {}, json.dumps(event))
    added = {key.lower(): value for key, value in event.items() if key.lower() in ADDED}
    plain = {key: value for key, value in event.items() if key.lower() not in ADDED}
    return _letter(blob, index, {**added, "type": event.get("type")}, json.dumps(plain))


def _letter(blob: str, index: int, said: dict[str, object], event: str) -> DeadLetter:
    def text(name: str) -> str:
        value = said.get(name)
        return value[:200] if isinstance(value, str) else ""

    attempts = said.get("deliveryattempts")
    return DeadLetter(
        id=f"{blob_key(blob)}.{index}",
        event=event,
        type=text("type"),
        reason=text("deadletterreason"),
        outcome=text("lastdeliveryoutcome"),
        attempts=attempts if isinstance(attempts, int) else 0,
        dead_since=text("lastdeliveryattempttime") or text("publishtime"),
    )
