"""Routes of routes.toml that Event Grid carries by itself: `to = "event-subscription:<resource id>"`.

Event Grid compares less than the app does: a glob may have a star at its ends alone, and changeType stands under names
of differing case, so `change_types` can't be asked for. What can't be said is refused, never widened.
https://learn.microsoft.com/azure/event-grid/event-filtering
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.mgmt.eventgrid import models

from pulse.errors import PulseError

NATIVE = "event-subscription:"
ARM_NAME = re.compile(r"[^A-Za-z0-9-]+")
type Make = Callable[[str], Any]
DESTINATIONS: Mapping[str, Make] = {  # the resource's type, in lower case
    "microsoft.web/sites/functions": lambda id_: models.AzureFunctionEventSubscriptionDestination(resource_id=id_),
    "microsoft.eventhub/namespaces/eventhubs": lambda id_: models.EventHubEventSubscriptionDestination(resource_id=id_),
    "microsoft.servicebus/namespaces/queues": lambda id_: models.ServiceBusQueueEventSubscriptionDestination(
        resource_id=id_
    ),
    "microsoft.servicebus/namespaces/topics": lambda id_: models.ServiceBusTopicEventSubscriptionDestination(
        resource_id=id_
    ),
    "microsoft.eventgrid/namespaces/topics": lambda id_: models.NamespaceTopicEventSubscriptionDestination(
        resource_id=id_
    ),
    "microsoft.storage/storageaccounts/queueservices/queues": lambda id_: _storage_queue(id_),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeRoute:
    """`types` and `resource` are globs of the route."""

    name: str
    resource_id: str
    types: tuple[str, ...]
    resource: str

    @property
    def event_subscription_name(self) -> str:
        """3 to 64 letters, digits, hyphens."""
        return f"route-{ARM_NAME.sub('-', self.name)}"[:64]

    def event_subscription(
        self, dead_letters: models.DeadLetterWithResourceIdentity | None
    ) -> models.EventSubscription:
        begins, ends = _ends(self.resource, what=f"route {self.name}: resource")
        return models.EventSubscription(
            destination=self._destination(),
            event_delivery_schema="CloudEventSchemaV1_0",
            filter=models.EventSubscriptionFilter(
                subject_begins_with=begins, subject_ends_with=ends, advanced_filters=self._type_filters()
            ),
            retry_policy=models.RetryPolicy(max_delivery_attempts=30, event_time_to_live_in_minutes=1440),
            dead_letter_with_resource_identity=dead_letters,
        )

    def _destination(self) -> Any:
        kind = _kind(self.resource_id)
        if kind not in DESTINATIONS:
            raise PulseError(f"route {self.name}: Event Grid can't deliver to {kind or self.resource_id}")
        return DESTINATIONS[kind](self.resource_id)

    def _type_filters(self) -> list[Any] | None:
        """Advanced filters ignore case. Filters are joined by `and`, so all globs have to be of one form."""
        exact = [each for each in self.types if "*" not in each]
        starts = [each[:-1] for each in self.types if each.endswith("*") and "*" not in each[:-1]]
        if not self.types or "*" in self.types:
            return None
        if len(exact) == len(self.types):
            return [models.StringInAdvancedFilter(key="type", values=exact)]
        if len(starts) == len(self.types):
            return [models.StringBeginsWithAdvancedFilter(key="type", values=starts)]
        raise PulseError(f"route {self.name}: types of a native route are all whole, or all end in one star")


def read_native_routes(file: Path) -> list[NativeRoute]:
    """None without the file. Raises PulseError."""
    if not file.is_file():
        return []
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("route", [])
    except tomllib.TOMLDecodeError as fault:
        raise PulseError(f"{file.name} can't be read: {fault}") from fault
    return [_route(row) for row in rows if str(row.get("to", "")).startswith(NATIVE) and row.get("enabled", True)]


def _route(row: Mapping[str, Any]) -> NativeRoute:
    name = str(row.get("name", ""))
    if row.get("change_types"):
        raise PulseError(f"route {name}: a native route can't ask for change_types; write the types out")
    return NativeRoute(
        name=name,
        resource_id=str(row["to"]).removeprefix(NATIVE),
        types=tuple(map(str, row.get("types", ()))),
        resource=str(row.get("resource", "*")),
    )


def _ends(glob: str, *, what: str) -> tuple[str | None, str | None]:
    """(begins with, ends with) of a glob with one star at most."""
    begin, star, end = glob.partition("*")
    if "*" in end or not star:
        raise PulseError(f"{what} {glob!r}: a native route takes exactly one star, as in users/*")
    return begin or None, end or None


def _kind(resource_id: str) -> str:
    """microsoft.storage/storageaccounts/queueservices/queues of …/providers/Microsoft.Storage/storageAccounts/x/…"""
    provider, *rest = resource_id.lower().rpartition("/providers/")[2].split("/")
    return "/".join([provider, *rest[::2]])


def _storage_queue(resource_id: str) -> models.StorageQueueEventSubscriptionDestination:
    account, _, rest = resource_id.partition("/queueServices/")
    return models.StorageQueueEventSubscriptionDestination(resource_id=account, queue_name=rest.rpartition("/")[2])
