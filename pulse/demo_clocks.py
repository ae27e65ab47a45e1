"""The clocks of a running demo: the twin's and the app's. They are moved together."""

import asyncio
from typing import Any

from pulse.errors import PulseError
from pulse.json_client import JsonClient
from pulse.output import say
from pulse.running_demo import RunningDemo


async def read_clocks(demo: RunningDemo) -> dict[str, str | None]:
    """{"twin": ISO time, "app": ISO time, or null when it has no clock that can be moved}"""
    return await both(demo, None)


async def move_clocks(demo: RunningDemo, move: dict[str, Any]) -> dict[str, str | None]:
    """`move`: {"advance_s": n} or {"set": ISO time}."""
    return await both(demo, move)


async def both(demo: RunningDemo, move: dict[str, Any] | None) -> dict[str, str | None]:
    async with (
        JsonClient(demo.addresses["control"], what="the twin") as twin,
        JsonClient(demo.addresses["app"]) as app,
    ):
        times = await asyncio.gather(ask(twin, "/clock", move), ask_app(app, move))
    return {"twin": times[0], "app": times[1]}


async def ask(client: JsonClient, path: str, move: dict[str, Any] | None) -> str:
    return str((await client.get(path) if move is None else await client.post(path, move))["now"])


async def ask_app(app: JsonClient, move: dict[str, Any] | None) -> str | None:
    """The stand-in's clock; under Core Tools, or without an app, there is none."""
    try:
        return await ask(app, "/twin/clock", move)
    except PulseError as fault:
        say(f"the app's clock stays on real time: {fault}")
        return None
