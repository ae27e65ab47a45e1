"""A handler for deliveries on a free port, whose answers are scripted, and a cloud whose app it is."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web

from twin.addresses import Addresses
from twin.clocks import MovableClock
from twin.event_grid.broker import EventGrid
from twin.event_grid.topics import ActivationState
from twin.world import World

SOURCE = "/tenants/t/applications/a"


@dataclass
class Request:
    headers: dict[str, str]
    query: dict[str, str]
    body: Any

    @property
    def ids(self) -> list[str]:
        events = self.body if isinstance(self.body, list) else [self.body]
        return [event["id"] for event in events]


@dataclass
class Receiver:
    """Answers `statuses` one after the other, then `then`. A status of 0 hangs until the caller goes away."""

    statuses: list[int] = field(default_factory=list)
    then: int = 202
    allowed_origin: str | None = "eventgrid.azure.net"
    requests: list[Request] = field(default_factory=list)
    options: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0

    @property
    def ids(self) -> list[str]:
        return [event_id for request in self.requests for event_id in request.ids]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/hook"

    async def start(self) -> None:
        app = web.Application(client_max_size=10 * 1024 * 1024)
        app.router.add_post("/runtime/webhooks/EventGrid", self._take)
        app.router.add_post("/hook", self._take)
        app.router.add_route("OPTIONS", "/hook", self._shake_hands)
        app.router.add_get("/admin/functions", self._functions)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "localhost", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.requests.append(Request(dict(request.headers), dict(request.query), json.loads(await request.read())))
            status = self.statuses.pop(0) if self.statuses else self.then
            if status == 0:
                await asyncio.Event().wait()
            await asyncio.sleep(0)
            return web.Response(status=status)
        finally:
            self.at_once -= 1

    async def _shake_hands(self, request: web.Request) -> web.Response:
        self.options.append(dict(request.headers))
        headers = {"WebHook-Allowed-Origin": self.allowed_origin} if self.allowed_origin else {}
        return web.Response(headers=headers)

    async def _functions(self, _: web.Request) -> web.Response:
        return web.json_response(
            [
                {"name": "receive_graph_event", "config": {"bindings": [{"type": "eventGridTrigger"}]}},
                {"name": "health", "config": {"bindings": [{"type": "httpTrigger"}, {"type": "http"}]}},
            ]
        )


def cloud(port: int, **event_grid: Any) -> World:
    """A cloud whose app listens on `port`; everything else of the ports is unused."""
    world = World(addresses=Addresses(base=port), clock=MovableClock())
    world.event_grid = EventGrid(world, **event_grid)
    return world


def partner_url(world: World, name: str | None = None, **changes: str) -> str:
    parts = {
        "azuresubscriptionid": world.azure_subscription_id,
        "resourcegroup": world.resource_group,
        "partnertopic": name or world.topic_name,
        "location": world.location,
    }
    return "EventGrid:?" + "&".join(f"{part}={value}" for part, value in (parts | changes).items())


def topic_key(world: World, name: str | None = None) -> tuple[str, str, str]:
    return world.azure_subscription_id, world.resource_group, name or world.topic_name


def function_id(world: World, name: str = "receive_graph_event") -> str:
    group = f"/subscriptions/{world.azure_subscription_id}/resourceGroups/{world.resource_group}"
    return f"{group}/providers/Microsoft.Web/sites/{world.function_app_name}/functions/{name}"


def to_function(world: World, *, batch: int = 1, kilobytes: int = 64, **properties: Any) -> dict[str, Any]:
    """The `properties` of an event subscription to the app's function."""
    limits = {"maxEventsPerBatch": batch, "preferredBatchSizeInKilobytes": kilobytes}
    destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function_id(world), **limits}}
    return {"destination": destination, **properties}


def to_webhook(url: str, **more: Any) -> dict[str, Any]:
    return {"destination": {"endpointType": "WebHook", "properties": {"endpointUrl": url, **more}}}


async def linked(world: World, properties: dict[str, Any] | None = None) -> str:
    """A started Event Grid with an activated topic and an event subscription; gives Graph's URL of it."""
    world.event_grid.start()
    url = partner_url(world)
    world.event_grid.ensure_partner_topic(url, source=SOURCE)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    await world.event_grid.put_event_subscription(topic_key(world), "to-func", properties or to_function(world))
    return url


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"event-{number}",
        "source": SOURCE,
        "type": "Microsoft.Graph.UserUpdated",
        "subject": "Users/1",
        "specversion": "1.0",
        "time": "2026-11-21T12:00:00.1234567Z",
        "datacontenttype": "application/json",
        "data": {"changeType": "updated", "resource": "Users/1"},
        **changes,
    }


def events(count: int) -> list[dict[str, Any]]:
    return [event(number) for number in range(count)]


async def later(world: World, **duration: float) -> None:
    """The clock moves on and whatever is due by then is done."""
    world.clock.advance(timedelta(**duration))
    await world.event_grid.settled(10)
