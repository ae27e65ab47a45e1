"""Is a notification what it says it is? Pure.

client_state proves origin, but not that the rest of the event is true: the resource must fit the spec where the shape
allows, the tenant where the event has one, and the spec must still be wanted. Handlers fetch, and never act on an
event's content.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from shared.domain.events.notifications import Notification, owner_of

ACCEPTED_FOR = timedelta(days=8)  # older than that: its claim may be gone, so it can't be told from a duplicate
AHEAD = timedelta(days=1)  # further in the future than any clock should be


@dataclass(frozen=True, slots=True)
class Rejection:
    """Believed false, or not to be judged any more. `reason` is a constant, `detail` a sentence without secrets."""

    # client_state, foreign_tenant, not_wanted, foreign_resource, denied, too_old, from_the_future, unreadable
    reason: str
    detail: str


DENIED = Rejection("denied", "its client_state was made with a key that is not believed any more")


def reject(notification: Notification, *, resource: str | None, tenant_id: str, now: datetime) -> Rejection | None:
    """For an event whose client_state is proven. `resource` is what its subscription watches, None if none wants it."""
    tenant_id = tenant_id.lower()
    said = (notification.tenant_id or tenant_id, _tenant_of(notification.source) or tenant_id)
    if said != (tenant_id, tenant_id):
        foreign = {*said} - {tenant_id}
        return Rejection("foreign_tenant", f"the event is of tenant {', '.join(sorted(foreign))}")
    if resource is None:
        return Rejection("not_wanted", "no entry of subscriptions.toml wants this subscription any more")
    if not _fits(notification, resource):
        return Rejection("foreign_resource", f"{notification.resource} is not of {resource}")
    return _in_time(notification.time, now)


@lru_cache(1024)
def _tenant_of(source: str) -> str:
    """Print's source is the path of the job, all others' `/tenants/<id>/…`."""
    found = re.match(r"/tenants/([^/]+)", source.lower())
    return found[1] if found else ""


def _fits(notification: Notification, resource: str) -> bool:
    """Only people's paths can be compared: other resources come as bare ids or under names of their own."""
    expected, said = owner_of(f"{resource.lower()}/"), owner_of(f"{notification.resource}/")
    return not expected or not said or said.lower() == expected


def _in_time(time: datetime | None, now: datetime) -> Rejection | None:
    if time is None:
        return None
    if time < now - ACCEPTED_FOR:
        return Rejection("too_old", f"the event is of {time:%Y-%m-%d}, events count for {ACCEPTED_FOR.days} days")
    if time > now + AHEAD:
        return Rejection("from_the_future", f"the event says {time.isoformat()}")
    return None
