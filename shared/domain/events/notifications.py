"""Reads what Event Grid hands us into notifications. Pure: text in, values out, no I/O.

Any documented or observed shape is read: camelCase, mixed case, the old Outlook form with absolute URLs, drive items
without changeType, one event or an array. Keys and types compare ignoring case. What cannot be read becomes
`Unreadable`, never an exception, so that one odd event can't stop the others.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from shared.domain.events.bodies import body_of, redacted

CHANGE_TYPES = ("created", "updated", "deleted")
LIFECYCLE_EVENTS = {  # in a type or in data.lifecycleEvent, ignoring case
    "reauthorizationrequired": "reauthorizationRequired",
    "subscriptionremoved": "subscriptionRemoved",
    "missed": "missed",
}
KNOWN = {  # members in the spellings that come most; any other is folded as it comes
    spelling: name.lower()
    for name in (
        *("changeType", "clientState", "resource", "resourceData", "subscriptionId", "tenantId", "organizationId"),
        *("subscriptionExpirationDateTime", "lifecycleEvent", "encryptedContent"),
        *("@odata.type", "@odata.id", "@odata.etag", "id", "sequenceNumber", "eventTime"),
    )
    for spelling in (name, f"{name[0].upper()}{name[1:]}")
}
NAMES = {  # in resource paths; whatever else stands there is an id, which keeps its letters' case
    *("users", "groups", "messages", "events", "contacts", "mailfolders", "contactfolders", "members", "owners"),
    *("chats", "teams", "channels", "drives", "drive", "root", "sites", "lists", "todo", "tasks", "conversations"),
    *("communications", "callrecords", "security", "alerts", "print", "printers", "jobs", "taskdefinitions"),
}
MAX_KEY = 1024  # longest text kept of any member that becomes a column
NEEDED = ("id", "source", "type")
GUID = re.compile("([0-9a-fA-F-]{36})(?:@[0-9a-fA-F-]{36})?")  # the old Outlook form adds the tenant
GUIDS = (36, 73)  # characters, without the tenant and with it
ADDRESS = re.compile(r"(?i)^https?://[^/]+/(?:api/)?(?:beta|v\d+(?:\.\d+)?)/|^todo\w*/graph/v1/")
IN_PARENTHESES = re.compile(r"\('?([^')]*?)'?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What Graph says, read out of one CloudEvent.

    `time` is aware and in UTC, None where the event has none. `change_type` is lower case and empty for lifecycle
    events; `lifecycle` is one of the values of LIFECYCLE_EVENTS, empty for changes. `version` is the etag or the
    sequence number as text (a number above 2**53 loses digits in other languages). `body` is the CloudEvent as JSON
    text without its clientState.
    """

    event_id: str
    source: str
    type: str
    subject: str
    time: datetime | None
    subscription_id: str
    tenant_id: str
    resource: str
    change_type: str
    version: str
    lifecycle: str
    body: str

    @property
    def noun(self) -> str:
        """message for Microsoft.Graph.MessageCreated; lower case."""
        name = self.type.rpartition(".")[2].lower()
        return next((name.removesuffix(change) for change in CHANGE_TYPES if name.endswith(change)), name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One notification and the client_state that came with it, which goes no further than the check of origin.

    `traceparent` is the CloudEvents extension: the trace that the event began in. Empty if unsaid.
    """

    notification: Notification
    client_state: str | None = field(repr=False)
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Text that is no CloudEvent of Graph's. `fault` names what is wrong; `text` has any clientState blanked."""

    fault: str
    text: str


def read(text: str) -> list[Reading | Unreadable]:
    """Every event of a delivery: one CloudEvent, or an array of them. Never raises."""
    try:
        events = _decode(text)
    except (ValueError, RecursionError) as fault:
        return [Unreadable(f"not JSON: {type(fault).__name__}", redacted(text))]
    return list(map(read_event, events)) if isinstance(events, list) else [read_event(events, text)]


def read_event(event: object, text: str = "") -> Reading | Unreadable:
    """One CloudEvent out of JSON; `text` is what it was read from, if that was this event alone. Never raises."""
    try:
        body = body_of(event, text)
    except (ValueError, RecursionError):
        return Unreadable("nested too deeply, or a number without an end (1e999)", "")
    if not isinstance(event, dict):
        return Unreadable("not an object", redacted(body))
    data = event.get("data")
    if isinstance(data, dict) and (found := _read_data(event, folded(data), body)):
        return found
    faults = [f"{name} missing" for name in NEEDED if not _text(event.get(name))]
    faults += [] if isinstance(data, dict) else ["data is no object"]
    return Unreadable(", ".join(faults), redacted(body))


def normal_resource(resource: str) -> str:
    """A resource path in one spelling: `users/<id>/messages/<id>`, names lower case, ids as they are but for GUIDs.

    The old Outlook form `https://host/api/beta/Users('<id>@<tenant>')/Contacts('<id>')` and To Do's `users(<id>)`
    come out in the same spelling.
    """
    path = ADDRESS.sub("", resource) if "://" in resource or resource[:4].lower() == "todo" else resource
    path = IN_PARENTHESES.sub(r"/\1", path) if "(" in path else path
    return "/".join([_normal_part(part) for part in path.strip("/").split("/")])


def owner_of(resource: str) -> str | None:
    """The id in `users/<id>/…` of a normal resource, None for anything else."""
    name, _, rest = resource.partition("/")
    return rest.partition("/")[0] if name.lower() == "users" and "/" in rest else None


def parse_time(text: object) -> datetime | None:
    """An RFC 3339 time in UTC; fractions of any length, any offset. None for anything else, naive times too."""
    try:
        instant = datetime.fromisoformat(text.upper()) if isinstance(text, str) else None
        return instant.astimezone(UTC) if instant and instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def refuse_constant(name: str) -> None:
    raise ValueError(name)


_decode = json.JSONDecoder(parse_constant=refuse_constant).decode


def _read_data(event: Mapping[str, Any], data: Mapping[str, Any], body: str) -> Reading | Unreadable | None:
    """None for an event without what all have to have."""
    event_id, source, event_type = _text(event.get("id")), _text(event.get("source")), _text(event.get("type"))
    if not (event_id and source and event_type):
        return None
    details = folded(found) if isinstance(found := data.get("resourcedata"), dict) else {}
    lifecycle, change_type = _kind(event_type)
    lifecycle = LIFECYCLE_EVENTS.get(_text(data.get("lifecycleevent")).lower()) or lifecycle
    resource = _text(data.get("resource"))
    if not resource and not (lifecycle and not data.get("resource")):
        resource = _text(details.get("@odata.id")) or _text(event.get("subject"))
    resource = normal_resource(resource) if resource else ""
    if not lifecycle and not resource:
        return Unreadable("neither a change (it names no resource) nor a lifecycle event", body)
    client_state = data.get("clientstate")
    return Reading(
        notification=Notification(
            event_id=event_id,
            source=source,
            type=event_type,
            subject=_text(event.get("subject")),
            time=parse_time(event.get("time")),
            subscription_id=_text(data.get("subscriptionid")),
            tenant_id=(_text(data.get("tenantid")) or _text(data.get("organizationid"))).lower(),
            resource=resource,
            change_type="" if lifecycle else _text(data.get("changetype")).lower() or change_type,
            version=_text(details.get("@odata.etag")) or _text(details.get("sequencenumber")),
            lifecycle=lifecycle,
            body=body,
        ),
        client_state=client_state if isinstance(client_state, str) else None,
        traceparent=_text(event.get("traceparent")),
    )


@lru_cache(256)  # the same few types come with every event
def _kind(event_type: str) -> tuple[str, str]:
    """What a type says of itself: which lifecycle event it is, or which change; of what it doesn't say, `updated`.

    Event Grid's names for removed and missed are not documented.
    """
    name = event_type.rpartition(".")[2].lower()
    lifecycle = next((value for word, value in LIFECYCLE_EVENTS.items() if word in name), "")
    return lifecycle, next((change for change in CHANGE_TYPES if event_type.lower().endswith(change)), "updated")


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in lower case, a misspelt `od@ata.` mended; of two spellings of one key the first with a value stays."""
    found = {KNOWN.get(key) or _folded_key(key): value for key, value in data.items()}
    if len(found) == len(data):
        return found
    for key, value in reversed(list(data.items())):
        if value is not None:
            found[_folded_key(key)] = value
    return found


def _folded_key(key: str) -> str:
    return key.lower().replace("od@ata.", "@odata.")


def _text(value: object) -> str:
    """Text, or a whole number as text; without characters that no table keeps; cut at MAX_KEY."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isascii() and len(value) <= MAX_KEY and "\0" not in value:
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return str(value)[:MAX_KEY].encode("utf-8", "replace").decode().replace("\0", "")
    except ValueError:  # an integer of more than 4,300 digits
        return ""


def _normal_part(part: str) -> str:
    """A name in lower case, a GUID too and alone; other ids as they are."""
    if (name := part.lower()) in NAMES:
        return name
    found = GUID.fullmatch(part) if len(part) in GUIDS else None
    return found[1].lower() if found else part
