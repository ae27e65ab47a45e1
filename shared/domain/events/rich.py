"""Encrypted content of a notification: which bytes it is made of, and when it may be opened. Pure; opening is a port's.

    encryptedContent {data, dataSignature, dataKey, encryptionCertificateId}     the first three in base64
https://learn.microsoft.com/graph/change-notifications-with-resource-data (2026-04-17)
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.domain.events.notifications import Notification, folded
from shared.domain.events.webhooks import VERIFIED


class Unopened(Exception):
    """Encrypted content that can't be opened. The text says why, without anything of the content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedContent:
    """`key` is the symmetric key, itself encrypted for the certificate; `signature` is the HMAC of `data` under it."""

    data: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    key: bytes = field(repr=False)
    certificate_id: str


def is_rich(body: str) -> bool:
    """Has this event encrypted content, of whatever form?"""
    return _found_in(_event(body)) is not None


def verified(body: str) -> str:
    """The event, marked: validationTokens vouch for its content."""
    return json.dumps({**_event(body), VERIFIED: True}, separators=(",", ":"))


def without_mark(notification: Notification) -> Notification:
    """What comes by Event Grid can't vouch for itself: only our own way in marks, after validationTokens."""
    if VERIFIED not in notification.body:
        return notification
    event = {name: value for name, value in _event(notification.body).items() if name != VERIFIED}
    return replace(notification, body=json.dumps(event, separators=(",", ":")))


def encrypted_in(body: str) -> EncryptedContent | None:
    """None for an event without content, or with content that nobody vouched for. Raises Unopened when it is broken."""
    event = _event(body)
    found = _found_in(event)
    if found is None or event.get(VERIFIED) is not True:
        return None
    if not isinstance(found, dict):
        raise Unopened("encryptedContent is no object")
    members = folded(found)
    certificate_id = members.get("encryptioncertificateid")
    if not isinstance(certificate_id, str):
        raise Unopened("encryptionCertificateId is missing")
    return EncryptedContent(
        data=_bytes(members, "data"),
        signature=_bytes(members, "datasignature"),
        key=_bytes(members, "datakey"),
        certificate_id=certificate_id,
    )


def read_content(text: bytes) -> Mapping[str, Any]:
    """What was encrypted, a JSON object. Raises Unopened for anything else."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Unopened("what was encrypted is no JSON") from fault
    if not isinstance(content, dict):
        raise Unopened("what was encrypted is no object")
    return content


def _event(body: str) -> Mapping[str, Any]:
    event = json.loads(body)  # a notification's body is JSON that we wrote
    return event if isinstance(event, dict) else {}


def _found_in(event: Mapping[str, Any]) -> object:
    data = event.get("data")
    return folded(data).get("encryptedcontent") if isinstance(data, dict) else None


def _bytes(members: Mapping[str, Any], name: str) -> bytes:
    value = members.get(name)
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _refuse(name)
    except ValueError as fault:
        raise Unopened(f"{name} is no base64") from fault


def _refuse(name: str) -> bytes:
    raise Unopened(f"{name} is missing")
