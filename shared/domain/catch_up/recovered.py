"""A change that delta found, as the notification that should have come. Pure."""

import hashlib
import json
from datetime import datetime

from shared.domain.catch_up.delta import Delta
from shared.domain.events.notifications import Notification


def recovered_notification(
    kind: Delta, *, resource: str, etag: str, change_type: str, time: datetime, tenant_id: str, found_by: str
) -> Notification:
    """`found_by` names one reading of one place: what it finds twice (a page read again) gets one event id."""
    details = {"@odata.etag": etag, "id": resource.rpartition("/")[2]}
    event = {
        "specversion": "1.0",
        "id": hashlib.sha256(f"{found_by}\0{resource}\0{etag}".encode()).hexdigest()[:32],
        "source": f"/tenants/{tenant_id}/delta",
        "type": f"Microsoft.Graph.{kind.noun}{change_type.title()}",
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
