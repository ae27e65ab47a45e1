"""What callers write into messages: which properties there are, their shapes, and which only drafts take.

https://learn.microsoft.com/graph/api/message-update
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.graph.calls import check_unknown
from twin.graph.errors import GraphError, bad_request
from twin.graph.extended_properties import NAME, Extended, read_properties

RECIPIENTS = ("toRecipients", "ccRecipients", "bccRecipients", "replyTo")
ONLY_IN_DRAFTS = {
    *RECIPIENTS,
    "body",
    "from",
    "internetMessageId",
    "isDeliveryReceiptRequested",
    "isReadReceiptRequested",
    "sender",
    "subject",
}
WRITABLE = {
    *ONLY_IN_DRAFTS,
    NAME,
    "categories",
    "flag",
    "importance",
    "inferenceClassification",
    "isRead",
}
WORDS = {
    "importance": ("low", "normal", "high"),
    "inferenceClassification": ("focused", "other"),
}


@dataclass(frozen=True, slots=True)
class Written:
    content: dict[str, Any]
    extended: Extended


def read_message(body: Mapping[str, Any], *, is_draft: bool = True) -> Written:
    """GraphError 400 for unknown properties, wrong shapes, and for what a message that was sent keeps as it is."""
    check_unknown(body, WRITABLE)
    if not is_draft and (fixed := sorted(ONLY_IN_DRAFTS.intersection(body))):
        raise GraphError(400, "ErrorInvalidPropertySet", f"Set action is invalid for property {', '.join(fixed)}.")
    for name, value in body.items():
        if not name.startswith("@") and not _fits(name, value):
            raise bad_request(f"Cannot read the value of '{name}'.", "RequestBodyRead")
    content = {name: _tidy(name, value) for name, value in body.items() if not name.startswith("@") and name != NAME}
    return Written(content, read_properties(body[NAME]) if NAME in body else {})


def addresses_of(content: Mapping[str, Any], names: tuple[str, ...] = RECIPIENTS[:3]) -> list[str]:
    """Every address that a message goes to, in lower case, each once."""
    found = (row["emailAddress"]["address"].lower() for name in names for row in content.get(name) or ())
    return list(dict.fromkeys(found))


def recipients(value: Any) -> list[dict[str, Any]]:
    """A list of recipients as the caller wrote it. GraphError 400 for another shape."""
    if not _are_recipients(value):
        raise bad_request("Cannot read the recipients.", "RequestBodyRead")
    return [_named(row) for row in value]


def _fits(name: str, value: Any) -> bool:
    match name:
        case "toRecipients" | "ccRecipients" | "bccRecipients" | "replyTo":
            return _are_recipients(value)
        case "from" | "sender":
            return value is None or _is_recipient(value)
        case "body":
            return isinstance(value, dict) and str(value.get("contentType", "text")).lower() in ("text", "html")
        case "isRead" | "isDeliveryReceiptRequested" | "isReadReceiptRequested":
            return isinstance(value, bool)
        case "importance" | "inferenceClassification":
            return str(value).lower() in WORDS[name]
        case "subject" | "internetMessageId":
            return value is None or isinstance(value, str)
    return True


def _are_recipients(value: Any) -> bool:
    return isinstance(value, list) and all(_is_recipient(row) for row in value)


def _is_recipient(value: Any) -> bool:
    return isinstance(value, dict) and isinstance((value.get("emailAddress") or {}).get("address"), str)


def _tidy(name: str, value: Any) -> Any:
    if name in RECIPIENTS:
        return [_named(row) for row in value]
    if name == "body":
        return {"contentType": str(value.get("contentType", "text")).lower(), "content": str(value.get("content", ""))}
    return _named(value) if name in ("from", "sender") and value else value


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    """Graph gives a name to each address: the one that was written, else the address."""
    address = row["emailAddress"]
    return {"emailAddress": {"name": address.get("name") or address["address"], "address": address["address"]}}
