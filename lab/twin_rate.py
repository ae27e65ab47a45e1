"""Does the twin keep up? 1,000 subscriptions, 200 changes a second, on real time, to a receiver in another process.

Late is what arrives more than a second after its change, or not at all. Once through a partner topic to an HTTP
endpoint, one event a POST, and once to Graph's own webhooks.
"""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web

from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.event_grid.broker import EventGrid
from twin.event_grid.topics import ActivationState
from twin.graph.admission import admit
from twin.graph.calls import Caller
from twin.graph.ids import seven_digits
from twin.graph.tenant import Graph
from twin.world import World

LATE_S = 1.0
LIFE = timedelta(hours=10)
type Row = dict[str, object]


async def rows(*, size: int = 1_000, rate: int = 200, seconds: int = 10) -> list[Row]:
    return [await _row(way, size=size, rate=rate, seconds=seconds) for way in ("event_grid", "webhook")]


async def _row(way: str, *, size: int, rate: int, seconds: int) -> Row:
    async with _receiver() as port, _cloud() as world:
        await _subscribe(world, await _destination(world, way, port), size)
        started = time.monotonic()
        changed = await _announce(world, rate, rate * seconds)
        took = time.monotonic() - started
        await _settled(world)
        arrivals = await _arrivals(port)
    lags = [arrivals[resource] - at for resource, at in changed.items() if resource in arrivals]
    note = (
        f"{way}: {len(changed)} changes in {took:.1f} s, {len(lags)} arrived; "
        f"median {_percentile(lags, 50):.0f} ms, 99 % within {_percentile(lags, 99):.0f} ms"
    )
    late = len(changed) - sum(lag <= LATE_S for lag in lags)
    return {
        "name": "twin_rate",
        "value": late,
        "unit": "late or lost",
        "size": size,
        "n": len(changed),
        "seed": None,
        "note": note,
    }


@contextlib.asynccontextmanager
async def _cloud() -> AsyncIterator[World]:
    world = World(clock=MovableClock())
    world.entra, world.event_grid = Entra(world), EventGrid(world)
    world.graph = Graph(world)
    world.event_grid.start()
    world.graph.webhooks.start()
    try:
        yield world
    finally:
        await world.graph.webhooks.stop()
        await world.event_grid.stop()


async def _destination(world: World, way: str, port: int) -> str:
    """The notificationUrl whose notifications end at the receiver."""
    endpoint = f"http://localhost:{port}/{way}"
    if way == "webhook":
        return endpoint
    key = (world.azure_subscription_id, world.resource_group, world.topic_name)
    url = "EventGrid:?azuresubscriptionid={}&resourcegroup={}&partnertopic={}&location={}".format(*key, world.location)
    world.event_grid.ensure_partner_topic(url, source=f"/tenants/{world.tenant_id}/applications/{world.app_id}")
    world.event_grid.turn_topic(key, ActivationState.ACTIVATED)
    destination = {"endpointType": "WebHook", "properties": {"endpointUrl": endpoint}}
    await world.event_grid.put_event_subscription(key, "lab", {"destination": destination})
    return url


async def _subscribe(world: World, url: str, size: int) -> None:
    """Each to the mail of somebody else."""
    graph, caller = world.graph, Caller(app_id=world.app_id, object_id="lab", granted=frozenset(["Mail.Read"]))
    expires = seven_digits(world.clock.now() + LIFE)
    for number in range(size):
        name = f"lab-{number}@contoso.example"
        user = graph.create_user({"displayName": name, "userPrincipalName": name}, quiet=True)
        body = {"resource": f"users/{user.id}/messages", "changeType": "created", "notificationUrl": url}
        await admit(graph, caller, body | {"expirationDateTime": expires, "clientState": "lab"})


async def _announce(world: World, rate: int, count: int) -> dict[str, float]:
    """When each resource changed. Evenly, counted from the start so that it does not drift, with the served twin's tick
    every second."""
    users = [row.watched.user for row in world.graph.subscriptions.live()]
    started, changed = time.monotonic(), {}
    for number in range(count):
        world.graph.trigger("message.created", user=world.random.choice(users))
        changed[world.ledger.changes[-1].resource] = time.time()
        if number % rate == 0:
            world.graph.tick()
        await asyncio.sleep(max(started + (number + 1) / rate - time.monotonic(), 0))
    return changed


async def _settled(world: World) -> None:
    await world.event_grid.settled(60)
    await world.graph.webhooks.settled(60)


def _percentile(lags: list[float], percent: int) -> float:
    """In milliseconds."""
    return sorted(lags)[min(len(lags) * percent // 100, len(lags) - 1)] * 1000 if lags else float("nan")


@contextlib.asynccontextmanager
async def _receiver() -> AsyncIterator[int]:
    """A port of another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_listen, args=(theirs,), daemon=True)
    process.start()
    try:
        yield await asyncio.to_thread(ours.recv)
    finally:
        ours.send("stop")
        await asyncio.to_thread(process.join, 10)


async def _arrivals(port: int) -> dict[str, float]:
    async with aiohttp.ClientSession() as session, session.get(f"http://localhost:{port}/arrivals") as answer:
        return dict(await answer.json())


def _listen(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    """Keeps when each resource arrived first. Handshakes of both kinds are answered as they should be."""
    arrivals: dict[str, float] = {}

    async def take(request: web.Request) -> web.Response:
        if token := request.query.get("validationToken"):
            return web.Response(text=token)
        now, body = time.time(), await request.json()
        for item in body["value"] if "value" in body else [body["data"]]:
            arrivals.setdefault(item.get("resource") or item["Resource"], now)
        return web.Response(status=202)

    async def agree(request: web.Request) -> web.Response:
        return web.Response(headers={"WebHook-Allowed-Origin": request.headers["WebHook-Request-Origin"]})

    async def tell(_: web.Request) -> web.Response:
        return web.json_response(arrivals)

    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_post("/{way}", take)
    app.router.add_route("OPTIONS", "/{way}", agree)
    app.router.add_get("/arrivals", tell)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0).start()
    pipe.send(runner.addresses[0][1])
    await asyncio.to_thread(pipe.recv)
    await runner.cleanup()
