"""What Graph POSTs to a notificationUrl of its own: items of `{"value": […]}`.

Shapes: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks,
https://learn.microsoft.com/graph/api/resources/changenotification and
https://learn.microsoft.com/graph/change-notifications-lifecycle-events. Here every key is in camelCase, also Outlook's:
only Event Grid's form has been seen mixed.
"""

import base64
import os
from collections.abc import Mapping
from typing import Any

from twin.graph import ids
from twin.graph.rich_content import encrypted_content
from twin.graph.subscriptions import Subscription
from twin.world import World

CloudEvent = Mapping[str, Any]
Item = dict[str, Any]


def change_item(row: Subscription, event: CloudEvent, content: Mapping[str, Any] | None) -> Item:
    """The same notification that `event` is. `content` is the entity, encrypted where the subscription asks for it."""
    data = _camel(event["data"])
    details = _camel(data.get("resourceData") or {})
    item = {
        "id": base64.b64encode(os.urandom(9)).decode(),
        "subscriptionId": row.id,
        "subscriptionExpirationDateTime": ids.seven_digits(row.expires_at),
        "changeType": str(data.get("changeType", "updated")).lower(),
        "resource": data["resource"],
        "tenantId": event["source"].split("/")[2] if event["source"].startswith("/tenants/") else data.get("tenantId"),
        "resourceData": details,
    }
    if "clientState" in data:
        item["clientState"] = data["clientState"]
    if row.certificate:
        item["encryptedContent"] = encrypted_content(row.certificate, readable_content(row, event, content))
    return item


def readable_content(row: Subscription, event: CloudEvent, content: Mapping[str, Any] | None) -> dict[str, Any]:
    """What $select names; all without one. A deleted or made-up entity has only what the notification says of it."""
    details = _camel(_camel(event["data"]).get("resourceData") or {})
    identity = {name: value for name, value in details.items() if name in ("@odata.type", "@odata.etag", "id")}
    selected = {name.lower() for name in row.watched.selected}
    return identity | {
        name: value for name, value in (content or {}).items() if not selected or name.lower() in selected
    }


def lifecycle_item(world: World, row: Subscription, what: str) -> Item:
    """`organizationId` was seen where the documentation has `tenantId` (jesusfer/graph-webhooks-testbed)."""
    tenant = "organizationId" if world.switches.webhook_lifecycle_organization_id else "tenantId"
    return {
        "subscriptionId": row.id,
        "subscriptionExpirationDateTime": ids.seven_digits(row.expires_at),
        tenant: world.tenant_id,
        "clientState": row.client_state,
        "lifecycleEvent": what,
    }


def _camel(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in data.items()}
