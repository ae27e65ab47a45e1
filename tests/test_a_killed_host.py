"""The Functions host dies in a burst and comes back: Event Grid delivers again, nothing is lost or twice."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from free_ports import free_base

from pulse.app_client import demo_apps
from pulse.demo.loss import missing
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import FUNCTIONS, staged
from pulse.demo_clocks import move_clocks
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient
from twin.azurite.launch import SCRIPT

BURST = 1_500
RATE = 300  # changes a second, for five seconds: the kill comes while they are made, however fast they are taken in
ENOUGH = 60  # rows in the journal when the host is killed
RETRY_S = 60  # Event Grid tries again after 10 s, then after 30 s

pytestmark = [
    pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`"),
    pytest.mark.timeout(180),
]


async def test_killed_in_a_burst_and_started_again_it_journals_each_once(tmp_path: Path) -> None:
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        await subscribe_and_link(stage)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        feed = MergedFeed(await demo_apps(stack, stage.demo, stage.demo.aliases))
        rows: list[dict[str, object]] = []

        burst = asyncio.create_task(
            twin.post("/trigger", {"type": "message.created", "count": BURST, "rate": RATE}, patience_s=None)
        )
        while len(rows) < ENOUGH:
            rows += await feed.pull()
        stage.children[FUNCTIONS].process.kill()
        rows_when_killed = len(rows)
        await burst
        await stage.start_functions()
        final = (await twin.get("/ledger/final")).copy()
        while missing(final, rows):
            await move_clocks(stage.demo, {"advance_s": RETRY_S})
            await until_idle(twin)
            rows += await feed.pull()

        assert rows_when_killed < BURST
        assert len(rows) == len(final) == BURST
        assert max(Counter((row["resource"], row["version"]) for row in rows).values()) == 1
        assert await attempts_failed(twin) > 0, "the kill hit nothing: this test showed nothing"


async def until_idle(twin: JsonClient) -> None:
    """Until every retry that was due has had its answer."""
    for _ in range(100):
        before = (await twin.get("/event-grid"))["deliveries"]
        await asyncio.sleep(0.1)
        if before == (await twin.get("/event-grid"))["deliveries"]:
            return


async def attempts_failed(twin: JsonClient) -> int:
    return int((await twin.get("/event-grid"))["deliveries"]["failed_attempts"])
