"""host.json `extensions.queues`: how queue triggers poll, and how often they try. No I/O.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#hostjson-settings
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LARGEST_BATCH = 32
SHORTEST_POLL = timedelta(milliseconds=100)
ENCODINGS = ("base64", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOptions:
    batch_size: int = 16
    new_batch_threshold: int = 8  # how many may still run when the next batch is fetched
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta()  # how long a message hides after its function failed
    max_polling_interval: timedelta = timedelta(minutes=1)
    base64: bool = True  # messageEncoding


def queue_options(content: Any) -> QueueOptions:
    """Of the object at `extensions.queues`; None: the defaults. Raises ValueError."""
    if content is None:
        return QueueOptions()
    if not isinstance(content, Mapping):
        raise ValueError("extensions.queues: want an object")
    batch_size = _count(content, "batchSize", 16, low=1, high=LARGEST_BATCH)
    encoding = str(content.get("messageEncoding", "base64")).lower()
    if encoding not in ENCODINGS:
        raise ValueError(f"extensions.queues.messageEncoding is {encoding}, want one of {', '.join(ENCODINGS)}")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=_count(content, "newBatchThreshold", batch_size // 2, low=0),
        max_dequeue_count=_count(content, "maxDequeueCount", 5, low=1),
        visibility_timeout=_span(content, "visibilityTimeout", timedelta()),
        max_polling_interval=max(_span(content, "maxPollingInterval", timedelta(minutes=1)), SHORTEST_POLL),
        base64=encoding == "base64",
    )


def _count(content: Mapping[str, Any], name: str, default: int, *, low: int, high: int | None = None) -> int:
    value = content.get(name, default)
    if not isinstance(value, int) or value < low or (high is not None and value > high):
        raise ValueError(f"extensions.queues.{name} is {value}, want {low} to {high or 'any number'}")
    return value


def _span(content: Mapping[str, Any], name: str, default: timedelta) -> timedelta:
    """.NET's TimeSpan: [d.]hh:mm:ss[.fff]."""
    if name not in content:
        return default
    form = r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)"
    if not (match := re.fullmatch(form, str(content[name]))):
        raise ValueError(f"extensions.queues.{name} is {content[name]}, want hh:mm:ss")
    days, hours, minutes, seconds = match.groups(default="0")
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(seconds))
