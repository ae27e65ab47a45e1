"""What a reply or a forwarded message starts as: its recipients, its subject and the original, quoted.

https://learn.microsoft.com/graph/api/message-createreply
"""

import html
from typing import Any

from twin.graph.mail import Message
from twin.graph.mail_body import addresses_of
from twin.graph.mail_view import as_html

Content = dict[str, Any]


def reply(original: Message, *, me: str, to_all: bool, comment: str) -> Content:
    """`me` is the address of who replies: nobody writes to themselves unless the original was their own."""
    sender = original.content.get("replyTo") or _one(original.content.get("from"))
    others = original.content.get("toRecipients", []) if to_all else []
    copied = original.content.get("ccRecipients", []) if to_all else []
    known = {me, *addresses_of({"to": sender}, ("to",))}
    return {
        "subject": _prefixed("RE: ", original),
        "toRecipients": [*sender, *_without(known, others)],
        "ccRecipients": _without(known, copied),
        "body": _quoted(original, comment),
        "isRead": True,
    }


def forward(original: Message, *, to: list[dict[str, Any]], comment: str) -> Content:
    body = _quoted(original, comment)
    return {"subject": _prefixed("FW: ", original), "toRecipients": to, "body": body, "isRead": True}


def _one(sender: Any) -> list[dict[str, Any]]:
    return [sender] if sender else []


def _without(known: set[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["emailAddress"]["address"].lower() not in known]


def _prefixed(prefix: str, original: Message) -> str:
    subject = str(original.content.get("subject") or "")
    return subject if subject.upper().startswith(prefix.strip()) else prefix + subject


def _quoted(original: Message, comment: str) -> dict[str, Any]:
    sender = (_one(original.content.get("from")) or [{"emailAddress": {"name": "", "address": ""}}])[0]["emailAddress"]
    header = html.escape(f"From: {sender.get('name', '')} <{sender['address']}>", quote=False)
    subject = html.escape(f"Subject: {original.content.get('subject') or ''}", quote=False)
    said = html.escape(comment, quote=False).replace("\n", "<br>\n")
    quote = as_html(original.content.get("body") or {})
    content = (
        f"<html><head></head><body><div>{said}</div><hr>"
        f"<div>{header}<br>Sent: {original.received_at:%Y-%m-%d %H:%M}<br>{subject}</div><br>{quote}</body></html>"
    )
    return {"contentType": "html", "content": content}
