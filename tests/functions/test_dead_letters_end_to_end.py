"""Dead letters whole: the app is away for a day, Event Grid gives up and writes a blob, `redrive` takes it in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from free_ports import free_base

from pulse.app_client import AppClient, demo_apps
from pulse.demo.loss import missing
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import FUNCTIONS, Stage, staged
from pulse.json_client import JsonClient
from twin.azurite.launch import SCRIPT

LETTERS = 3
HOUR_S = 3_600
A_DAY_AND_MORE = 40  # hours: Event Grid tries for 24, and writes what it gives up on five minutes later

pytestmark = [
    pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`"),
    pytest.mark.timeout(180),
]


@dataclass(frozen=True, slots=True)
class House:
    stage: Stage
    twin: JsonClient
    app: AppClient  # for Ada, an operator

    async def until_dead(self) -> list[dict[str, Any]]:
        """The twin's clock moves until Event Grid has given up on all; the app is not there to move its own."""
        for _ in range(A_DAY_AND_MORE):
            await self.twin.post("/clock", {"advance_s": HOUR_S})
            for _ in range(20):
                if len(found := (await self.twin.get("/dead-letters"))["dead_letters"]) == LETTERS:
                    return list(found)
                await asyncio.sleep(0.02)
        raise AssertionError(f"Event Grid did not give up: {await self.twin.get('/event-grid')}")

    async def redrive(self) -> None:
        async with JsonClient(self.stage.demo.addresses["app"]) as host:
            await host.post("/admin/functions/redrive", {"input": ""})

    async def journaled(self) -> list[dict[str, Any]]:
        """The feed once no dead letter is left: a function started by hand has answered before it ends."""
        for _ in range(200):
            if not await self.app.dead_letters():
                break
            await asyncio.sleep(0.05)
        return list((await self.app.feed())["rows"])


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        await subscribe_and_link(stage)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        apps = await demo_apps(stack, stage.demo, ["ada"])
        yield House(stage, twin, apps[0])


async def test_what_event_grid_gave_up_on_is_in_the_journal_after_a_redrive(house: House) -> None:
    stage, twin = house.stage, house.twin
    stage.children[FUNCTIONS].process.kill()
    await twin.post("/trigger", {"type": "message.created", "user": "ada", "count": LETTERS})
    dead = await house.until_dead()

    await stage.start_functions()
    listed = await house.app.dead_letters()
    before = (await house.app.feed())["rows"]
    await house.redrive()
    rows = await house.journaled()

    assert {letter["reason"] for letter in dead} == {letter["reason"] for letter in listed}
    assert len(listed) == LETTERS
    assert before == []
    assert missing(await twin.get("/ledger/final"), rows) == []
    assert len(rows) == LETTERS
    assert await house.app.dead_letters() == []
