"""Custom topics with event subscriptions: made by azure-mgmt-eventgrid, published to by azure-eventgrid."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from aiohttp import web
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.messaging import CloudEvent
from azure.eventgrid.aio import EventGridPublisherClient
from azure.mgmt.eventgrid.models import (
    AzureFunctionEventSubscriptionDestination,
    EventSubscription,
    EventSubscriptionFilter,
    Topic,
    WebHookEventSubscriptionDestination,
)

from twin.event_grid.app import event_grid_app
from twin.listeners import listen

GROUP, NAME = "rg-pulse", "forwarded"
TOPIC = Topic(location="westeurope", input_schema="CloudEventSchemaV1_0")


@pytest.fixture
async def publishing(served: Any, tmp_path: Any) -> AsyncIterator[str]:
    """Where custom topics are published to, over TLS on a free port; topics made afterwards name it."""
    [listener, *more] = listen(0)
    config = uvicorn.Config(
        event_grid_app(served.world), log_level="error", lifespan="off", ssl_certfile=tmp_path / "server.pem"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([listener, *more]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)
    yield f"https://localhost:{listener.getsockname()[1]}/topics/{NAME}/api/events"
    server.should_exit = True
    await serving


def to_function(served: Any, **more: Any) -> EventSubscription:
    destination = AzureFunctionEventSubscriptionDestination(resource_id=served.function_id("receive_graph_event"))
    return EventSubscription(destination=destination, event_delivery_schema="CloudEventSchemaV1_0", **more)


def publisher(served: Any, endpoint: str, audience: str = "https://eventgrid.azure.net") -> EventGridPublisherClient:
    token = served.credential(audience)
    return EventGridPublisherClient(endpoint, token, connection_verify=served.authority)


async def test_what_is_published_reaches_the_event_subscription_that_wants_it(served: Any, publishing: str) -> None:
    async with served.client as client:
        topic = await (await client.topics.begin_create_or_update(GROUP, NAME, TOPIC)).result()
        wanted = to_function(served, filter=EventSubscriptionFilter(included_event_types=["Pulse.Changed"]))
        put = client.topic_event_subscriptions.begin_create_or_update
        made = await (await put(GROUP, NAME, "to-func", wanted)).result()
    async with publisher(served, publishing) as sender:
        await sender.send(
            [
                CloudEvent(source="/pulse", type="Pulse.Changed", data={"n": 1}),
                CloudEvent(source="/pulse", type="Pulse.Else", data={"n": 2}),
            ]
        )
    await served.world.event_grid.settled(10)

    assert (topic.endpoint.endswith(f"/topics/{NAME}/api/events"), topic.provisioning_state) == (True, "Succeeded")
    assert made.provisioning_state == "Succeeded"
    assert [each["data"] for each in served.deliveries] == [{"n": 1}]
    assert len(served.world.event_grid.custom_topics.named(NAME).received) == 2


async def test_the_older_path_by_scope_reaches_the_same(served: Any) -> None:
    async with served.client as client:
        topic = await (await client.topics.begin_create_or_update(GROUP, NAME, TOPIC)).result()
        put = client.event_subscriptions.begin_create_or_update
        await (await put(topic.id.lstrip("/"), "to-func", to_function(served))).result()

        names = [each.name async for each in client.topic_event_subscriptions.list(GROUP, NAME)]
        await (await client.topic_event_subscriptions.begin_delete(GROUP, NAME, "to-func")).result()

        assert names == ["to-func"]
        with pytest.raises(ResourceNotFoundError):
            await client.topic_event_subscriptions.get(GROUP, NAME, "to-func")


async def test_topics_are_listed_shown_and_deleted(served: Any) -> None:
    async with served.client as client:
        await (await client.topics.begin_create_or_update(GROUP, NAME, TOPIC)).result()
        keys = await client.topics.list_shared_access_keys(GROUP, NAME)
        assert [each.name async for each in client.topics.list_by_resource_group(GROUP)] == [NAME]
        assert (await client.topics.get(GROUP, NAME)).input_schema == "CloudEventSchemaV1_0"
        assert keys.key1

        await (await client.topics.begin_delete(GROUP, NAME)).result()

        with pytest.raises(ResourceNotFoundError):
            await client.topics.get(GROUP, NAME)


async def test_a_topic_of_another_schema_is_refused(served: Any) -> None:
    async with served.client as client:
        with pytest.raises(HttpResponseError, match="inputSchema"):
            await client.topics.begin_create_or_update(GROUP, NAME, Topic(location="westeurope"))


async def test_publishing_needs_a_token_for_event_grid_and_a_topic(served: Any, publishing: str) -> None:
    event = CloudEvent(source="/pulse", type="Pulse.Changed", data={})
    async with publisher(served, publishing) as sender:
        with pytest.raises(ResourceNotFoundError):
            await sender.send(event)
    async with served.client as client:
        await (await client.topics.begin_create_or_update(GROUP, NAME, TOPIC)).result()
    async with publisher(served, publishing, "https://graph.microsoft.com") as sender:
        with pytest.raises(ClientAuthenticationError):
            await sender.send(event)


async def test_a_webhook_is_asked_first_and_each_delivery_carries_an_entra_token(served: Any, publishing: str) -> None:
    """learn.microsoft.com/azure/event-grid/secure-webhook-delivery, end-point-validation-cloud-events-schema."""
    hook = _Hook()
    url = await hook.start()
    destination = WebHookEventSubscriptionDestination(
        endpoint_url=url, azure_active_directory_application_id_or_uri="api://pulse"
    )
    async with served.client as client:
        await (await client.topics.begin_create_or_update(GROUP, NAME, TOPIC)).result()
        put = client.topic_event_subscriptions.begin_create_or_update
        await (await put(GROUP, NAME, "to-hook", EventSubscription(destination=destination))).result()
    async with publisher(served, publishing) as sender:
        await sender.send(CloudEvent(source="/pulse", type="Pulse.Changed", data={"n": 1}))
    await served.world.event_grid.settled(10)
    await hook.stop()

    (asked, body_of_asking), (delivered, body) = hook.requests
    assert (asked["WebHook-Request-Origin"], body_of_asking) == ("eventgrid.azure.net", b"")
    assert json.loads(body)["data"] == {"n": 1}
    claims = served.world.entra.verify(delivered["Authorization"].removeprefix("Bearer "), "api://pulse")
    assert claims["appid"] == "4962773b-9cdb-44cf-a8bf-237846a00ab7"


class _Hook:
    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/hook", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "localhost", 0).start()
        return f"http://localhost:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(
            (
                {name.title().replace("Webhook", "WebHook"): value for name, value in request.headers.items()},
                await request.read(),
            )
        )
        return web.Response(headers={"WebHook-Allowed-Origin": "eventgrid.azure.net"})
