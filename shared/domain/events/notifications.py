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

CHANGE_TYPES = ("created", "updated", "deleted")
LIFECYCLE_EVENTS = {  # in a type or in data.lifecycleEvent, ignoring case
    "reauthorizationrequired": "reauthorizationRequired",
    "subscriptionremoved": "subscriptionRemoved",
    "missed": "missed",
}
NAMES = {  # in resource paths; whatever else stands there is an id, which keeps its letters' case
    *("users", "groups", "messages", "events", "contacts", "mailfolders", "contactfolders", "members", "owners"),
    *("chats", "teams", "channels", "drives", "drive", "root", "sites", "lists", "todo", "tasks", "conversations"),
    *("communications", "callrecords", "security", "alerts", "print", "printers", "jobs", "taskdefinitions"),
}
SECRETS = ("clientstate", "validationtokens")  # members that go no further, wherever they stand
MAX_KEY = 1024  # longest text kept of any member that becomes a column
KEYS = 1024  # names of members and sources that are remembered: the same few come with every event
GUID = "[0-9a-fA-F-]{36}"
GUID_OF_TENANT = re.compile(f"({GUID})@{GUID}")
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
    return [read_event(event) for event in (events if isinstance(events, list) else [events])]


def read_event(event: object) -> Reading | Unreadable:
    """One CloudEvent out of JSON. Never raises."""
    try:
        text = _encode(_without_secrets(event))
    except (ValueError, RecursionError):
        return Unreadable("nested too deeply, or a number without an end (1e999)", "")
    if not isinstance(event, dict):
        return Unreadable("not an object", redacted(text))
    data = event.get("data")
    faults = [f"{name} missing" for name in ("id", "source", "type") if not _text(event.get(name))]
    faults += ["data is no object"] if not isinstance(data, dict) else []
    if faults or not isinstance(data, dict):
        return Unreadable(", ".join(faults), redacted(text))
    return _read_data(event, folded(data), text)


def redacted(text: str) -> str:
    """`text` with every clientState and signed token blanked, whatever its letters' case; for text that is no JSON."""
    state = r'(client_?state(\\*)"\s*:\s*\2")(?:(?!\2")(?:\\.|.))*'  # within JSON that is quoted in JSON too
    blanked = re.sub(state, r"\1", text, flags=re.IGNORECASE | re.DOTALL)
    ours = re.sub(r"v\d{1,6}\.[a-z0-9-]{1,32}~[\w-]{16,22}\.[\w-]{43}", "", blanked)  # wherever it stands
    return re.sub(r"(?<![\w.-])[\w.-]*?eyJ[\w.-]*+", "", ours)  # signed tokens, cut off perhaps


def normal_resource(resource: str) -> str:
    """A resource path in one spelling: `users/<id>/messages/<id>`, names lower case, ids as they are but for GUIDs.

    The old Outlook form `https://host/api/beta/Users('<id>@<tenant>')/Contacts('<id>')` and To Do's `users(<id>)`
    come out in the same spelling.
    """
    path = IN_PARENTHESES.sub(r"/\1", ADDRESS.sub("", resource)).strip("/")
    return "/".join([_normal_part(part) for part in path.split("/")])


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
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _read_data(event: Mapping[str, Any], data: Mapping[str, Any], text: str) -> Reading | Unreadable:
    details = folded(found) if isinstance(found := data.get("resourcedata"), dict) else {}
    event_type = _text(event["type"])
    lifecycle = _lifecycle(event_type, _text(data.get("lifecycleevent")))
    named = _text(data.get("resource")) or _text(details.get("@odata.id")) or _text(event.get("subject"))
    resource = "" if lifecycle and not data.get("resource") else normal_resource(named)
    change_type = "" if lifecycle else _change_type(event_type, _text(data.get("changetype")))
    if not lifecycle and not resource:
        return Unreadable("neither a change (it names no resource) nor a lifecycle event", text)
    client_state = data.get("clientstate")
    return Reading(
        notification=Notification(
            event_id=_text(event["id"]),
            source=_text(event["source"]),
            type=event_type,
            subject=_text(event.get("subject")),
            time=parse_time(event.get("time")),
            subscription_id=_text(data.get("subscriptionid")),
            tenant_id=(_text(data.get("tenantid")) or _text(data.get("organizationid"))).lower(),
            resource=resource,
            change_type=change_type,
            version=_text(details.get("@odata.etag")) or _text(details.get("sequencenumber")),
            lifecycle=lifecycle,
            body=text,
        ),
        client_state=client_state if isinstance(client_state, str) else None,
        traceparent=_text(event.get("traceparent")),
    )


def _lifecycle(event_type: str, said: str) -> str:
    """By data.lifecycleEvent, else by the type: Event Grid's names for removed and missed are not documented."""
    by_name = LIFECYCLE_EVENTS.get(said.lower())
    if by_name:
        return by_name
    name = event_type.rpartition(".")[2].lower()
    return next((value for word, value in LIFECYCLE_EVENTS.items() if word in name), "")


def _change_type(event_type: str, said: str) -> str:
    """By data.changeType, else by the type; a type that we don't know says at least that something changed."""
    if said:
        return said.lower()
    name = event_type.lower()
    return next((change for change in CHANGE_TYPES if name.endswith(change)), "updated")


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Keys in lower case, a misspelt `od@ata.` mended; of two spellings of one key the first with a value stays."""
    folded: dict[str, Any] = {}
    for key, value in data.items():
        name = _folded_key(key)
        if folded.get(name) is None:
            folded[name] = value
    return folded


@lru_cache(KEYS)
def _folded_key(key: str) -> str:
    return key.lower().replace("od@ata.", "@odata.")


@lru_cache(KEYS)
def _is_secret(key: str) -> bool:
    return key.lower().replace("_", "") in SECRETS


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_secrets(item) if isinstance(item, dict | list) else item
            for key, item in value.items()
            if not _is_secret(key)
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value


def _text(value: object) -> str:
    """Text, or a whole number as text; without characters that no table keeps; cut at MAX_KEY."""
    if isinstance(value, str) and value.isascii() and len(value) <= MAX_KEY and "\0" not in value:
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return str(value)[:MAX_KEY].encode("utf-8", "replace").decode().replace("\0", "")
    except ValueError:  # an integer of more than 4,300 digits
        return ""


def _normal_part(part: str) -> str:
    """A name in lower case, a GUID too, without the tenant that the old Outlook form adds; other ids as they are."""
    if (name := part.lower()) in NAMES:
        return name
    if len(part) < 36:
        return part
    plain = found[1] if (found := GUID_OF_TENANT.fullmatch(part)) else part
    return plain.lower() if len(plain) == 36 and re.fullmatch(GUID, plain) else plain
