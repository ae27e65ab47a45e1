"""The demo under load for a long time, with faults: nothing may be lost or come twice, and memory may not grow.

Changes are made in the twin at a steady rate. A fifth of the deliveries comes twice, all in any order. For a third of
each minute storage (tables, blobs, queues), Graph and deliveries refuse a part of the calls, or do them and never
answer. `python -m lab.soak` takes two minutes; `--seconds 3600` is the long form. Exit code 1 if anything is wrong.

Memory is what the app's process has resident, once a second. The last third of the time after warming up is held
against the first third, by medians, so that a moment of load does not count. A leak is more than a seventh and more
than LEAST_MIB: in two minutes that is some 4 KiB an event, in an hour 130 bytes.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
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
GROWTH = 1.15
LEAST_MIB = 16.0
SETTLED_S = 180
BAD = {"refused_percent": 10.0, "unanswered_percent": 5.0}
BAD_STORAGE = {**BAD, "burst": 12}  # else the SDK's own retries would hide nearly all of it from the app
AILING = {**dict.fromkeys(("delivery", "graph"), BAD), **dict.fromkeys(("table", "blob", "queue"), BAD_STORAGE)}
BAD_S = range(20, 40)  # of each minute
KINDS = ("message.created", "message.updated", "user.updated")
type Row = dict[str, object]


@dataclass(slots=True)
class Soak:
    stage: Stage
    rng: random.Random
    memory: list[float] = field(default_factory=list)  # MiB of the app's host, once a second
    made: int = 0
    seconds: float = 1.0  # that it took
    _is_bad: bool = False

    async def run(self, seconds: float) -> None:
        where = self.stage.world.addresses
        async with JsonClient(where.control, what="the twin") as twin:
            await twin.put("/switches", {"duplicate_percent": SHARE_DUPLICATE, "shuffle": True})
            began = time.monotonic()
            while (passed := time.monotonic() - began) < seconds:
                await self._weather(twin, int(passed) % 60)
                await self._changes(twin)
                self.stage.check()
                self.memory.append(_resident_mib(self.stage.children[FUNCTIONS].process.pid))
                self._tell()
                await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began - passed)))
            self.seconds = time.monotonic() - began

    def _tell(self) -> None:
        """A line a minute."""
        if len(self.memory) % 60 == 0:
            minutes, mib = len(self.memory) // 60, self.memory[-1]
            print(f"soak: {minutes} min, {self.made} changes, {mib:.0f} MiB", file=sys.stderr, flush=True)

    async def _changes(self, twin: JsonClient) -> None:
        """A second's worth."""
        for share in _shares(RATE, len(KINDS)):
            kind = self.rng.choice(KINDS)
            someone = self.rng.choice(self.stage.people)["alias"]
            order = {"type": kind, "user": someone, "count": share}
            await twin.post("/trigger", order)
            self.made += share

    async def _weather(self, twin: JsonClient, second: int) -> None:
        is_bad = second in BAD_S
        if is_bad != self._is_bad:
            self._is_bad = is_bad
            await twin.put("/outages", AILING if is_bad else dict.fromkeys(AILING))

    @property
    def growth_mib(self) -> tuple[float, float]:
        """Memory after warming up, and at the end."""
        warm = self.memory[int(len(self.memory) * WARM_UP) :]
        third = max(1, len(warm) // 3)
        return median(warm[:third]), median(warm[-third:])

    @property
    def leaks(self) -> bool:
        first, last = self.growth_mib
        return last > GROWTH * first and last > first + LEAST_MIB


async def rows(*, seconds: float, seed: int = 1) -> list[Row]:
    base = next(base for base in BASES if not any(is_open(base + port) for port in range(16)))
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder), port_base=base, seed=seed) as stage:
            await subscribe_and_link(stage)
            soak = Soak(stage, random.Random(seed))
            await soak.run(seconds)
            lost, again, how = await _counted(stage)
    return [_row(soak, lost=lost, again=again, how=how, seed=seed)]


def _row(soak: Soak, *, lost: int, again: int, how: str, seed: int) -> Row:
    """`how`: what was done with the changes."""
    first, last = soak.growth_mib
    made = f"{soak.made} changes in {soak.seconds:.0f} s ({soak.made / soak.seconds:.1f}/s), {how}"
    memory = f"memory {first:.1f} MiB after warming up, {last:.1f} at the end{': IT GROWS' if soak.leaks else ''}"
    note = f"{made}: {lost} lost by final state, {again} twice; {memory}"
    value = lost + again + soak.leaks
    return {"name": "soak", "value": value, "unit": "violations", "n": soak.made, "seed": str(seed), "note": note}


async def _counted(stage: Stage) -> tuple[int, int, str]:
    """What the twin's ledger has and the feeds do not, and what they have twice, once nothing is on its way."""
    control = stage.world.addresses.control
    async with AsyncExitStack() as stack:
        twin = await stack.enter_async_context(JsonClient(control, what="the twin"))
        await twin.put("/outages", dict.fromkeys(AILING))
        feed, rows = MergedFeed(await demo_apps(stack, stage.demo, stage.demo.aliases)), list[dict[str, Any]]()
        last = time.monotonic() + SETTLED_S
        while True:
            await twin.post("/clock", {"advance_s": 60})  # retries fall due
            rows += await feed.pull()
            lost, posts = missing(await twin.get("/ledger/final"), rows), (await twin.get("/event-grid"))["deliveries"]
            if not (lost or posts["waiting"]) or time.monotonic() > last:
                how = f"{posts['duplicated']} sent twice, {posts['failed_attempts']} POSTs failed, {len(rows)} rows"
                return len(lost), surplus(rows), how
            await asyncio.sleep(1)


def _shares(total: int, parts: int) -> Sequence[int]:
    return [total // parts + (number < total % parts) for number in range(parts)]


def _resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lab.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: the demo's processes end with it
    [row] = asyncio.run(rows(seconds=parser.parse_args().seconds))
    print(f"soak: {'FAILED, ' if row['value'] else ''}{row['value']} violations: {row['note']}")
    return int(bool(row["value"]))


if __name__ == "__main__":
    sys.exit(main())
