"""Outlook's events as its documentation page still shows them: the form of the retired Outlook REST API.

https://learn.microsoft.com/azure/event-grid/outlook-events: mixed case, absolute URLs of outlook.office365.com, the
subscription id as base64, no tenantId. Nobody has reported it from the wire.
"""

import base64
from typing import Any

from twin.graph import ids
from twin.graph.subscriptions import Subscription
from twin.world import World

API = "https://outlook.office365.com/api/beta"


def old_outlook_form(world: World, row: Subscription, data: dict[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """`data` and `details` (its resource data) as they are observed today, written the old way."""
    _, user, collection, item = details["@odata.id"].split("/", 3)
    url = f"{API}/Users('{user}@{world.tenant_id}')/{collection}('{item}')"
    spelled = (
        "od@ata.id" if world.switches.outlook_misspelled_id else "@odata.id"
    )  # as some versions of the page have it
    return {
        "@odata.type": "#Microsoft.OutlookServices.Notification",
        "Id": None,
        "SubscriptionExpirationDateTime": ids.seven_digits(row.expires_at),
        "ChangeType": data.get("ChangeType", data.get("changeType")),
        "subscriptionId": base64.b64encode(row.id.encode()).decode(),
        "resource": url,
        "clientState": data["clientState"],
        "resourceData": {
            "Id": item,
            "@odata.etag": details["@odata.etag"],
            spelled: url,
            "@odata.type": f"#Microsoft.OutlookServices.{row.watched.kind.name}",
        },
    }
