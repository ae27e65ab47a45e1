"""Where events go that could not be delivered: a blob with a JSON array of CloudEvents.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry, "Dead-letter events", and manage-event-delivery, whose
sample name is SUBSCRIPTION/2019/8/8/5/<guid>.json; here the topic stands in front of it. A reader should list the
container and compute no names. There are five minutes between the last attempt and the blob, to save storage
operations; when the storage is away for four hours, the events are dropped.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from twin.event_grid.json_times import write_time
from twin.event_grid.payload import Accepted, Payload

GIVEN_UP_AFTER = timedelta(hours=4)  # the storage was away so long: the events are dropped

WriteBlob = Callable[[str, str, bytes], Awaitable[None]]  # container, name, body; raises AzureError or OSError


def blob_name(*, topic: str, event_subscription: str, at: datetime, guid: str) -> str:
    """Upper case, because Azure's services differ in how they treat case; month, day and hour without a zero."""
    return f"{topic.upper()}/{event_subscription.upper()}/{at.year}/{at.month}/{at.day}/{at.hour}/{guid}.json"


def _dead_letter(item: Accepted, payload: Payload, reason: str) -> dict[str, Any]:
    """The event with what Event Grid adds: lower-case names, as CloudEvents wants of extension attributes."""
    return {
        **item.event,
        "deadletterreason": reason,
        "deliveryattempts": payload.attempts,
        "lastdeliveryoutcome": payload.outcome.name if payload.outcome else None,
        "publishtime": write_time(item.published_at),
        "lastdeliveryattempttime": write_time(payload.attempted_at) if payload.attempted_at else None,
    }


class DeadLetters:
    """Writes them and remembers what was written, for showing."""

    def __init__(self, write_blob: WriteBlob) -> None:
        self.written: list[dict[str, Any]] = []
        self._write_blob = write_blob

    async def write(self, container: str, name: str, payload: Payload, reason: str) -> None:
        """Raises AzureError or OSError."""
        letters = [_dead_letter(item, payload, reason) for item in payload.events]
        await self._write_blob(container, name, json.dumps(letters, ensure_ascii=False).encode())
        self.written.extend(_shown(letter, container, name) for letter in letters)


def _shown(letter: Mapping[str, Any], container: str, blob: str) -> dict[str, Any]:
    return {
        "id": letter["id"],
        "type": letter.get("type"),
        "reason": letter["deadletterreason"],
        "outcome": letter["lastdeliveryoutcome"],
        "attempts": letter["deliveryattempts"],
        "last_attempt_at": letter["lastdeliveryattempttime"],
        "container": container,
        "blob": blob,
    }
