"""A change that delta found, as the notification that should have come. Pure."""

import hashlib
import json
from datetime import datetime

from shared.domain.notifications import Notification


def recovered_notification(
    *, person: str, item: str, etag: str, change_type: str, time: datetime, tenant_id: str, found_by: str
) -> Notification:
    """`found_by` is the delta link that led to the page: read again, the same page gives the same event id."""
    resource = f"users/{person}/messages/{item}"
    details = {"@odata.etag": etag, "id": item}
    event = {
        "specversion": "1.0",
        "id": hashlib.sha256(f"{found_by}\0{item}\0{etag}".encode()).hexdigest()[:32],
        "source": f"/tenants/{tenant_id}/delta",
        "type": f"Microsoft.Graph.Message{change_type.title()}",
        "subject": resource,
        "time": time.isoformat(),
        "data": {"changeType": change_type, "resource": resource, "tenantId": tenant_id, "resourceData": details},
    }
    return Notification(
        event_id=str(event["id"]),
        source=str(event["source"]),
        type=str(event["type"]),
        subject=resource,
        time=time,
        subscription_id="",
        tenant_id=tenant_id,
        resource=resource,
        change_type=change_type,
        version=etag,
        lifecycle="",
        body=json.dumps(event, separators=(",", ":")),
    )
