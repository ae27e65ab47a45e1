"""How a message is shown to one call: with or without its body, as HTML or as text, with extended properties.

Without `Prefer: outlook.body-content-type` a body is HTML whatever it was written as:
https://learn.microsoft.com/graph/api/message-get
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from twin.graph.callers import READ_BODIES
from twin.graph.calls import Call
from twin.graph.extended_properties import NAME, expanded
from twin.graph.mail import Message

BODY_PREFERENCE = "outlook.body-content-type"
BREAKS = re.compile(r"<(?:br|/p|/div|/li|/tr|/h\d)\b[^>]*>", re.IGNORECASE)
NOT_SHOWN = re.compile(r"<(style|script|head)\b.*?</\1>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    with_body: bool = True
    as_text: bool = False
    expand: tuple[str, ...] | None = None  # keys of extended properties; None: not asked for


def view_of(call: Call) -> View:
    """Mail.ReadBasic shows neither body nor preview."""
    expand = call.query.get("$expand")
    return View(
        with_body=call.caller.may(READ_BODIES),
        as_text=call.preferences.get(BODY_PREFERENCE, "").lower() == "text",
        expand=None if expand is None else expanded(expand),
    )


def shown(message: Message, view: View) -> dict[str, Any]:
    row = message.as_json()
    body = row["body"]
    row["body"] = _as_text(body) if view.as_text else _as_html(body)
    row["bodyPreview"] = _as_text(body)["content"].strip()[:255]
    if not view.with_body:
        del row["body"], row["bodyPreview"]
    found = [message.extended[key] for key in view.expand or () if key in message.extended]
    return row | {NAME: found} if found else row


def as_html(body: dict[str, Any]) -> str:
    """What stands within <body>, for quoting."""
    text = str(body.get("content", ""))
    return text if body.get("contentType") == "html" else html.escape(text, quote=False).replace("\n", "<br>\n")


def _as_html(body: dict[str, Any]) -> dict[str, Any]:
    if body["contentType"] == "html":
        return body
    return {"contentType": "html", "content": f"<html><head></head><body>{as_html(body)}</body></html>"}


def _as_text(body: dict[str, Any]) -> dict[str, Any]:
    if body["contentType"] == "text":
        return body
    without_tags = TAGS.sub("", BREAKS.sub("\n", NOT_SHOWN.sub("", str(body["content"]))))
    return {"contentType": "text", "content": html.unescape(without_tags)}
