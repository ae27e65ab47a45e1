"""The real azure-mgmt-eventgrid client against Azure Resource Manager's twin, over TLS on a free port."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvicorn
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.mgmt.eventgrid.aio import EventGridManagementClient

from twin.addresses import Addresses
from twin.arm.app import arm_app
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.event_grid.broker import EventGrid
from twin.world import World


@dataclass
class Token:
    """An azure.core AsyncTokenCredential that has one token, whatever is asked for."""

    token: str

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> "Token":
        return self

    async def __aexit__(self, *_: object) -> None: ...


@dataclass
class Served:
    """`client` signs in as the app's managed identity would; `deliveries` are the bodies that the app got."""

    world: World
    url: str
    authority: str
    deliveries: list[Any] = field(default_factory=list)

    @property
    def client(self) -> EventGridManagementClient:
        return self.client_with(self.world.entra.issue("https://management.azure.com", subject="app"))

    def credential(self, audience: str) -> Token:
        return Token(self.world.entra.issue(audience, subject="app"))

    def client_with(self, token: str) -> EventGridManagementClient:
        return EventGridManagementClient(
            Token(token),
            self.world.azure_subscription_id,
            base_url=self.url,
            credential_scopes=["https://management.azure.com/.default"],
            connection_verify=self.authority,
        )

    @property
    def partner_url(self) -> str:
        world = self.world
        return (
            f"EventGrid:?azuresubscriptionid={world.azure_subscription_id}&resourcegroup={world.resource_group}"
            f"&partnertopic={world.topic_name}&location={world.location}"
        )

    def function_id(self, name: str) -> str:
        group = f"/subscriptions/{self.world.azure_subscription_id}/resourceGroups/{self.world.resource_group}"
        return f"{group}/providers/Microsoft.Web/sites/{self.world.function_app_name}/functions/{name}"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    deliveries: list[Any] = []
    app, app_port = await _serve_app(deliveries)
    world = World(addresses=Addresses(base=app_port), clock=MovableClock())
    world.entra, world.event_grid = Entra(world), EventGrid(world)
    world.event_grid.start()
    server, serving, port = await _serve_over_tls(world, tmp_path)
    yield Served(world, f"https://localhost:{port}", str(tmp_path / "ca.pem"), deliveries)
    server.should_exit = True
    await serving
    await world.event_grid.stop()
    await app.cleanup()


async def _serve_app(deliveries: list[Any]) -> tuple[web.AppRunner, int]:
    """What ARM and Event Grid see of a Functions host: two functions, and the Event Grid endpoint."""

    async def functions(_: web.Request) -> web.Response:
        return web.json_response(
            [
                {"name": "receive_graph_event", "config": {"bindings": [{"type": "eventGridTrigger"}]}},
                {"name": "health", "config": {"bindings": [{"type": "httpTrigger"}]}},
            ]
        )

    async def deliver(request: web.Request) -> web.Response:
        deliveries.append(json.loads(await request.read()))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_get("/admin/functions", functions)
    app.router.add_post("/runtime/webhooks/EventGrid", deliver)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0).start()
    return runner, runner.addresses[0][1]


async def _serve_over_tls(world: World, folder: Path) -> tuple[uvicorn.Server, asyncio.Task[None], int]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(arm_app(world), log_level="error", lifespan="off", ssl_certfile=folder / "server.pem")
    )
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)
    return server, serving, listener.getsockname()[1]
