"""Events for what the twin does not keep: groups, calendars, contacts, drives, tasks, alerts, chats, calls, print.

Shapes: the sample on each resource's page of https://learn.microsoft.com/azure/event-grid/partner-events-graph-api.
They are announced to the live subscriptions of their kind and stand in no ledger, since nothing changed.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from twin.graph import events, ids
from twin.graph.events import CloudEvent, client_state, envelope
from twin.graph.subscriptions import Subscription
from twin.world import World

Builder = Callable[[World, Subscription, str], CloudEvent]


def fixture_event(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """A documented event of the subscription's kind about an entity that never was."""
    return BUILDERS.get(subscription.watched.kind.name, _plain)(world, subscription, change_type)


def _directory(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    now = world.clock.now()
    return events.directory_event(
        world, subscription, change_type=change_type, object_id=ids.guid(), sequence=str(ids.ticks(now)), at=now
    )


def _outlook(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    what, item_id = subscription.watched, ids.message_id()
    resource = f"Users/{what.user}/{what.kind.name}s/{item_id}"
    return events.outlook_event(
        world,
        subscription,
        change_type=change_type,
        resource=resource,
        item_id=item_id,
        etag=ids.etag(ids.change_key()),
    )


def _drive_item(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """No changeType, `expirationDateTime`, and a GUID as the resource; lists alike."""
    name = subscription.watched.kind.name
    data = _members(world, subscription, resource=ids.guid()) | {
        "expirationDateTime": ids.seven_digits(subscription.expires_at),
        "siteUrl": "/personal/user_contoso_com",
        "webId": ids.guid(),
        "resourceData": {"@odata.type": f"#Microsoft.Graph.{name[0].lower()}{name[1:]}"},
    }
    return _event(world, subscription, change_type, subject=f"{name[0].lower()}{name[1:]}/{ids.guid()}", data=data)


def _to_do(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """changeType with a capital, an expiry with an offset, no tenantId."""
    task, user = ids.message_id(), subscription.watched.user
    data = _members(world, subscription, resource=f"todob2/graph/v1/users({user})/tasks") | {
        "changeType": change_type.capitalize(),
        "expirationDateTime": (subscription.expires_at.astimezone(ids.MAILBOX_ZONE)).isoformat(timespec="seconds"),
        "resourceData": {"id": task, "@odata.type": "#microsoft.graph.todoTask"},
    }
    del data["tenantId"]
    return _event(world, subscription, change_type, subject=f"TodoTask/{task}", data=data)


def _alert(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """Both kinds of expiry, the notificationUrl, and changeType `updated` even when created."""
    alert = ids.guid()
    data = _members(world, subscription, resource=alert) | {
        "changeType": "updated",
        "notificationUrl": subscription.notification_url,
        "expirationDateTime": ids.mailbox_offset(subscription.expires_at - timedelta(hours=1)),
        "resourceData": {
            "id": alert,
            "@odata.id": f"security/{alert}",
            "@odata.type": f"#IsgWebApi.SecurityGraphModel.{alert}",
        },
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
    }
    return _event(world, subscription, change_type, subject=f"Alert/{alert}", data=data)


def _print(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """The source is the path of the job."""
    job = ids.guid()
    path = f"{subscription.watched.path}/{job}"
    data = _members(world, subscription, resource=path) | {
        "changeType": change_type,
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
        "resourceData": {"@odata.type": "#microsoft.graph.printJob", "@odata.id": path, "id": job},
    }
    return _event(world, subscription, change_type, subject=path, data=data, source=path)


def _plain(world: World, subscription: Subscription, change_type: str) -> CloudEvent:
    """The camelCase form, for kinds whose own sample adds nothing: chat messages, call records, conversations."""
    name, item = subscription.watched.kind.name, ids.guid()
    path = f"{subscription.watched.path}/{item}"
    data = _members(world, subscription, resource=path) | {
        "changeType": change_type,
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
        "resourceData": {
            "@odata.type": f"#Microsoft.Graph.{name[0].lower()}{name[1:]}",
            "@odata.id": path,
            "id": item,
        },
    }
    return _event(world, subscription, change_type, subject=path, data=data)


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
