"""Reads what Graph itself posts to a webhook: a collection of items, each made into a CloudEvent and read as one. Pure.

    {"value": [item, …], "validationTokens": ["<jwt>", …]}

An item has no id and no time of its own, so both come from its arrival: what is posted twice is told apart by nothing,
unless the change has a version, by which the journal knows it again. (Only lifecycle events and drives have none; their
handlers may well run twice.) https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04-22)
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.events.bodies import redacted
from shared.domain.events.notifications import (
    LIFECYCLE_EVENTS,
    Reading,
    Unreadable,
    folded,
    parse_time,
    read_event,
    refuse_constant,
)

MAX_TOKENS = 64  # Graph sends one for each pair of app and tenant
VERIFIED = "verifiedcontent"  # on our own CloudEvent: validationTokens vouch for its encrypted content
NOUNS = {  # of @odata.type, or of a resource path, in the words of Event Grid's types
    **dict.fromkeys(("message", "messages"), "Message"),
    **dict.fromkeys(("event", "events"), "Event"),
    **dict.fromkeys(("contact", "contacts"), "Contact"),
    **dict.fromkeys(("user", "users"), "User"),
    **dict.fromkeys(("group", "groups"), "Group"),
    **dict.fromkeys(("chatmessage",), "ChatMessage"),
    **dict.fromkeys(("callrecord", "callrecords"), "CallRecord"),
    **dict.fromkeys(("driveitem", "drive", "drives"), "DriveItem"),
    **dict.fromkeys(("list", "listitem", "lists"), "List"),
    **dict.fromkeys(("todotask", "task", "tasks"), "ToDo"),
    **dict.fromkeys(("alert", "alerts"), "Alert"),
    **dict.fromkeys(("printjob", "printer", "printers"), "Printer"),
    **dict.fromkeys(("printtaskdefinition", "taskdefinitions"), "PrintTaskDefinition"),
    **dict.fromkeys(("conversation", "conversations"), "Conversation"),
}
LIFECYCLE_TYPES = {
    "reauthorizationRequired": "SubscriptionReauthorizationRequired",
    "subscriptionRemoved": "SubscriptionRemoved",
    "missed": "SubscriptionMissed",
}


@dataclass(frozen=True, slots=True)
class Collection:
    """One POST. `tokens` is None where it brought none; a token that is no text stands as an empty one."""

    events: tuple[Reading | Unreadable, ...]
    tokens: tuple[str, ...] | None = field(repr=False, default=None)


def read_collection(text: str, *, now: datetime) -> Collection:
    """Never raises."""
    try:
        found = json.loads(text, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as fault:
        return Collection((Unreadable(f"not JSON: {type(fault).__name__}", redacted(text)),))
    value = found.get("value") if isinstance(found, dict) else None
    if not isinstance(value, list):
        return Collection((Unreadable("not a collection of notifications", redacted(text)),))
    tokens = found.get("validationTokens")
    events = tuple(_read_item(item, index, now) for index, item in enumerate(value))
    return Collection(events, _tokens(tokens) if tokens is not None else None)


def cloud_event(item: Mapping[str, Any], *, now: datetime, index: int) -> dict[str, Any]:
    """An item as the CloudEvent that Event Grid would have made of it; `data` is the item as it came."""
    data = folded(item)
    tenant = data.get("tenantid") or data.get("organizationid") or ""
    details = found if isinstance(found := data.get("resourcedata"), dict) else {}
    time = parse_time(folded(details).get("eventtime")) or now
    return {
        "id": _id_of(item, now, index),
        "source": f"/tenants/{tenant}/webhooks" if tenant and isinstance(tenant, str) else "/webhooks",
        "type": f"Microsoft.Graph.{_type_of(data, folded(details))}",
        "subject": data.get("resource") or data.get("subscriptionid"),
        "time": time.isoformat(),
        "datacontenttype": "application/json",
        "specversion": "1.0",
        "data": item,
    }


def _read_item(item: object, index: int, now: datetime) -> Reading | Unreadable:
    if not isinstance(item, dict):
        return read_event(item)
    try:
        return read_event(cloud_event(item, now=now, index=index))
    except RecursionError:
        return Unreadable("nested too deeply", "")


def _tokens(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_TOKENS:
        return ("",)
    return tuple(token if isinstance(token, str) else "" for token in value)


def _id_of(item: Mapping[str, Any], now: datetime, index: int) -> str:
    told = f"{now.isoformat()}\0{index}\0{json.dumps(item, sort_keys=True)}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _type_of(data: Mapping[str, Any], details: Mapping[str, Any]) -> str:
    said = LIFECYCLE_EVENTS.get(str(data.get("lifecycleevent")).lower())
    if said:
        return LIFECYCLE_TYPES[said]
    change = str(data.get("changetype") or "updated")  # drives: the one change they tell of
    return _noun_of(str(details.get("@odata.type") or ""), str(data.get("resource") or "")) + change[:32].title()


def _noun_of(odata_type: str, resource: str) -> str:
    """By the type of the entity, else by the last collection in the path; what is new keeps its own name."""
    name = odata_type.rpartition(".")[2][:64]
    if name:
        return NOUNS.get(name.lower(), name[0].upper() + name[1:])
    parts = resource.lower().replace("(", "/").split("/")
    return next((NOUNS[part] for part in reversed(parts) if part in NOUNS), "Resource")
