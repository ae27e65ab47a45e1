"""What the queue `notifications` holds: events that were proven when they arrived, with what proved them. Pure.

    {"format": 1, "items": [{"key_version", "entry", "subject", "event"}, …]}     or, when that is too long
    {"format": 1, "blob": "<name>"}                                              where the same text lies in a blob

Only the app writes to its queue, so an item needs no proof of its own; the client_state itself never gets this far.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.events.client_state import Proof

FORMAT = 1
QUEUE = "notifications"
POISON = f"{QUEUE}-poison"  # where the Functions host puts what failed too often


@dataclass(frozen=True, slots=True)
class WorkItem:
    """`event` is a CloudEvent as JSON text, without client_state."""

    proof: Proof
    event: str


class UnreadableWork(Exception):
    """No text of ours."""


class LaterWork(Exception):
    """A later version of the app wrote it and will read it: during a deployment both are at work."""


def write_work(items: Sequence[WorkItem]) -> str:
    return _json({"format": FORMAT, "items": [_item_as_json(item) for item in items]})


def write_reference(blob: str) -> str:
    return _json({"format": FORMAT, "blob": blob})


def read_work(text: str) -> list[WorkItem] | str:
    """The items, or the name of the blob that holds them. Raises UnreadableWork, LaterWork."""
    try:
        found = json.loads(text)
        if (later := int(found["format"])) > FORMAT:
            raise LaterWork(f"format {later}")
        return str(found["blob"]) if "blob" in found else [_read_item(item) for item in found["items"]]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise UnreadableWork(f"no work of ours: {type(fault).__name__}") from fault


def _item_as_json(item: WorkItem) -> dict[str, object]:
    proof = item.proof
    return {
        "key_version": proof.key_version,
        "entry": proof.entry,
        "subject": proof.subject,
        "event": item.event,
    }


def _read_item(item: dict[str, object]) -> WorkItem:
    proof = Proof(int(str(item["key_version"])), str(item["entry"]), str(item["subject"]))
    return WorkItem(proof, str(item["event"]))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
