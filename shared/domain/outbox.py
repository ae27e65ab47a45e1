"""What a person wants sent, as a browser's outbox holds it until it is. Pure.

An item has an id that the browser made (a GUID). It goes along with the draft, so that a second try, after a lost
answer or a crash, finds the draft or the sent message instead of sending another one.

    nothing ──claimed──▶ sending ──draft made, its id kept──▶ sending ──sent──▶ sent
                            ▲                                    │
                            └────── claim over: taken over ◀─────┘  found by its id, or by the outbox id
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

CLAIM = timedelta(seconds=120)  # three calls to Graph of at most 30 s each, and some
MAX_RECIPIENTS = 500  # what Exchange Online takes in one message
MAX_TEXT, MAX_SUBJECT = 500_000, 255  # characters
ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")
KEYS = {"outbox_id", "kind", "message_id", "to", "subject", "text"}


class Kind(StrEnum):
    NEW = "new"
    REPLY = "reply"
    REPLY_ALL = "reply_all"


class InvalidItem(Exception):
    """An outbox item is wrong; `faults` holds one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """`to` and `subject` are a new message's, `message_id` is what a reply answers."""

    id: str
    kind: Kind
    message_id: str
    to: tuple[str, ...]
    subject: str
    text: str


class Next(StrEnum):
    """What to do for an item that was claimed before."""

    DONE = "done"
    WAIT = "wait"  # another tab or instance is sending it right now
    TAKE_OVER = "take_over"


def decide(*, is_sent: bool, claimed_until: datetime, now: datetime) -> Next:
    if is_sent:
        return Next.DONE
    return Next.WAIT if claimed_until > now else Next.TAKE_OVER


def read_item(body: Any) -> OutboxItem:
    """Raises InvalidItem with every fault."""
    if not isinstance(body, Mapping):
        raise InvalidItem(["want a JSON object"])
    kind = str(body.get("kind", ""))
    faults = [f"{key}: unknown key" for key in body if key not in KEYS]
    faults += [] if _is_guid(body.get("outbox_id")) else ["outbox_id: want a GUID"]
    faults += [] if kind in set(Kind) else [f"kind: want one of {', '.join(Kind)}"]
    faults += _text_faults(body)
    faults += _new_faults(body) if kind == Kind.NEW else _reply_faults(body)
    if faults:
        raise InvalidItem(faults)
    return OutboxItem(
        id=str(body["outbox_id"]).lower(),
        kind=Kind(kind),
        message_id=body.get("message_id") or "",
        to=tuple(body.get("to") or ()),
        subject=body.get("subject") or "",
        text=body["text"],
    )


def _text_faults(body: Mapping[str, Any]) -> list[str]:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        return ["text: there is nothing to send"]
    return [f"text: over {MAX_TEXT:,} characters"] if len(text) > MAX_TEXT else []


def _new_faults(body: Mapping[str, Any]) -> list[str]:
    subject, to = body.get("subject", ""), body.get("to")
    faults = ["message_id: only a reply has one"] if body.get("message_id") else []
    if not isinstance(subject, str) or len(subject) > MAX_SUBJECT or not subject.isprintable():
        faults.append(f"subject: want at most {MAX_SUBJECT} characters in one line")
    if not isinstance(to, list) or not 1 <= len(to) <= MAX_RECIPIENTS:
        return [*faults, f"to: want a list of 1 to {MAX_RECIPIENTS} addresses"]
    wrong = [one for one in to if not isinstance(one, str) or not ADDRESS.fullmatch(one)]
    return [*faults, *(f"to: {one!r} is no mail address" for one in wrong)]


def _reply_faults(body: Mapping[str, Any]) -> list[str]:
    faults = [f"{key}: a reply takes it from the message it answers" for key in ("to", "subject") if body.get(key)]
    answered = body.get("message_id")
    return faults if isinstance(answered, str) and answered else [*faults, "message_id: which message is answered?"]


def _is_guid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
