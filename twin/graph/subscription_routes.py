"""/subscriptions: https://learn.microsoft.com/graph/api/resources/subscription."""

from typing import TYPE_CHECKING, Any

from twin.graph.admission import admit, expiry
from twin.graph.calls import Answer, Call, Caller, Routes, check_unknown
from twin.graph.destinations import agree, check_urls
from twin.graph.errors import invalid_request
from twin.graph.first_event import announce_before_the_answer
from twin.graph.odata import collection, entity, refuse_options
from twin.graph.subscription_body import CERTIFICATE, PATCH_FIELDS, read_encryption, required_text
from twin.graph.subscriptions import Subscription

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()


@routes("POST", "subscriptions", bucket="write")
async def create(graph: "Graph", call: Call) -> Answer:
    row = await admit(graph, call.caller, call.json())
    await announce_before_the_answer(graph, row)
    return entity(call, "subscriptions", row.as_json(with_client_state=True), status=201)


@routes("GET", "subscriptions", bucket="list")
def list_all(graph: "Graph", call: Call) -> Answer:
    """App-only: those of the app, whoever made them. Delegated: those of the app and that user."""
    refuse_options(call, ("$skiptoken",))
    rows, caller = graph.subscriptions.live(), call.caller
    own = rows if caller.may(["Subscription.Read.All"]) else [row for row in rows if _is_own(row, caller)]
    size = graph.world.switches.subscriptions_page_size
    return collection(
        call, "subscriptions", own, render=Subscription.as_json, default=size, most=size, skip="$skiptoken"
    )


@routes("GET", "subscriptions/{}", bucket="get")
def get(graph: "Graph", call: Call, subscription_id: str) -> Answer:
    return entity(call, "subscriptions", _own(graph, call, subscription_id).as_json())


@routes("PATCH", "subscriptions/{}", bucket="write")
async def renew(graph: "Graph", call: Call, subscription_id: str) -> Answer:
    """A new expiry, a new notificationUrl, or both; either also reauthorizes. With an expiry also a new certificate."""
    row = _own(graph, call, subscription_id)
    changes = _changes(row, call.json())
    rich = row.certificate is not None
    certificate = read_encryption(changes) if set(CERTIFICATE).intersection(changes) else row.certificate
    expires_at = row.expires_at
    if "expirationDateTime" in changes:
        expires_at = expiry(graph, changes, row.watched.kind, rich=rich)
    url = required_text({"notificationUrl": row.notification_url} | changes, "notificationUrl")
    if url != row.notification_url:
        check_urls(graph, url, row.lifecycle_notification_url)
        await agree(graph, row.application_id, url, None)
        row = _own(graph, call, subscription_id)  # it may have gone meanwhile
    row.expires_at, row.notification_url, row.certificate = expires_at, url, certificate
    row.patched_at = graph.world.clock.now()
    _touch(graph, row)
    return entity(call, "subscriptions", row.as_json())


@routes("POST", "subscriptions/{}/reauthorize", bucket="reauthorize")
def reauthorize(graph: "Graph", call: Call, subscription_id: str) -> Answer:
    """Does not lengthen the life."""
    row = _own(graph, call, subscription_id)
    if call.body is not None:
        raise invalid_request("reauthorize takes no request body.")
    row.reauthorized_at = graph.world.clock.now()
    _touch(graph, row)
    return Answer(204)


@routes("DELETE", "subscriptions/{}", bucket="write")
def delete(graph: "Graph", call: Call, subscription_id: str) -> Answer:
    graph.subscriptions.remove(_own(graph, call, subscription_id).id)
    return Answer(204)


def _changes(row: Subscription, body: dict[str, Any]) -> dict[str, Any]:
    """GraphError 400 for what cannot be changed."""
    changes = {name: value for name, value in body.items() if value is not None}
    if changes.get("lifecycleNotificationUrl", row.lifecycle_notification_url) != row.lifecycle_notification_url:
        raise invalid_request("lifecycleNotificationUrl cannot be changed: delete the subscription and create another.")
    check_unknown(changes, PATCH_FIELDS)
    if not {"expirationDateTime", "notificationUrl"}.intersection(changes):
        raise invalid_request("expirationDateTime or notificationUrl is required.")
    if set(CERTIFICATE).intersection(changes) and (row.certificate is None or "expirationDateTime" not in changes):
        raise invalid_request("encryptionCertificate changes only with resource data, and with an expirationDateTime.")
    return changes


def _is_own(row: Subscription, caller: Caller) -> bool:
    mine = not caller.delegated or row.creator_id == caller.object_id
    return mine and row.application_id == caller.app_id


def _own(graph: "Graph", call: Call, subscription_id: str) -> Subscription:
    """GraphError 404 for another app's, 403 where the permission for the resource is gone."""
    row = graph.subscriptions.get(subscription_id, app_id=call.caller.app_id)
    graph.grants.demand(call.caller, row.watched)
    return row


def _touch(graph: "Graph", row: Subscription) -> None:
    row.touch(graph.world.clock.now(), challenge_percent=graph.world.switches.reauthorize_at_percent)
    graph.lifecycle.touched(row)
