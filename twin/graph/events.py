"""CloudEvents as Graph publishes them to a partner topic: Outlook's mixed case, the directory's camelCase, lifecycle.

Outlook: as observed on the wire (alexander-kastil/az-204); its doc page still shows the retired Outlook REST form.
Directory: https://learn.microsoft.com/azure/event-grid/microsoft-entra-events (2026-06). Lifecycle: only the type of
reauthorization is documented, the data is inferred. What is unsure is a switch.
"""

from datetime import datetime
from typing import Any

from twin.graph import ids
from twin.graph.old_outlook import old_outlook_form
from twin.graph.subscriptions import Subscription
from twin.switches import Switches
from twin.world import World

CloudEvent = dict[str, Any]


def envelope(
    world: World,
    subscription: Subscription,
    *,
    kind: str,
    subject: str,
    data: dict[str, Any],
    source: str | None = None,
) -> CloudEvent:
    return {
        "id": ids.guid(),
        "type": kind,
        "source": source or f"/tenants/{world.tenant_id}/applications/{subscription.application_id}",
        "subject": subject,
        "time": ids.seven_digits(world.clock.now()),
        "datacontenttype": "application/json",
        "specversion": "1.0",
        "data": _without_client_state(data) if world.switches.client_state_missing_in_events else data,
    }


def outlook_event(
    world: World, subscription: Subscription, *, change_type: str, resource: str, item_id: str, etag: str
) -> CloudEvent:
    """For a message, event or contact `Users/<id>/Messages/<id>`."""
    name = subscription.watched.kind.name
    details = {
        "@odata.type": f"#Microsoft.Graph.{name}",
        "@odata.id": resource,
        "@odata.etag": etag,
        "Id": item_id,
    }
    data: dict[str, Any] = {
        "SubscriptionId": subscription.id,
        "SubscriptionExpirationDateTime": _outlook_expiry(world, subscription),
        "ChangeType": change_type,
        "Resource": resource,
        "ResourceData": details,
        "clientState": client_state(world, subscription),
        "tenantId": world.tenant_id,
    }
    if world.switches.outlook_camel_case:
        data = _camel(data) | {"resourceData": _camel(details)}
    if world.switches.outlook_old_form:
        data = old_outlook_form(world, subscription, data, details)
    kind = _outlook_type(world.switches, name, change_type)
    return envelope(world, subscription, kind=kind, subject=resource, data=data)


def directory_event(
    world: World, subscription: Subscription, *, change_type: str, object_id: str, sequence: str, at: datetime
) -> CloudEvent:
    """For a user or group. `sequence` is a number, or text where the switch says so: both are in the docs' samples."""
    name = subscription.watched.kind.name
    resource = f"{name}s/{object_id}"
    data = {
        "changeType": change_type,
        "clientState": client_state(world, subscription),
        "resource": resource,
        "resourceData": {
            "@odata.type": f"#Microsoft.Graph.{name}",
            "@odata.id": resource,
            "id": object_id,
            "organizationId": world.tenant_id,
            "eventTime": ids.seven_digits(at),
            "sequenceNumber": sequence if world.switches.sequence_number_as_text else int(sequence),
        },
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at, "+00:00"),
        "subscriptionId": subscription.id,
        "tenantId": world.tenant_id,
    }
    kind = f"Microsoft.Graph.{name}{change_type.capitalize()}"
    return envelope(world, subscription, kind=kind, subject=resource, data=data)


def lifecycle_event(world: World, subscription: Subscription, *, what: str) -> CloudEvent | None:
    """`what` is reauthorizationRequired, subscriptionRemoved or missed. None where a switch says it is never sent."""
    switches = world.switches
    kind = {
        "reauthorizationRequired": switches.reauthorization_type,
        "subscriptionRemoved": switches.removed_type,
        "missed": switches.missed_type,
    }[what]
    data = {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": ids.seven_digits(subscription.expires_at),
        "tenantId": world.tenant_id,
        "organizationId": world.tenant_id,
        "clientState": client_state(world, subscription),
        "lifecycleEvent": what,
    }
    left_out = set(switches.lifecycle_data_without.split(","))
    data = {name: value for name, value in data.items() if name not in left_out}
    if switches.lifecycle_pascal_case:
        data = {name[0].upper() + name[1:]: value for name, value in data.items()}
    subject = f"Subscriptions/{subscription.id}"
    return envelope(world, subscription, kind=kind, subject=subject, data=data) if kind else None


def client_state(world: World, subscription: Subscription) -> str | None:
    """Echoed as given; null for some tenants, as operators report. Somebody else's: an event that is not for us."""
    if world.switches.client_state_foreign_in_events:
        return f"foreign-{ids.guid()}"
    return None if world.switches.client_state_null_in_events else subscription.client_state


def _without_client_state(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name.lower() != "clientstate"}


def _outlook_expiry(world: World, subscription: Subscription) -> str:
    in_utc = world.switches.outlook_expiry_in_utc
    return ids.seven_digits(subscription.expires_at) if in_utc else ids.mailbox_offset(subscription.expires_at)


def _outlook_type(switches: Switches, name: str, change_type: str) -> str:
    documented = f"Microsoft.Graph.{name}{change_type.capitalize()}"
    if name != "Message":
        return documented
    chosen = {"updated": switches.message_updated_type, "deleted": switches.message_deleted_type}
    return chosen.get(change_type) or documented


def _camel(data: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in data.items()}
