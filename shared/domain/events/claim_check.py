"""An event too long for a queue: its data lies in a blob, and it goes out with the blob's address in their place. Pure.

CloudEvents calls this a claim check: `dataref` in place of `data`.
https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from shared.domain.journal.log_layout import day_of

FOLDER = "routes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`event` is the CloudEvent to send; `data`, as JSON text, is what the blob `name` must hold before."""

    event: str
    name: str
    data: str


def check_in(text: str, *, container: str, now: datetime) -> Checked | None:
    """None for what is no CloudEvent with data. Sent again, an event has the same name all day."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or "data" not in event:
        return None
    key = hashlib.sha256(json.dumps([event.get("source"), event.get("id")]).encode()).hexdigest()[:32]
    name = f"{FOLDER}/{day_of(now)}/{key}.json"
    short = {member: value for member, value in event.items() if member != "data"}
    return Checked(event=_json({**short, "dataref": f"{container}/{name}"}), name=name, data=_json(event["data"]))


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
