"""Heads of entities: the few members that a list shows, by one GET of a batch each.

What is asked of which resource is a table of paths: Graph names the title of each kind otherwise.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.adapters.graph.answers import fault_of
from shared.adapters.graph.letters import OUTBOX
from shared.adapters.graph.requests import IMMUTABLE
from shared.ports import GraphFault, Head

MARK = f"singleValueExtendedProperties($filter=id eq '{OUTBOX}')"
ONE = "[^/]+"
# path of a normal resource: (path to ask instead, by groups; query). Chat messages take no $select.
# https://learn.microsoft.com/graph/api/chatmessage-get (2026-11)
ASKED = (
    (rf"(users/{ONE}|groups/{ONE})", "$select=displayName"),
    (rf"(users/{ONE}/(?:mailfolders/{ONE}/)?messages/{ONE})", f"$select=subject,from&$expand={MARK}"),
    (rf"(users/{ONE}/events/{ONE})", "$select=subject,organizer"),
    (rf"(users/{ONE}/contacts/{ONE})", "$select=displayName"),
    (rf"(users/{ONE}/todo/lists/{ONE}/tasks/{ONE})", "$select=title"),
    (rf"(drives/{ONE}|users/{ONE}/drive)(?:/root)?", "$select=name,owner"),
    (rf"(chats/{ONE}/messages/{ONE})", ""),
    (rf"(teams/{ONE}/channels/{ONE}/messages/{ONE}(?:/replies/{ONE})?)", ""),
)


def head_request(number: int, resource: str) -> dict[str, Any] | None:
    """The item of a batch that asks for it, None for a resource that has no head."""
    for pattern, query in ASKED:
        if found := re.fullmatch(pattern, resource):
            path = "/".join(quote(part, safe="") for part in found[1].split("/"))
            url = f"/{path}?{query}" if query else f"/{path}"
            return {"id": str(number), "method": "GET", "url": url, "headers": {"Prefer": IMMUTABLE}}
    return None


def head_answer(item: Mapping[str, Any]) -> Head | GraphFault:
    """Out of an item's answer; an item without one is a fault."""
    body = item.get("body")
    if item.get("status") != 200 or not isinstance(body, dict):
        return fault_of(item)
    named = (body.get(name) for name in ("subject", "displayName", "title", "name"))
    marks = body.get("singleValueExtendedProperties") or [{}]
    return Head(
        title=next((text for text in named if isinstance(text, str)), None) or _words(body.get("body")),
        by=_person(body),
        outbox_id=str(marks[0].get("value") or ""),
    )


def _person(body: Mapping[str, Any]) -> str:
    """`from` of a mail has an address, that of a chat message a user; so have an organizer and an owner."""
    named = (body.get(name) for name in ("from", "organizer", "owner"))
    who: Mapping[str, Any] = next((found for found in named if isinstance(found, dict)), {})
    person = who.get("emailAddress") or who.get("user") or who.get("application") or {}
    return str(person.get("name") or person.get("displayName") or person.get("address") or "")


def _words(body: object) -> str:
    """The text of a chat message, without its markup."""
    content = body.get("content") if isinstance(body, dict) else None
    return re.sub(r"<[^>]*>", " ", content)[:1000] if isinstance(content, str) else ""
