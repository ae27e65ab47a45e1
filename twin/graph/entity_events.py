"""The CloudEvent of each kind of resource, as the sample on its page has it.

https://learn.microsoft.com/azure/event-grid/partner-events-graph-api and the pages below it. Users and messages come
here only as fixtures: their changes are told by `announcement`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from twin.graph import events, ids
from twin.graph.events import CloudEvent, client_state, envelope
from twin.graph.subscriptions import Subscription
from twin.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What events say of an entity. `version` is its etag; for the directory, a sequence number."""

    id: str
    resource: str  # Users/<id>/Events/<id>, chats('<id>')/messages('<id>') …
    version: str
    at: datetime
    content: Mapping[str, Any] | None = None  # the entity itself, for subscriptions with resource data


Builder = Callable[[World, Subscription, str, Announced], CloudEvent]


def entity_event(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """A documented event of the subscription's kind."""
    return BUILDERS.get(subscription.watched.kind.name, _plain)(world, subscription, change_type, about)


def _directory(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    return events.directory_event(
        world, subscription, change_type=change_type, object_id=about.id, sequence=about.version, at=about.at
    )


def _outlook(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    return events.outlook_event(
        world,
        subscription,
        change_type=change_type,
        resource=about.resource,
        item_id=about.id,
        etag=about.version,
    )


def _drive_item(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """No changeType, `expirationDateTime`, and a GUID as the resource; lists alike. It says little: only delta tells
    which item it was."""
    name = _lower_first(subscription.watched.kind.name)
    data = _members(world, subscription, resource=about.resource) | {
        "expirationDateTime": ids.seven_digits(subscription.expires_at),
        "siteUrl": "/personal/user_contoso_com",
        "webId": ids.guid(),
        "resourceData": {"@odata.type": f"#Microsoft.Graph.{name}"},
    }
    return _event(world, subscription, change_type, subject=f"{name}/{about.id}", data=data)


def _to_do(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """changeType with a capital, an expiry with an offset, no tenantId."""
    resource = f"todob2/graph/v1/users({subscription.watched.user})/tasks"
    data = _members(world, subscription, resource=resource) | {
        "changeType": change_type.capitalize(),
        "expirationDateTime": ids.mailbox_offset(subscription.expires_at),
        "resourceData": {"id": about.id, "@odata.type": "#microsoft.graph.todoTask"},
    }
    del data["tenantId"]
    return _event(world, subscription, change_type, subject=f"TodoTask/{about.id}", data=data)


def _alert(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """Both kinds of expiry, the notificationUrl, and changeType `updated` even when created."""
    data = _members(world, subscription, resource=about.id) | {
        "changeType": "updated",
        "notificationUrl": subscription.notification_url,
        "expirationDateTime": ids.mailbox_offset(subscription.expires_at - timedelta(hours=1)),
        "resourceData": {
            "id": about.id,
            "@odata.id": f"security/{about.id}",
            "@odata.type": f"#IsgWebApi.SecurityGraphModel.{about.id}",
        },
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
    }
    return _event(world, subscription, change_type, subject=f"Alert/{about.id}", data=data)


def _print(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """The source is the path of the job."""
    return _pathed(world, subscription, change_type, about, "#microsoft.graph.printJob", source=about.resource)


def _plain(world: World, subscription: Subscription, change_type: str, about: Announced) -> CloudEvent:
    """The camelCase form, for kinds whose own sample adds nothing: chat messages, call records, conversations."""
    name = _lower_first(subscription.watched.kind.name)
    return _pathed(world, subscription, change_type, about, f"#Microsoft.Graph.{name}")


def _pathed(
    world: World,
    subscription: Subscription,
    change_type: str,
    about: Announced,
    odata_type: str,
    *,
    source: str | None = None,
) -> CloudEvent:
    data = _members(world, subscription, resource=about.resource) | {
        "changeType": change_type,
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
        "resourceData": {"@odata.type": odata_type, "@odata.id": about.resource, "id": about.id},
    }
    return _event(world, subscription, change_type, subject=about.resource, data=data, source=source)


BUILDERS: dict[str, Builder] = {
    "User": _directory,
    "Group": _directory,
    "Message": _outlook,
    "Event": _outlook,
    "Contact": _outlook,
    "DriveItem": _drive_item,
    "List": _drive_item,
    "ToDo": _to_do,
    "Alert": _alert,
    "Printer": _print,
    "PrintTaskDefinition": _print,
}


def _members(world: World, subscription: Subscription, *, resource: str) -> dict[str, Any]:
    return {
        "subscriptionId": subscription.id,
        "tenantId": world.tenant_id,
        "clientState": client_state(world, subscription),
        "resource": resource,
    }


def _event(
    world: World,
    subscription: Subscription,
    change_type: str,
    *,
    subject: str,
    data: dict[str, Any],
    source: str | None = None,
) -> CloudEvent:
    kind = f"Microsoft.Graph.{subscription.watched.kind.name}{change_type.capitalize()}"
    return envelope(world, subscription, kind=kind, subject=subject, data=data, source=source)


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]
