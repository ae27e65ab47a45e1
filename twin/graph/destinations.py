"""Where notifications may go: `EventGrid:` URLs that name a partner topic, or https URLs that pass the handshake.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04) and
https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twin.event_grid.partner_url import read_partner_url
from twin.event_grid.refusal import Refused
from twin.graph import ids
from twin.graph.errors import GraphError, invalid_request

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_event_grid(url: str) -> bool:
    return url.strip().lower().startswith("eventgrid:")


def check_urls(graph: "Graph", url: str, lifecycle_url: str | None) -> None:
    """Form, the same topic for both, and a length where a switch sets one: no limit is documented."""
    longest = graph.world.switches.notification_url_max
    if longest and len(url) > longest:
        raise invalid_request(f"notificationUrl: longer than {longest} characters.")
    topic = _target(url, field="notificationUrl")
    lifecycle = topic if lifecycle_url is None else _target(lifecycle_url, field="lifecycleNotificationUrl")
    if lifecycle != topic and (is_event_grid(url) or is_event_grid(lifecycle_url or "")):
        raise invalid_request("lifecycleNotificationUrl must name the same partner topic as notificationUrl.")
    _check_azure_subscription(graph, topic)


async def agree(graph: "Graph", app_id: str, url: str, lifecycle_url: str | None) -> None:
    """The destinations agree: Event Grid makes the topic, each webhook answers a handshake of its own, also where both
    are the same URL. GraphError where one does not."""
    if is_event_grid(url):
        _ensure_topic(graph, app_id, url)
        return
    await graph.webhooks.shake_hands(url)
    if lifecycle_url is not None:
        await graph.webhooks.shake_hands(lifecycle_url)


def _target(url: str, *, field: str) -> tuple[str, ...]:
    """What the URL names. What Graph says to a bad `EventGrid:` URL is not documented: 400 here."""
    if not is_event_grid(url):
        return ("webhook", _webhook(url, field=field))
    try:
        address = read_partner_url(url)
    except Refused as refused:
        raise GraphError(refused.status, refused.code, f"{field}: {refused.message}") from refused
    return (*address.key, address.location)


def _webhook(url: str, *, field: str) -> str:
    try:
        place = urlsplit(url)
    except ValueError:
        raise invalid_request(f"{field}: not a URL.") from None
    if not place.hostname or not (place.scheme == "https" or (place.scheme == "http" and place.hostname in LOOPBACK)):
        raise invalid_request(f"{field} must be an https URL (here also http at localhost).")
    return url


def _check_azure_subscription(graph: "Graph", topic: tuple[str, ...]) -> None:
    """Whether it must be in the app's tenant is not documented."""
    is_foreign = topic[0] not in ("webhook", graph.world.azure_subscription_id.lower())
    if is_foreign and graph.world.switches.foreign_azure_subscription_refused:
        raise invalid_request("notificationUrl: the Azure subscription belongs to another tenant.")


def _ensure_topic(graph: "Graph", app_id: str, url: str) -> None:
    """Event Grid makes the partner topic, or says why not; its refusal becomes ours, or what a switch makes of it."""
    world, switches = graph.world, graph.world.switches
    if switches.azure_role_required:
        raise GraphError(403, "AuthorizationFailed", "The client has no authorization over the resource group.")
    source = f"/tenants/{world.tenant_id}/applications/{app_id}"
    try:
        world.event_grid.ensure_partner_topic(url, source=source)
    except Refused as refused:
        status = switches.partner_refusal_status or refused.status
        raise GraphError(status, switches.partner_refusal_code or refused.code, refused.message) from refused
    if kind := switches.event_grid_handshake_type:
        world.event_grid.publish(url, [_handshake_event(kind, source=source, at=ids.seven_digits(world.clock.now()))])


def _handshake_event(kind: str, *, source: str, at: str) -> dict[str, object]:
    """None is documented for `EventGrid:` URLs; this one would be an event that a subscriber knows nothing of."""
    return {
        "id": ids.guid(),
        "type": kind,
        "source": source,
        "subject": "validation",
        "time": at,
        "datacontenttype": "application/json",
        "specversion": "1.0",
        "data": {"validationToken": ids.guid()},
    }
