"""Which subscriptions Graph lets in, and what it makes of the expiry that was asked for.

https://learn.microsoft.com/graph/api/subscription-post-subscriptions and .../subscription-update (2026-05).
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from twin.graph import ids, watched
from twin.graph.calls import Caller
from twin.graph.destinations import agree, check_urls, is_event_grid
from twin.graph.errors import GraphError, bad_request, invalid_request
from twin.graph.limits import MINIMUM_MINUTES, Kind
from twin.graph.rich_rules import check_rich
from twin.graph.subscription_body import (
    POST_FIELDS,
    check_fields,
    optional_text,
    read_change_types,
    read_client_state,
    read_instant,
    read_rich,
    read_tls_version,
    required_text,
)
from twin.graph.subscriptions import Subscription
from twin.graph.watched import Watched

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

HAVE_MAILBOXES = ("Message", "Event", "Contact", "ToDo")
IDS = re.compile(r"^id\s+in\s*\((.*)\)$", re.IGNORECASE)


async def admit(graph: "Graph", caller: Caller, body: Mapping[str, Any]) -> Subscription:
    """A new subscription of the caller's app, whose destinations have agreed. GraphError where a rule forbids it."""
    row = _read(graph, caller, body)
    _check_room(graph, row)
    await agree(graph, caller.app_id, row.notification_url, row.lifecycle_notification_url)
    _check_room(graph, row)  # others were served meanwhile
    row.touch(graph.world.clock.now(), challenge_percent=graph.world.switches.reauthorize_at_percent)
    graph.subscriptions.add(row)
    return row


def expiry(graph: "Graph", body: Mapping[str, Any], kind: Kind, *, rich: bool) -> datetime:
    """The instant asked for, raised to 45 minutes from now. GraphError 400 above the cap of the kind."""
    now, switches = graph.world.clock.now(), graph.world.switches
    wanted = read_instant(required_text(body, "expirationDateTime"))
    cap = _cap(graph, kind, rich=rich)
    if wanted > now + timedelta(minutes=cap):
        if switches.expiry_cut_to_cap:
            return now + timedelta(minutes=cap)
        message = f"Subscription expiration can only be {cap} minutes in the future."
        raise bad_request(message, switches.expiry_too_far_code)
    return max(wanted, now + timedelta(minutes=MINIMUM_MINUTES))


def _read(graph: "Graph", caller: Caller, body: Mapping[str, Any]) -> Subscription:
    check_fields(body, POST_FIELDS)
    text = {name: required_text(body, name) for name in ("resource", "changeType", "notificationUrl")}
    what = _watched(graph, caller, text["resource"], text["notificationUrl"])
    graph.grants.demand(caller, what)
    certificate = read_rich(body)
    check_rich(graph.world.switches, what, certificate, to_event_grid=is_event_grid(text["notificationUrl"]))
    changes = read_change_types(text["changeType"], what.kind)
    client_state = read_client_state(body.get("clientState"))
    expires_at = expiry(graph, body, what.kind, rich=certificate is not None)
    lifecycle_url = _lifecycle_url(graph, body, what.kind, expires_at)
    check_urls(graph, text["notificationUrl"], lifecycle_url)
    return Subscription(
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
        delegated=caller.delegated,
        tls_version=read_tls_version(body),
        certificate=certificate,
        notification_url_app_id=optional_text(body, "notificationUrlAppId"),
        notification_query_options=optional_text(body, "notificationQueryOptions"),
        challenge_when_left=timedelta(),
        authorized_at=graph.world.clock.now(),
    )


def _watched(graph: "Graph", caller: Caller, resource: str, url: str) -> Watched:
    path, mark, query = resource.partition("?")
    if re.match(r"/?me(/|$)", path, re.IGNORECASE) and not caller.delegated:
        raise bad_request("/me request is only valid with delegated authentication flow.")
    segments = watched.segments_of(re.sub(r"^/?me(?=/|$)", f"users/{caller.object_id}", path, flags=re.IGNORECASE))
    if segments[0].lower() == "users" and len(segments) > 1 and (user := graph.directory.find(segments[1])):
        segments[1] = user.id  # a user principal name names the same resource
    what = watched.read("/".join(segments) + mark + query, graph.folder_id)
    if what is None:
        raise invalid_request(f"Resource '{resource}' is not supported.")
    if is_event_grid(url) and not what.kind.event_grid and not graph.world.switches.accept_unlisted_resources:
        raise invalid_request(f"Resource '{resource}' is not supported with Event Grid delivery.")
    if what.kind.name in HAVE_MAILBOXES and what.user:
        graph.mailbox(what.user)
    _check_most_ids(what)
    return what


def _check_most_ids(what: Watched) -> None:
    listed = IDS.match(dict(what.query).get("$filter", ""))
    if what.kind.most_ids and listed and listed[1].count(",") >= what.kind.most_ids:
        raise invalid_request(f"At most {what.kind.most_ids} ids in one subscription.")


def _cap(graph: "Graph", kind: Kind, *, rich: bool) -> int:
    """In minutes."""
    switches = graph.world.switches
    longest = kind.max_minutes or switches.outlook_cap_minutes
    if kind.name == "CallEvent":
        longest = switches.meeting_cap_minutes
    return min(longest, kind.rich_max_minutes or longest) if rich else longest


def _lifecycle_url(graph: "Graph", body: Mapping[str, Any], kind: Kind, expires_at: datetime) -> str | None:
    if body.get("lifecycleNotificationUrl") is not None:
        return required_text(body, "lifecycleNotificationUrl")
    if kind.needs_lifecycle_url and expires_at > graph.world.clock.now() + timedelta(hours=1):
        raise invalid_request("lifecycleNotificationUrl is required for this resource above one hour.")
    return None


def _check_room(graph: "Graph", row: Subscription) -> None:
    """No other for the same, and no quota used up."""
    _refuse_duplicate(graph, row)
    for quota in row.watched.kind.quotas:
        if (quota.scope == "app_path" and not row.watched.has_id) or (
            quota.scope == "user_path" and not row.watched.user
        ):
            continue  # documented for one chat, channel or team, and for one user
        counted = graph.subscriptions.under_quota(
            quota, app_id=row.application_id, creator_id=row.creator_id, watched=row.watched
        )
        if len(counted) >= quota.most:
            message = f"The limit of {quota.most} subscriptions to {quota.name} has been reached."
            raise GraphError(403, graph.world.switches.quota_code, message)


def _refuse_duplicate(graph: "Graph", row: Subscription) -> None:
    normalize = graph.world.switches.normalize_change_types

    def key(other: Subscription) -> Any:
        change_types = other.change_types if normalize else other.change_type
        return other.application_id, other.watched.query, change_types

    for other in graph.subscriptions.to_path(row.watched.path):
        if key(other) == key(row):
            message = f"Subscription Id {other.id} already exists for the requested combination"
            raise GraphError(409, "ObjectIdentifierInUse", message)
