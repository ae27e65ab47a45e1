"""A subscriber's own endpoint on a free port: it shakes hands as it is told to, and answers what it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from graph_builders import subscription

from twin.graph.webhook_calls import Timeouts
from twin.world import World

QUICK = Timeouts(first=0.25, retry=0.5, handshake=0.25)


@dataclass
class WebhookReceiver:
    """Answers notifications with `statuses` one after the other, then `then`; lifecycle items always with 202.

    A status of 0 hangs until the caller goes away.
    """

    statuses: list[int] = field(default_factory=list)
    then: int = 202
    handshake: str = "echo"  # or: raw, json, wrong, 404, hang
    tokens: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    lifecycle: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/notifications"

    @property
    def lifecycle_url(self) -> str:
        return f"http://localhost:{self.port}/lifecycle"

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for body in self.bodies for item in body["value"]]

    @property
    def lifecycle_events(self) -> list[str]:
        return [item["lifecycleEvent"] for body in self.lifecycle for item in body["value"]]

    async def take(self, request: web.Request) -> web.Response:
        if "validationToken" in request.query:
            return await self._shake_hands(request)
        if request.path == "/lifecycle":
            self.lifecycle.append(await request.json())
            return web.Response(status=202)
        self.bodies.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else self.then
        if status == 0:
            await asyncio.Event().wait()
        return web.Response(status=status)

    async def _shake_hands(self, request: web.Request) -> web.Response:
        token = request.query["validationToken"]
        self.tokens.append(token)
        match self.handshake:
            case "hang":
                await asyncio.Event().wait()
            case "raw":
                return web.Response(text=request.url.raw_query_string.partition("validationToken=")[2])
            case "json":
                return web.json_response(token)
            case "wrong":
                return web.Response(text="hello")
            case "404":
                return web.Response(status=404, text=token)
        return web.Response(text=token)


@asynccontextmanager
async def listening() -> AsyncIterator[WebhookReceiver]:
    receiver, app = WebhookReceiver(), web.Application(client_max_size=10 * 1024 * 1024)
    app.router.add_post("/{name}", receiver.take)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()


def to(receiver: WebhookReceiver, world: World, **changes: Any) -> dict[str, Any]:
    """A POST body: the mail of the first person, to this endpoint."""
    urls = {"notificationUrl": receiver.url, "lifecycleNotificationUrl": receiver.lifecycle_url}
    return subscription(world, **urls | changes)


async def settled(world: World) -> None:
    await world.graph.webhooks.settled(10)


async def later(world: World, **duration: float) -> None:
    world.clock.advance(timedelta(**duration))
    await settled(world)
