"""The demo under load for a long time, with faults: nothing may be lost, and the app's memory may not grow.

Changes are made in the twin at a steady rate; deliveries come twice and in any order, and storage refuses a part of the
calls for a while in every minute. `python -m lab.soak --seconds 3600` is the long form.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.instances import BASES
from pulse.app_client import demo_apps
from pulse.demo.loss import missing, surplus
from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import FUNCTIONS, Stage, staged
from pulse.feeds import MergedFeed
from pulse.json_client import JsonClient
from twin.azurite.launch import is_open

RATE = 50  # changes a second
SHARE_DUPLICATE = 20.0  # percent
WARM_UP = 0.25  # of the time, before memory counts
GROWTH = 1.15  # of the median of the last quarter over that of the quarter after warming up
SETTLED_S = 180
BAD = {"refused_percent": 10.0, "unanswered_percent": 5.0}
KINDS = ("message.created", "message.updated", "user.updated")
type Row = dict[str, object]


@dataclass(slots=True)
class Soak:
    stage: Stage
    rng: random.Random
    memory: list[float] = field(default_factory=list)  # MiB of the app's host, once a second
    made: int = 0
    _is_bad: bool = False

    async def run(self, seconds: float) -> None:
        where = self.stage.world.addresses
        async with JsonClient(where.control, what="the twin") as twin:
            await twin.put("/switches", {"duplicate_percent": SHARE_DUPLICATE, "shuffle": True})
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                started = time.monotonic()
                await self._changes(twin)
                await self._weather(twin, time.monotonic() % 60)
                self.memory.append(_resident_mib(self.stage.children[FUNCTIONS].process.pid))
                await asyncio.sleep(max(0.0, 1 - (time.monotonic() - started)))

    async def _changes(self, twin: JsonClient) -> None:
        """A second's worth."""
        for share in _shares(RATE, len(KINDS)):
            kind = self.rng.choice(KINDS)
            someone = self.rng.choice(self.stage.people)["alias"]
            order = {"type": kind, "user": someone, "count": share}
            await twin.post("/trigger", order)
            self.made += share

    async def _weather(self, twin: JsonClient, second: float) -> None:
        """For the first third of each minute deliveries and Graph fail now and then."""
        is_bad = second < 20
        if is_bad != self._is_bad:
            self._is_bad = is_bad
            await twin.put("/outages", dict.fromkeys(("delivery", "graph"), BAD if is_bad else None))

    def growth(self) -> float:
        """Memory at the end over memory after warming up."""
        warm = self.memory[int(len(self.memory) * WARM_UP) :]
        third = max(1, len(warm) // 3)
        return sorted(warm[-third:])[third // 2] / sorted(warm[:third])[third // 2]


async def rows(*, seconds: float, seed: int = 1) -> list[Row]:
    base = next(base for base in BASES if not any(is_open(base + port) for port in range(16)))
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), port_base=base, seed=seed) as stage:
            await subscribe_and_link(stage)
            soak = Soak(stage, random.Random(seed))
            await soak.run(seconds)
            lost, again = await _counted(stage)
    growth = soak.growth()
    memory = f"memory {soak.memory[0]:.0f} to {soak.memory[-1]:.0f} MiB, {growth:.2f} times after warming up"
    note = f"{soak.made} changes in {seconds:.0f} s: {lost} lost by final state, {again} twice; {memory}"
    value = lost + again + (growth > GROWTH)
    return [{"name": "soak", "value": value, "unit": "violations", "n": soak.made, "seed": str(seed), "note": note}]


async def _counted(stage: Stage) -> tuple[int, int]:
    """What the twin's ledger has and the feeds do not, and what they have twice, once nothing more comes."""
    control = stage.world.addresses.control
    async with AsyncExitStack() as stack:
        twin = await stack.enter_async_context(JsonClient(control, what="the twin"))
        await twin.put("/outages", dict.fromkeys(("delivery", "graph")))
        feed, rows = MergedFeed(await demo_apps(stack, stage.demo, stage.demo.aliases)), list[dict[str, Any]]()
        last = time.monotonic() + SETTLED_S
        while True:
            await twin.post("/clock", {"advance_s": 60})  # retries fall due
            rows += await feed.pull()
            lost = missing(await twin.get("/ledger/final"), rows)
            if not lost or time.monotonic() > last:
                return len(lost), surplus(rows)
            await asyncio.sleep(1)


def _shares(total: int, parts: int) -> Sequence[int]:
    return [total // parts + (number < total % parts) for number in range(parts)]


def _resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    [row] = asyncio.run(rows(seconds=parser.parse_args().seconds))
    print(json.dumps(row))
    return int(bool(row["value"]))


if __name__ == "__main__":
    sys.exit(main())
