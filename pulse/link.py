"""Links Graph's partner topic with the app: activation, then the event subscription to its function.

Graph makes the topic when the app creates its first subscription; no event flows before it is activated and has an
event subscription. Every step may be repeated. Real `azure-mgmt-eventgrid`, here against the twin.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.eventgrid import models
from azure.mgmt.eventgrid.aio import EventGridManagementClient

from pulse.errors import PulseError
from pulse.json_client import JsonClient
from pulse.running_demo import RunningDemo

FUNCTION = "receive_graph_event"
EVENT_SUBSCRIPTION = "graph-pulse"
DEAD_LETTERS = "deadletter"  # the container
ARM = "https://management.azure.com"
PATIENCE_S = 600  # for Graph to make the topic: the app asks for it at the next five-minute tick
POLL_S = 1
NO_TOPIC = (
    "No partner topic {topic} in {group} after {seconds} s. Graph makes it with the app's first subscription:"
    " see `pulse subscriptions list`, and whether Graph is an authorized partner there."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the topic and the app are. Undelivered events are kept in `storage_id`, written as `identity_id`."""

    azure_subscription_id: str
    resource_group: str
    topic: str
    function_app: str
    storage_id: str | None = None
    identity_id: str | None = None

    @property
    def function_id(self) -> str:
        group = f"/subscriptions/{self.azure_subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/Microsoft.Web/sites/{self.function_app}/functions/{FUNCTION}"


def demo_place(demo: RunningDemo) -> Place:
    values = demo.environment
    return Place(
        azure_subscription_id=values["AZURE_SUBSCRIPTION_ID"],
        resource_group=values["RESOURCE_GROUP"],
        topic=values["PARTNER_TOPIC"],
        function_app=values["WEBSITE_SITE_NAME"],
    )


def cloud_management(place: Place) -> EventGridManagementClient:
    """As whoever is signed in: the Azure CLI, azd, or the identity of the machine."""
    from azure.identity.aio import DefaultAzureCredential

    return EventGridManagementClient(DefaultAzureCredential(), place.azure_subscription_id)


def demo_management(demo: RunningDemo) -> EventGridManagementClient:
    """As the app's identity, at the twin."""
    return EventGridManagementClient(
        DemoCredential(demo),
        demo.environment["AZURE_SUBSCRIPTION_ID"],
        base_url=demo.addresses["arm"],
        credential_scopes=[f"{ARM}/.default"],
        connection_verify=demo.ca,
    )


class DemoCredential:
    """An azure.core AsyncTokenCredential: tokens from the twin's managed identity endpoint, without its environment."""

    def __init__(self, demo: RunningDemo) -> None:
        self._environment = demo.environment

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        url, _slash, path = self._environment["IDENTITY_ENDPOINT"].removeprefix("http://").partition("/")
        headers = {"X-IDENTITY-HEADER": self._environment["IDENTITY_HEADER"]}
        asked = {"api-version": "2019-08-01", "resource": scopes[0].removesuffix("/.default")}
        async with JsonClient(f"http://{url}", what="the twin's identity endpoint", headers=headers) as endpoint:
            answer = await endpoint.get(f"/{path}", **asked, client_id=self._environment["AZURE_CLIENT_ID"])
        return AccessToken(answer["access_token"], int(answer["expires_on"]))

    async def close(self) -> None:
        """Nothing stays open."""

    async def __aenter__(self) -> "DemoCredential":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def make_link(management: EventGridManagementClient, place: Place) -> AsyncIterator[dict[str, Any]]:
    """Yields {"step", "done", "detail"} as it goes. Raises PulseError."""
    async with closing(management), named_faults():
        topic = await wait_for_topic(management, place)
        yield {"step": "partner topic", "done": True, "detail": f"{place.topic} exists in {place.resource_group}"}
        if place.identity_id:
            yield await give_identity(management, place)
        yield await activate(management, place, topic)
        yield await subscribe(management, place)


@asynccontextmanager
async def closing(management: EventGridManagementClient) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await management.close()


@asynccontextmanager
async def named_faults() -> AsyncIterator[None]:
    try:
        yield
    except HttpResponseError as fault:
        raise PulseError(f"Azure Resource Manager refused: {fault.message}") from fault
    except AzureError as fault:
        raise PulseError(f"Azure Resource Manager can't be reached: {fault.message}") from fault


async def wait_for_topic(management: EventGridManagementClient, place: Place) -> models.PartnerTopic:
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await management.partner_topics.get(place.resource_group, place.topic)
        except ResourceNotFoundError:
            if time.monotonic() > last:
                raise PulseError(
                    NO_TOPIC.format(topic=place.topic, group=place.resource_group, seconds=PATIENCE_S)
                ) from None
            await asyncio.sleep(POLL_S)


async def give_identity(management: EventGridManagementClient, place: Place) -> dict[str, Any]:
    assigned = {str(place.identity_id): models.UserIdentityProperties()}
    identity = models.IdentityInfo(type="UserAssigned", user_assigned_identities=assigned)
    await management.partner_topics.update(
        place.resource_group, place.topic, models.PartnerTopicUpdateParameters(identity=identity)
    )
    return {"step": "identity", "done": True, "detail": f"the topic writes dead letters as {place.identity_id}"}


async def activate(management: EventGridManagementClient, place: Place, topic: models.PartnerTopic) -> dict[str, Any]:
    if topic.activation_state == "Activated":
        return {"step": "activation", "done": True, "detail": f"{place.topic} was activated before"}
    await management.partner_topics.activate(place.resource_group, place.topic)
    return {"step": "activation", "done": True, "detail": f"{place.topic} is activated"}


async def subscribe(management: EventGridManagementClient, place: Place) -> dict[str, Any]:
    """Made or replaced: a PUT with the same content changes nothing."""
    poller = await management.partner_topic_event_subscriptions.begin_create_or_update(
        place.resource_group, place.topic, EVENT_SUBSCRIPTION, event_subscription(place), polling_interval=POLL_S
    )
    await poller.result()
    return {"step": "event subscription", "done": True, "detail": f"{EVENT_SUBSCRIPTION} delivers to {FUNCTION}"}


def event_subscription(place: Place) -> models.EventSubscription:
    """Batches, so that one POST fills a group commit; no filter, because lifecycle events differ in type and case."""
    destination = models.AzureFunctionEventSubscriptionDestination(
        resource_id=place.function_id, max_events_per_batch=50, preferred_batch_size_in_kilobytes=64
    )
    return models.EventSubscription(
        destination=destination,
        event_delivery_schema="CloudEventSchemaV1_0",
        retry_policy=models.RetryPolicy(max_delivery_attempts=30, event_time_to_live_in_minutes=1440),
        dead_letter_with_resource_identity=dead_letters(place),
    )


def dead_letters(place: Place) -> models.DeadLetterWithResourceIdentity | None:
    if not (place.storage_id and place.identity_id):
        return None
    return models.DeadLetterWithResourceIdentity(
        identity=models.EventSubscriptionIdentity(type="UserAssigned", user_assigned_identity=place.identity_id),
        dead_letter_destination=models.StorageBlobDeadLetterDestination(
            resource_id=place.storage_id, blob_container_name=DEAD_LETTERS
        ),
    )
