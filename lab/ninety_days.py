"""Ninety days of renewals under outages of Graph: no subscription may expire but those that the outage itself forced.

An outage forces an expiry when the life that was left at its start was no longer than the outage and the time that
renewing all of them takes at Graph's 25 writes a second. Two instances have a timer each, and clocks that are up to ten
minutes apart; now and then both tick at once.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.simulated import Fleet, beside, make_fleet
from lab.virtual_time import START

DAYS = 90
TICK = timedelta(minutes=5)
LONGEST = timedelta(hours=12)
TOO_LONG = timedelta(hours=60)
EVERY = timedelta(days=6)
SKEW = timedelta(minutes=5)
BOTH = 0.1  # of the ticks
LOOK = timedelta(hours=6)  # for what expired: it stays known until then, and counts at the time at which it expired


@dataclass(frozen=True, slots=True)
class Outage:
    start: datetime
    end: datetime


async def rows(*, size: int, seeds: Iterable[int]) -> list[dict[str, object]]:
    """Outages up to 12 hours, which nothing may expire in; then up to 60, which force the shortest lives to."""
    return [await _row(size, seed, longest) for seed in seeds for longest in (LONGEST, TOO_LONG)]


async def _row(size: int, seed: int, longest: timedelta) -> dict[str, object]:
    found = await run(size=size, seed=seed, longest=longest)
    note = f"{size} subscriptions, outages up to {longest}: {found['expired']} expired, {found['live']} live at the end"
    return {"name": "ninety_days", "value": found["unforced"], "unit": "violations", "n": size, "seed": str(seed)} | {
        "note": note
    }


async def run(*, size: int, seed: int, days: int = DAYS, longest: timedelta = LONGEST) -> dict[str, object]:
    fleet = make_fleet(size, seed=seed)
    rng = random.Random(seed)
    outages = list(_outages(rng, days, longest))
    instances = [beside(fleet, SKEW * rng.uniform(0, 1)), beside(fleet, SKEW * rng.uniform(-1, 0))]
    expired: list[tuple[datetime, Outage | None]] = []
    end = START + timedelta(days=days)
    tick = START
    while tick < end:
        await fleet.clock.until(tick)
        fleet.graph.down = any(outage.start <= tick < outage.end for outage in outages)
        ticking = instances if rng.random() < BOTH else [rng.choice(instances)]
        await asyncio.gather(*(one.keep_alive.tick() for one in ticking))
        if (tick - START) % LOOK < TICK:
            expired += _expiries(fleet, outages)
        tick += TICK
    expired += _expiries(fleet, outages)
    slack = timedelta(seconds=size / 25) + TICK  # the timer sees the end of an outage at its next tick
    unforced = [at for at, outage in expired if outage is None or at > outage.end + slack]
    return {"expired": len(expired), "unforced": len(unforced), "live": len(fleet.graph.twin.subscriptions.live())}


def _outages(rng: random.Random, days: int, longest: timedelta) -> Iterator[Outage]:
    at = START + timedelta(days=1)
    while at < START + timedelta(days=days - 1):
        at += EVERY * rng.uniform(0.3, 1.7)
        length = longest * rng.uniform(0.05, 1)
        yield Outage(at, at + length)
        at += length


def _expiries(fleet: Fleet, outages: list[Outage]) -> list[tuple[datetime, Outage | None]]:
    """Those that ran out since the last look, each with the outage before it."""
    now = fleet.clock.now()
    rows = fleet.graph.twin.subscriptions
    gone = [row.expires_at for row in rows._rows.values() if row.expires_at <= now]
    rows.drop_expired()
    return [(at, next((one for one in reversed(outages) if one.start <= at), None)) for at in gone]
