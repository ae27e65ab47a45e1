"""The body of a queue message and what stands in the queue for it: base64 by default, the text itself with `none`.

A queue SDK of Python sends plain text unless it is told otherwise: with base64 that can't be read. No I/O.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#encoding
"""

import base64
import binascii
import json
from typing import Any


class UndecodableMessageError(ValueError):
    """The text in the queue is no base64."""


def encoded(body: bytes, *, as_base64: bool) -> str:
    return base64.b64encode(body).decode() if as_base64 else body.decode(errors="replace")


def decoded(text: str, *, as_base64: bool) -> bytes:
    """Raises UndecodableMessageError."""
    if not as_base64:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise UndecodableMessageError("the message is no base64, which messageEncoding asks for") from fault


def bodies_of(value: Any) -> list[bytes]:
    """The messages that an output's TypedData stands for: one, or one for each element of a JSON list."""
    kind = value.WhichOneof("data")
    if kind == "bytes":
        return [bytes(value.bytes)]
    text = str(getattr(value, kind))
    if kind == "string":
        return [text.encode()]
    content = json.loads(text)
    elements = content if isinstance(content, list) else [content]
    return [(each if isinstance(each, str) else json.dumps(each)).encode() for each in elements]
