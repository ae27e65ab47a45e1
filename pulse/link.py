"""Links Graph's partner topic with the app: identity, activation, event subscriptions, diagnostics and alerts.

Graph makes the topic when the app creates its first subscription; no event flows before it is activated and has an
event subscription. Every step looks or replaces, so all can be repeated; a passing fault is tried again here. Real
`azure-mgmt-eventgrid`, here against the twin.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.eventgrid import models

from pulse.cloud import FUNCTION, Cloud
from pulse.errors import PulseError, RefusedError
from pulse.native_routes import NativeRoute, read_native_routes
from pulse.running_demo import ROOT
from pulse.topic_clocks import topic_clocks
from pulse.topic_watch import watch_topic

EVENT_SUBSCRIPTION = "graph-pulse"
DEAD_LETTERS = "deadletter"  # the container
PATIENCE_S = 600  # for Graph to make the topic: the app asks for it at the next five-minute tick
POLL_S = 1.0
TRIES = 5  # of one step, when what stopped it may pass
PASSING = {408, 409, 412, 429}  # and 5xx
NO_TOPIC = (
    "No partner topic {topic} in {group} after {seconds} s. Graph makes it with the app's first subscription:"
    " see `pulse subscriptions list`, and whether Graph is an authorized partner there."
)
ADVICE = {
    400: "What Azure says is wrong names the cure; `Endpoint validation` means that the code is not deployed yet.",
    401: "Sign in: azd auth login, or az login, in the tenant of the Azure subscription.",
    403: "Whoever runs this needs EventGrid Contributor on the resource group, Reader of the function app and, for"
    " alerts, Monitoring Contributor. With the right given: azd hooks run postdeploy.",
    404: "It is gone: see `pulse doctor --cloud`, then azd provision.",
    409: "Another operation is at it. In a minute: azd hooks run postdeploy.",
    429: "Azure asks for less. In a minute: azd hooks run postdeploy.",
}
AGAIN = "Azure had no answer. Nothing is half done: azd hooks run postdeploy."

type Row = dict[str, Any]
type Step = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds of real time: to wait for the topic, and between two looks or tries."""

    topic_s: float = PATIENCE_S
    pause_s: float = POLL_S


async def make_link(
    cloud: Cloud, *, routes: Path = ROOT / "routes.toml", patience: Patience | None = None
) -> AsyncIterator[Row]:
    """Yields {"step", "done", "detail"} as it goes; after one that is not done, raises PulseError."""
    patience = patience or Patience()
    for name, step in _steps(cloud, read_native_routes(routes), patience):
        try:
            detail = await _persistently(step, patience)
        except PulseError as fault:
            yield {"step": name, "done": False, "detail": str(fault)}
            raise PulseError(f"Not linked: {name} was not done.") from fault
        yield {"step": name, "done": True, "detail": detail}


def _steps(cloud: Cloud, routes: list[NativeRoute], patience: Patience) -> list[tuple[str, Step]]:
    place = cloud.place
    steps: list[tuple[str, Step]] = [("partner topic", lambda: _topic(cloud, patience))]
    if place.identity_id:
        steps.append(("identity", lambda: _identity(cloud)))
    steps += [("activation", lambda: _activation(cloud)), ("event subscription", lambda: _app(cloud, patience))]
    steps += [(f"route {route.name}", lambda route=route: _route(cloud, route, patience)) for route in routes]  # type: ignore[misc]
    if place.workspace_id or place.action_group_id:
        steps.append(("alerts", lambda: watch_topic(cloud)))
    return [*steps, ("clocks", lambda: topic_clocks(cloud))]


async def _persistently(step: Step, patience: Patience) -> str:
    """What may pass is tried again; the rest is PulseError with what to do."""
    for _ in range(TRIES - 1):
        try:
            return await step()
        except (AzureError, PulseError) as fault:
            if not _may_pass(fault):
                raise _named(fault) from fault
        await asyncio.sleep(patience.pause_s)
    try:
        return await step()
    except (AzureError, PulseError) as fault:
        raise _named(fault) from fault


def _may_pass(fault: Exception) -> bool:
    """Somebody else was at it, ARM had no time, or the answer was lost."""
    status = _status(fault)
    if status:
        return status in PASSING or status >= 500
    return isinstance(fault, AzureError) or isinstance(fault.__cause__, httpx.HTTPError)


def _named(fault: Exception) -> PulseError:
    status = _status(fault)
    if not status and isinstance(fault, PulseError):
        return fault
    said = str(getattr(fault, "message", None) or fault).strip().partition("\n")[0]
    return PulseError(f"Azure refused ({status or 'no answer'}): {said} → {ADVICE.get(status, AGAIN)}")


def _status(fault: Exception) -> int:
    """0 where no answer came."""
    match fault:
        case ClientAuthenticationError():
            return int(fault.status_code or 401)
        case HttpResponseError():
            return int(fault.status_code or 0)
        case RefusedError():
            return fault.status
    return 0


async def _topic(cloud: Cloud, patience: Patience) -> str:
    place, last = cloud.place, time.monotonic() + patience.topic_s
    while True:
        try:
            await cloud.events.partner_topics.get(place.resource_group, place.topic)
        except ResourceNotFoundError:
            if time.monotonic() > last:
                seconds = round(patience.topic_s)
                told = NO_TOPIC.format(topic=place.topic, group=place.resource_group, seconds=seconds)
                raise PulseError(told) from None
            await asyncio.sleep(patience.pause_s)
        else:
            return f"{place.topic} exists in {place.resource_group}"


async def _identity(cloud: Cloud) -> str:
    place = cloud.place
    assigned = {str(place.identity_id): models.UserIdentityProperties()}
    identity = models.IdentityInfo(type="UserAssigned", user_assigned_identities=assigned)
    await cloud.events.partner_topics.update(
        place.resource_group, place.topic, models.PartnerTopicUpdateParameters(identity=identity)
    )
    return f"the topic writes dead letters as {place.identity_id}"


async def _activation(cloud: Cloud) -> str:
    place, topics = cloud.place, cloud.events.partner_topics
    if (await topics.get(place.resource_group, place.topic)).activation_state == "Activated":
        return f"{place.topic} was activated before"
    await topics.activate(place.resource_group, place.topic)
    return f"{place.topic} is activated"


async def _app(cloud: Cloud, patience: Patience) -> str:
    await _put(cloud, EVENT_SUBSCRIPTION, event_subscription(cloud), patience)
    return f"{EVENT_SUBSCRIPTION} delivers to {FUNCTION}"


async def _route(cloud: Cloud, route: NativeRoute, patience: Patience) -> str:
    await _put(cloud, route.event_subscription_name, route.event_subscription(dead_letters(cloud)), patience)
    return f"{route.event_subscription_name} delivers to {route.resource_id}"


async def _put(cloud: Cloud, name: str, wanted: models.EventSubscription, patience: Patience) -> None:
    """Made or replaced: a PUT with the same content changes nothing."""
    place = cloud.place
    poller = await cloud.events.partner_topic_event_subscriptions.begin_create_or_update(
        place.resource_group, place.topic, name, wanted, polling_interval=patience.pause_s
    )
    await poller.result()


def event_subscription(cloud: Cloud) -> models.EventSubscription:
    """Batches, so that one POST fills a group commit; no filter, because lifecycle events differ in type and case."""
    destination = models.AzureFunctionEventSubscriptionDestination(
        resource_id=cloud.place.function_id, max_events_per_batch=50, preferred_batch_size_in_kilobytes=64
    )
    return models.EventSubscription(
        destination=destination,
        event_delivery_schema="CloudEventSchemaV1_0",
        retry_policy=models.RetryPolicy(max_delivery_attempts=30, event_time_to_live_in_minutes=1440),
        dead_letter_with_resource_identity=dead_letters(cloud),
    )


def dead_letters(cloud: Cloud) -> models.DeadLetterWithResourceIdentity | None:
    place = cloud.place
    if not (place.storage_id and place.identity_id):
        return None
    return models.DeadLetterWithResourceIdentity(
        identity=models.EventSubscriptionIdentity(type="UserAssigned", user_assigned_identity=place.identity_id),
        dead_letter_destination=models.StorageBlobDeadLetterDestination(
            resource_id=place.storage_id, blob_container_name=DEAD_LETTERS
        ),
    )
