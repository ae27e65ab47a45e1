"""Events on their way: as they were published, and as one POST carries them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twin.event_grid.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An event as published; `body` is its JSON, made once for all event subscriptions and attempts."""

    event: Mapping[str, Any]
    body: bytes
    published_at: datetime


def accepted(event: Mapping[str, Any], now: datetime) -> Accepted:
    return Accepted(
        event=event, body=json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode(), published_at=now
    )


@dataclass(slots=True, kw_only=True, eq=False)
class Payload:
    """What one POST carries, and what has become of it so far. Its events stay together to the end."""

    events: tuple[Accepted, ...]
    attempts: int = 0
    outcome: Outcome | None = None  # of the last attempt
    attempted_at: datetime | None = None
    due_at: datetime | None = None  # while it waits for the clock

    @property
    def published_at(self) -> datetime:
        """Of its youngest event: nothing is given up before its time."""
        return max(item.published_at for item in self.events)
