"""ARM, Graph and an app over real sockets, in the test's own loop: what link and doctor look at."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from azure.core.credentials import AccessToken
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pulse.cloud import Cloud, Place, open_twin
from pulse.json_client import JsonClient
from pulse.running_demo import RunningDemo
from twin.addresses import Addresses
from twin.arm.app import arm_app
from twin.arm.landscape import Landscape
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.event_grid.broker import EventGrid
from twin.graph.app import graph_app
from twin.graph.tenant import Graph
from twin.world import World

NOW = datetime.now(UTC)  # whose clock it is, here and in the app


@dataclass(slots=True)
class Gate:
    """In front of ARM: keeps a list of calls, and lets one fail. A `fate` is a status, or `lost`: done, no answer."""

    app: Any
    calls: list[str] = field(default_factory=list)
    failing: dict[int, int | str] = field(default_factory=dict)  # number of the call: its fate
    always: dict[str, int] = field(default_factory=dict)  # a part of the call: its status, each time
    wire: "Wire | None" = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        call = f"{scope['method']} {scope['path'].rpartition('/providers/')[2]}"
        number, _ = len(self.calls), self.calls.append(call)
        fate = self.failing.get(number) or next((status for part, status in self.always.items() if part in call), None)
        if fate is None:
            await self.app(scope, receive, send)
        elif fate == "lost":
            await self.app(scope, receive, _nowhere)
            assert self.wire
            self.wire.cut()
        else:
            error = {"code": "Planted", "message": "planted for the test"}
            await JSONResponse({"error": error}, status_code=int(fate))(scope, receive, send)


async def _nowhere(_: Any) -> None:
    pass


@dataclass(slots=True)
class Wire:
    """A plain TCP relay in front of ARM whose connections can be cut."""

    target: int
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers.append(writer)
        await asyncio.gather(_pump(reader, onward_writer), _pump(onward_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@dataclass
class TestApp:
    """What the app answers; `state` as /api/manage/state tells it."""

    __test__ = False
    world: World
    health: tuple[int, dict[str, str]] = (200, {"status": "ok"})
    functions: list[str] = field(default_factory=lambda: ["receive_graph_event"])
    state: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def routes(self) -> list[Route]:
        return [
            Route("/admin/functions", self._functions),
            Route("/api/health", self._health),
            Route("/api/manage/state", self._state),
            Route("/api/manage/wind-down", self._wind_down, methods=["POST"]),
        ]

    async def _functions(self, _: Request) -> Response:
        binding = {"bindings": [{"type": "eventGridTrigger"}]}
        return JSONResponse([{"name": name, "config": binding} for name in self.functions])

    async def _health(self, _: Request) -> Response:
        return JSONResponse(self.health[1], status_code=self.health[0])

    async def _state(self, _: Request) -> Response:
        return JSONResponse(healthy_state(self.world) | self.state)

    async def _wind_down(self, _: Request) -> Response:
        return JSONResponse({"removed": ["people~x"], "faults": [], "left": self.left})


def healthy_state(world: World) -> dict[str, Any]:
    now = NOW
    topic = {
        "azure_subscription_id": world.azure_subscription_id,
        "resource_group": world.resource_group,
        "name": world.topic_name,
        "location": world.location,
    }
    entries = [
        {"name": "people", "resource": "users", "permission": "User.Read.All"},
        {"name": "mail", "resource": "users/x/messages", "permission": "Mail.Read"},
    ]
    return {
        "now": now.isoformat(),
        "ticked_at": (now - timedelta(minutes=3)).isoformat(),
        "reconciled_at": None,
        "topic": topic,
        "entries": entries,
        "states": {"live": 4},
        "least_life": {"percent": 61, "spec": "mail~ada", "expires_at": (now + timedelta(days=3)).isoformat()},
    }


@dataclass(slots=True, kw_only=True)
class AzureHouse:
    world: World
    landscape: Landscape
    gate: Gate
    app: TestApp
    demo: RunningDemo
    place: Place
    cloud: Cloud
    app_client: JsonClient

    def make_topic(self, name: str | None = None, *, group: str | None = None, source: str = "") -> None:
        """As Graph does with the first subscription."""
        world = self.world
        url = (
            f"EventGrid:?azuresubscriptionid={world.azure_subscription_id}"
            f"&resourcegroup={group or world.resource_group}"
            f"&partnertopic={name or world.topic_name}&location={world.location}"
        )
        world.event_grid.ensure_partner_topic(
            url, source=source or f"/tenants/{world.tenant_id}/applications/{world.app_id}"
        )

    def forget(self) -> None:
        """As if nothing had been linked, and no call been made."""
        world = self.world
        world.event_grid.delete_topic(
            (world.azure_subscription_id.lower(), world.resource_group.lower(), world.topic_name.lower())
        )
        for path in [path for path in self.landscape.resources if "microsoft.insights" in path]:
            del self.landscape.resources[path]
        self.gate.calls.clear()


@dataclass(slots=True)
class OwnTokens:
    """An azure.core AsyncTokenCredential of the app's identity."""

    world: World

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        audience, world = scopes[0].removesuffix("/.default"), self.world
        token = world.entra.app_token(audience, client_id=world.app_id, object_id=world.principal_id)
        return AccessToken(token, 4_000_000_000)

    async def close(self) -> None: ...

    async def __aenter__(self) -> "OwnTokens":
        return self

    async def __aexit__(self, *_: object) -> None: ...


@asynccontextmanager
async def azure_house(folder: Path) -> AsyncIterator[AzureHouse]:
    async with AsyncExitStack() as stack:
        listener = socket.create_server(("127.0.0.1", 0))
        app_port = listener.getsockname()[1]
        world = World(addresses=Addresses(base=app_port), clock=MovableClock())
        world.entra, world.event_grid = Entra(world), EventGrid(world)
        world.graph = Graph(world)
        app = TestApp(world)
        await _serve(stack, Starlette(routes=app.routes()), listener)
        world.event_grid.start()
        stack.push_async_callback(world.event_grid.stop)
        _certificates(folder)
        arm = arm_app(world)
        gate = Gate(arm)
        arm_port = await _serve_tls(stack, gate, folder)
        graph_port = await _serve_tls(stack, graph_app(world), folder)
        gate.wire = Wire(arm_port)
        relay = await asyncio.start_server(gate.wire.relay, "127.0.0.1", 0)
        stack.callback(relay.close)
        demo = _demo(world, folder, app_port, relay.sockets[0].getsockname()[1], graph_port)
        place = _place(arm.state.landscape)
        cloud = await stack.enter_async_context(open_twin(demo, place, OwnTokens(world)))
        client = await stack.enter_async_context(JsonClient(demo.addresses["app"]))
        yield AzureHouse(
            world=world,
            landscape=arm.state.landscape,
            gate=gate,
            app=app,
            demo=demo,
            place=place,
            cloud=cloud,
            app_client=client,
        )


def _place(landscape: Landscape) -> Place:
    world = landscape.world
    return Place(
        azure_subscription_id=world.azure_subscription_id,
        resource_group=world.resource_group,
        topic=world.topic_name,
        function_app=world.function_app_name,
        storage_id=landscape.dead_letter_storage,
        identity_id=landscape.topic_identity,
        workspace_id=landscape.id("Microsoft.OperationalInsights/workspaces", "log"),
        action_group_id=landscape.id("Microsoft.Insights/actionGroups", "ag"),
    )


def _demo(world: World, folder: Path, app: int, arm: int, graph: int) -> RunningDemo:
    addresses = {
        "app": f"http://127.0.0.1:{app}",
        "arm": f"https://localhost:{arm}",
        "graph": f"https://localhost:{graph}",
    }
    return RunningDemo(base=app, seed=7, ca=str(folder / "ca.pem"), addresses=addresses, processes={})


def _certificates(folder: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))


async def _serve_tls(stack: AsyncExitStack, app: Any, folder: Path) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    await _serve(stack, app, listener, ssl_certfile=folder / "server.pem")
    return int(listener.getsockname()[1])


async def _serve(stack: AsyncExitStack, app: Any, listener: socket.socket, **options: Any) -> None:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", **options))
    serving = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)

    async def end() -> None:
        server.should_exit = True
        server.force_exit = True
        await serving

    stack.push_async_callback(end)
