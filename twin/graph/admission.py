"""Which subscriptions Graph lets in, and what it makes of the expiry that was asked for.

https://learn.microsoft.com/graph/api/subscription-post-subscriptions and .../subscription-update (2026-05).
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from twin.event_grid.partner_url import read_partner_url
from twin.event_grid.refusal import Refused
from twin.graph import ids, watched
from twin.graph.callers import demand
from twin.graph.calls import Caller
from twin.graph.errors import GraphError, bad_request, invalid_request
from twin.graph.limits import MINIMUM_MINUTES, Kind
from twin.graph.subscription_body import (
    POST_FIELDS,
    check_fields,
    read_change_types,
    read_client_state,
    read_instant,
    read_tls_version,
    required_text,
)
from twin.graph.subscriptions import Subscription
from twin.graph.watched import Watched

if TYPE_CHECKING:
    from twin.graph.tenant import Graph


def admit(graph: "Graph", caller: Caller, body: Mapping[str, Any]) -> Subscription:
    """A new subscription of the caller's app, with its partner topic. GraphError where a rule forbids it."""
    check_fields(body, POST_FIELDS)
    text = {name: required_text(body, name) for name in ("resource", "changeType", "notificationUrl")}
    what = _watched(graph, caller, text["resource"])
    demand(caller, permissions(caller, what.kind))
    changes = read_change_types(text["changeType"], what.kind)
    client_state = read_client_state(body.get("clientState"))
    expires_at = expiry(graph, body, what.kind)
    lifecycle_url = _lifecycle_url(graph, body, what.kind, expires_at)
    tls_version = read_tls_version(body)
    check_urls(graph, text["notificationUrl"], lifecycle_url)
    _refuse_duplicate(graph, caller, what, text["changeType"])
    _check_quota(graph, caller, what)
    ensure_topic(graph, caller.app_id, text["notificationUrl"])
    subscription = Subscription(
        id=ids.guid(),
        resource=text["resource"],
        watched=what,
        change_types=changes,
        change_type=text["changeType"],
        client_state=client_state,
        notification_url=text["notificationUrl"],
        lifecycle_notification_url=lifecycle_url,
        expires_at=expires_at,
        application_id=caller.app_id,
        creator_id=caller.object_id,
        tls_version=tls_version,
        challenge_when_left=timedelta(),
    )
    subscription.touch(graph.world.clock.now(), challenge_percent=graph.world.switches.reauthorize_at_percent)
    graph.subscriptions.add(subscription)
    return subscription


def expiry(graph: "Graph", body: Mapping[str, Any], kind: Kind) -> datetime:
    """The instant asked for, raised to 45 minutes from now. GraphError 400 above the cap of the kind."""
    now = graph.world.clock.now()
    wanted = read_instant(required_text(body, "expirationDateTime"))
    cap = kind.max_minutes or graph.world.switches.outlook_cap_minutes
    if wanted > now + timedelta(minutes=cap):
        message = f"Subscription expiration can only be {cap} minutes in the future."
        raise bad_request(message, "ExtensionError")
    return max(wanted, now + timedelta(minutes=MINIMUM_MINUTES))


def topic_of(url: str, *, field: str) -> tuple[str, ...]:
    """Which partner topic an `EventGrid:` URL names. What Graph says to a bad one is not documented: 400 here."""
    try:
        address = read_partner_url(url)
    except Refused as refused:
        raise GraphError(refused.status, refused.code, f"{field}: {refused.message}") from refused
    return (*address.key, address.location)


def check_urls(graph: "Graph", url: str, lifecycle_url: str | None) -> None:
    """Form, the same topic for both, and a length where a switch sets one: no limit is documented."""
    longest = graph.world.switches.notification_url_max
    if longest and len(url) > longest:
        raise invalid_request(f"notificationUrl: longer than {longest} characters.")
    topic = topic_of(url, field="notificationUrl")
    if lifecycle_url is not None and topic_of(lifecycle_url, field="lifecycleNotificationUrl") != topic:
        raise invalid_request("lifecycleNotificationUrl must name the same partner topic as notificationUrl.")


def ensure_topic(graph: "Graph", app_id: str, url: str) -> None:
    """Event Grid makes the partner topic, or says why not; its refusal becomes ours."""
    source = f"/tenants/{graph.world.tenant_id}/applications/{app_id}"
    try:
        graph.world.event_grid.ensure_partner_topic(url, source=source)
    except Refused as refused:
        raise GraphError(refused.status, refused.code, refused.message) from refused


def permissions(caller: Caller, kind: Kind) -> tuple[str, ...]:
    """Those of which a caller needs one: a delegated permission does not help an app, nor a write one a reader."""
    application = (kind.application,) if kind.application else ()
    return (*application, *kind.delegated) if caller.delegated else application


def _watched(graph: "Graph", caller: Caller, resource: str) -> Watched:
    segments = watched.segments_of(re.sub(r"^/?me(?=/|$)", f"users/{caller.object_id}", resource, flags=re.IGNORECASE))
    if segments[0].lower() == "users" and len(segments) > 1 and (user := graph.directory.find(segments[1])):
        segments[1] = user.id  # a user principal name names the same resource
    what = watched.read("/".join(segments), graph.folder_id)
    if what is None:
        raise invalid_request(f"Resource '{resource}' is not supported.")
    if not what.kind.event_grid and not graph.world.switches.accept_unlisted_resources:
        raise invalid_request(f"Resource '{resource}' is not supported with Event Grid delivery.")
    if what.kind.name == "Message" and what.user:
        graph.mailbox(what.user)
    return what


def _lifecycle_url(graph: "Graph", body: Mapping[str, Any], kind: Kind, expires_at: datetime) -> str | None:
    if body.get("lifecycleNotificationUrl") is not None:
        return required_text(body, "lifecycleNotificationUrl")
    if kind.needs_lifecycle_url and expires_at > graph.world.clock.now() + timedelta(hours=1):
        raise invalid_request("lifecycleNotificationUrl is required for this resource above one hour.")
    return None


def _refuse_duplicate(graph: "Graph", caller: Caller, what: Watched, change_type: str) -> None:
    def key(text: str) -> Any:
        return frozenset(text.lower().replace(" ", "").split(",")) if switches.normalize_change_types else text

    switches = graph.world.switches
    for other in graph.subscriptions.to_path(what.path):
        if other.application_id == caller.app_id and key(other.change_type) == key(change_type):
            message = f"Subscription Id {other.id} already exists for the requested combination"
            raise GraphError(409, "ObjectIdentifierInUse", message)


def _check_quota(graph: "Graph", caller: Caller, what: Watched) -> None:
    quota = what.kind.quota
    if quota is None:
        return
    counted = graph.subscriptions.under_quota(quota, app_id=caller.app_id, user_id=what.user)
    if len(counted) >= quota.most:
        message = f"The limit of {quota.most} subscriptions to {quota.name} has been reached."
        raise GraphError(403, graph.world.switches.quota_code, message)
