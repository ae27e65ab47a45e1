"""Serves the whole local cloud from one process and one event loop: a port for each part."""

import asyncio
import contextlib
import importlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from twin.certificates import Authority, local_authority
from twin.listeners import TAKEN, close, listen
from twin.outage_gate import OutageGate
from twin.storage.proxy import StorageProxy
from twin.world import World

log = logging.getLogger(__name__)

TICK_S = 1.0
GRACE_S = 2  # for calls under way when the twin stops
KEEP_ALIVE_S = 75  # longer than clients keep idle connections, so that they never meet one just closed


class StartError(Exception):
    """The message is for people: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One listener. `address` is an attribute of Addresses; `app` is module:function, World → ASGI app; `sockets`
    is uvicorn's WebSocket protocol; `outage` the component whose outages happen here, if any."""

    address: str
    app: str
    sockets: str = "none"
    outage: str = ""

    def url(self, world: World) -> str:
        return str(getattr(world.addresses, self.address))

    def port(self, world: World) -> int:
        return urlsplit(self.url(world)).port or 0


STATE = {
    "entra": "twin.entra.tokens:Entra",
    "event_grid": "twin.event_grid.broker:EventGrid",
    "graph": "twin.graph.tenant:Graph",
    "signalr": "twin.signalr.service:SignalR",
}
PARTS = (
    Part("graph", "twin.graph.app:graph_app", outage="graph"),
    Part("entra", "twin.entra.app:entra_app", outage="entra"),
    Part("event_grid", "twin.event_grid.app:event_grid_app", outage="event_grid"),
    Part("arm", "twin.arm.app:arm_app", outage="arm"),
    Part("signalr", "twin.signalr.app:signalr_app", sockets="twin.signalr.sockets:CuttableSocket", outage="signalr"),
    Part("control", "twin.control:control_app"),
    Part("managed_identity", "twin.entra.app:managed_identity_app", outage="managed_identity"),
    Part("blob_proxy", "twin.storage.proxy:blob_proxy", outage="blob"),
    Part("queue_proxy", "twin.storage.proxy:queue_proxy", outage="queue"),
    Part("table_proxy", "twin.storage.proxy:table_proxy", outage="table"),
)


async def serve(world: World, folder: Path, *, ready: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Run until SIGINT, SIGTERM or cancellation. `folder` keeps the certificates; `ready` gets `addresses(…)` once
    all ports accept. Raises StartError, with nothing started, when a port is taken or a part cannot be loaded."""
    apps = build(world)
    authority = local_authority(folder)
    sockets = _bind(world)
    servers = [_server(world, part, app, authority) for part, app in zip(PARTS, apps, strict=True)]
    stop = asyncio.Event()
    with _set_by_signals(stop):
        running = [asyncio.create_task(server.serve(sockets=own)) for server, own in zip(servers, sockets, strict=True)]
        try:
            await _all_accept(servers, running)
            await _live(world, stop, lambda: ready(addresses(world, authority)) if ready else None)
        finally:
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*running)
            await asyncio.gather(*(app.close() for app in apps if isinstance(app, StorageProxy)))


def build(world: World) -> list[ASGIApp]:
    """Fill the world with its state and make the app of each part, in the order of PARTS. Raises StartError."""
    for name, made_by in STATE.items():
        setattr(world, name, load(made_by)(world))
    return [load(part.app)(world) for part in PARTS]


def addresses(world: World, authority: Authority) -> dict[str, Any]:
    """What other processes need to know, as JSON. The ids are the world's own, the same in every run."""
    where = world.addresses
    return {
        "ready": True,
        "app": where.app,
        **{part.address: part.url(world) for part in PARTS},
        "azurite": {kind: where.storage(kind) for kind in ("table", "blob", "queue")},
        "identity_header": world.entra.identity_header,
        "signalr_connection_string": world.signalr.connection_string,
        "ca": str(authority.ca.resolve()),
    }


def load(name: str) -> Callable[[World], Any]:
    """Only now, so that a part that is missing or broken is named instead of failing the import of this module."""
    module, _, attribute = name.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
    except (ImportError, AttributeError) as fault:
        raise StartError(f"the twin's part {name} cannot be loaded: {fault}") from fault


def _bind(world: World) -> list[list[socket.socket]]:
    """The sockets of each part. All or none: StartError names every port that is taken."""
    bound: list[list[socket.socket]] = []
    taken = []
    for part in PARTS:
        try:
            bound.append(listen(part.port(world)))
        except OSError as fault:
            if fault.errno not in TAKEN:
                raise
            taken.append(f"{part.port(world)} ({part.address})")
    if taken:
        for own in bound:
            close(own)
        raise StartError(
            f"port taken: {', '.join(taken)}. Stop the program that listens there, or choose other ports: --port-base N"
        )
    return bound


class _Server(uvicorn.Server):
    """One of several in a loop: says when it accepts, and leaves signals to `serve`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(world: World, part: Part, app: ASGIApp, authority: Authority) -> _Server:
    secure = part.url(world).startswith("https:")
    config = uvicorn.Config(
        OutageGate(app, world.outages, part.outage) if part.outage else app,
        ssl_certfile=authority.chain if secure else None,
        ssl_keyfile=authority.key if secure else None,
        ws=part.sockets,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    return _Server(config)


async def _all_accept(servers: Sequence[_Server], running: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all. A server that ends before is a failed start, and its exception is raised."""
    accepting: asyncio.Future[Any] = asyncio.gather(*(server.accepting.wait() for server in servers))
    either: list[asyncio.Future[Any]] = [accepting, *running]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    accepting.cancel()
    for task in running:
        if task.done():
            task.result()
            raise StartError("a part of the twin ended while it started; its log says why")


async def _live(world: World, stop: asyncio.Event, started: Callable[[], object]) -> None:
    world.event_grid.start()
    world.graph.webhooks.start()
    ticking = asyncio.create_task(keep_ticking(world))
    try:
        started()
        await stop.wait()
    finally:
        ticking.cancel()
        await world.graph.webhooks.stop()
        await world.event_grid.stop()


async def keep_ticking(world: World, *, every_s: float = TICK_S) -> None:
    """Let the tenant's own time pass: expiries, challenges, announcements. One failure must not end it."""
    while True:
        try:
            world.graph.tick()
            world.event_grid.tick()
        except Exception:
            log.exception("graph.tick_failed")
        await asyncio.sleep(every_s)


@contextlib.contextmanager
def _set_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """The one place that handles signals, by `signal.signal` because Windows' loops have no add_signal_handler.

    Outside the main thread Python allows no handlers: whoever runs `serve` there cancels it.
    """
    loop = asyncio.get_running_loop()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {}
    with contextlib.suppress(ValueError):
        for each in (signal.SIGINT, signal.SIGTERM):
            before[each] = signal.signal(each, on_signal)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
