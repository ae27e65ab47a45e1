"""An event subscription: where the events of a topic go, which of them, and how long it is tried.

Source: Microsoft.EventGrid/partnerTopics/eventSubscriptions 2025-02-15, the same for custom topics. Destinations
AzureFunction, WebHook and StorageQueue, dead letter StorageBlob, delivery in CloudEvents 1.0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twin.event_grid.filters import Filter, read_filter
from twin.event_grid.refusal import Refused

NAME = re.compile(r"[A-Za-z0-9-]{3,64}")
FUNCTION = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Web/sites/[^/]+/functions/(?P<name>[^/]+)",
    re.IGNORECASE,
)
QUEUE = re.compile(r"[a-z0-9](-?[a-z0-9]){2,62}")
SCHEMA = "CloudEventSchemaV1_0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDestination:
    resource_id: str
    function_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHookDestination:
    """`audience`: the Entra application whose token each delivery carries; None: no token."""

    url: str
    audience: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDestination:
    """A queue of the emulated storage account, whatever account `resource_id` names."""

    resource_id: str
    queue: str


type Destination = FunctionDestination | WebHookDestination | QueueDestination


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSubscription:
    """One event subscription as delivery needs it; `properties` is what was put, for showing it again."""

    name: str
    destination: Destination
    wanted: Filter
    max_events_per_batch: int
    preferred_batch_bytes: int
    max_attempts: int
    time_to_live: timedelta
    dead_letter_container: str | None
    properties: Mapping[str, Any]

    @property
    def is_webhook(self) -> bool:
        return isinstance(self.destination, WebHookDestination)


def read_event_subscription(name: str, properties: Mapping[str, Any], identity: Any) -> EventSubscription:
    """From ARM's JSON; `identity` is the topic's. Refused(400) with the reason when the service would not take it."""
    if not NAME.fullmatch(name):
        raise _invalid("The name of an event subscription has 3 to 64 letters, digits or hyphens.")
    if properties.get("eventDeliverySchema") not in (None, SCHEMA):
        raise _invalid(f"The input is CloudEvents, which can be delivered as {SCHEMA} only.")
    destination = properties.get("destination") or {}
    batch, retry = destination.get("properties") or {}, properties.get("retryPolicy") or {}
    return EventSubscription(
        name=name,
        destination=_destination(destination),
        wanted=read_filter(properties.get("filter")),
        max_events_per_batch=_whole_number(batch, "maxEventsPerBatch", default=1, most=5_000),
        preferred_batch_bytes=1024 * _whole_number(batch, "preferredBatchSizeInKilobytes", default=64, most=1_024),
        max_attempts=_whole_number(retry, "maxDeliveryAttempts", default=30, most=30),
        time_to_live=timedelta(minutes=_whole_number(retry, "eventTimeToLiveInMinutes", default=1_440, most=1_440)),
        dead_letter_container=_dead_letter(properties, identity),
        properties=properties,
    )


def _destination(body: Mapping[str, Any]) -> Destination:
    properties = body.get("properties") or {}
    match str(body.get("endpointType")).lower():
        case "azurefunction":
            resource_id = str(properties.get("resourceId"))
            if not (function := FUNCTION.fullmatch(resource_id)):
                raise _invalid(f"Not the resource id of a function: {resource_id!r}.")
            return FunctionDestination(resource_id=resource_id, function_name=function["name"])
        case "webhook":
            audience = properties.get("azureActiveDirectoryApplicationIdOrUri")
            return WebHookDestination(url=str(properties.get("endpointUrl")), audience=audience)
        case "storagequeue":
            queue = str(properties.get("queueName"))
            if not QUEUE.fullmatch(queue) or not properties.get("resourceId"):
                raise _invalid("A StorageQueue has a resourceId and a queueName.")
            return QueueDestination(resource_id=str(properties["resourceId"]), queue=queue)
    raise _invalid(f"endpointType {body.get('endpointType')!r} is not served here.")


def _whole_number(body: Mapping[str, Any], name: str, *, default: int, most: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or not 1 <= value <= most:
        raise _invalid(f"{name} must be between 1 and {most}.")
    return value


def _dead_letter(properties: Mapping[str, Any], topic_identity: Any) -> str | None:
    """The container, or None when it is off. By identity it needs that identity at the partner topic first."""
    by_identity = properties.get("deadLetterWithResourceIdentity") or {}
    if by_identity and not _has_identity(topic_identity, by_identity.get("identity") or {}):
        raise _invalid("deadLetterWithResourceIdentity names an identity that the partner topic does not have.")
    target = by_identity.get("deadLetterDestination") or properties.get("deadLetterDestination")
    if not target:
        return None
    container = (target.get("properties") or {}).get("blobContainerName")
    if target.get("endpointType") != "StorageBlob" or not container:
        raise _invalid("A dead-letter destination is a StorageBlob with a blobContainerName.")
    return str(container)


def _has_identity(topic_identity: Any, wanted: Mapping[str, Any]) -> bool:
    held = topic_identity or {}
    if wanted.get("type") == "UserAssigned":
        known = [resource_id.lower() for resource_id in held.get("userAssignedIdentities") or {}]
        return str(wanted.get("userAssignedIdentity")).lower() in known
    return "SystemAssigned" in str(held.get("type"))


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidRequest", message)
