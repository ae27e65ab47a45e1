"""What callers write into the simple kinds, as it is kept: times in UTC, members by id. GraphError 400 for nonsense."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twin.graph.errors import bad_request

Content = dict[str, Any]

BOUND_USER = re.compile(r"users(?:\('|/)([^'/)]+)")


def event(body: Mapping[str, Any]) -> Content:
    """Without `Prefer: outlook.timezone` Graph shows all times in UTC, whatever zone they were written in."""
    return {name: _in_utc(value, name) if name in ("start", "end") else value for name, value in body.items()}


def instant(value: Mapping[str, Any]) -> datetime:
    """Of a dateTimeTimeZone that was kept."""
    return datetime.fromisoformat(value["dateTime"]).replace(tzinfo=UTC)


def todo_task(body: Mapping[str, Any]) -> Content:
    times = ("completedDateTime", "dueDateTime", "reminderDateTime", "startDateTime")
    return {name: _in_utc(value, name) if name in times and value else value for name, value in body.items()}


def chat(body: Mapping[str, Any]) -> Content:
    """Members are written as conversation members bound to users."""
    members = body.get("members", [])
    if not isinstance(members, list):
        raise bad_request("members: want a list.")
    return {**body, "members": [_bound(member) for member in members]}


def chat_message(body: Mapping[str, Any]) -> Content:
    text = body.get("body")
    if text is not None and not (isinstance(text, dict) and isinstance(text.get("content"), str)):
        raise bad_request("Missing body content.")
    return {**body, "body": {"contentType": "text", **text}} if text else dict(body)


def _bound(member: Any) -> str:
    link = member.get("user@odata.bind") if isinstance(member, dict) else None
    found = BOUND_USER.search(link) if isinstance(link, str) else None
    if found is None:
        raise bad_request("members: each needs user@odata.bind.")
    return found[1].lower()


def _in_utc(value: Any, name: str) -> Content:
    try:
        zone = ZoneInfo(str(value.get("timeZone", "UTC")))
        moment = datetime.fromisoformat(value["dateTime"])
    except (AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        raise bad_request(f"{name}: want dateTime and a timeZone that is known here.", "ErrorInvalidRequest") from None
    there = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return {"dateTime": f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": "UTC"}
