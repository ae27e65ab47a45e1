"""The daily audit: are changes announced, and is anything silent that was not before?

1. Who has been silent for longer than ever is asked for at Graph, by id: what is gone there is made anew and resynced.
2. Whatever has delta is read to its end. Changes that the journal did not know were lost on the way; they are recovered
   by the reading itself. Counts stand on the row and in the log. A change that is younger than Graph's documented
   maximum latency may only be late; and where versions don't compare, what was lost can't be told from what was told.

Longest not audited goes first, so what one day's time doesn't reach comes first the next day.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.watching.silence import audited, heard, is_silent
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.transitions import lost
from shared.flows.catch_up import CatchUp, NoDelta
from shared.flows.catch_up.findings import CaughtUp
from shared.flows.keep_alive import KeepAlive
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.keep_alive.heard import Heard
from shared.flows.keep_alive.lease import Lease, try_lease
from shared.flows.keep_alive.pace import Pace
from shared.ports import Clock, Graph, GraphFault, Stale, Tables

TIME = timedelta(minutes=20)  # host.json lets a function run for 30
READ_AT_ONCE = 16
WRITTEN_AT_ONCE = 33
PROBES = 1_000  # in a day
log = logging.getLogger("graph_pulse")

type Change = Callable[[Subscription], Subscription]


@dataclass(slots=True)
class Audit:
    tables: Tables
    fleet: Fleet
    catch_up: CatchUp
    heard: Heard
    keep_alive: KeepAlive
    graph: Graph
    pace: Pace
    clock: Clock
    holder: str

    async def __call__(self) -> None:
        """What the daily timer starts; nothing while another process audits."""
        end = self.clock.now() + TIME
        async with try_lease(self.tables, self.clock, name="audit", holder=self.holder) as lease:
            if lease is None:
                return log.info("audit.busy")
            known = await self._listen()
            await self._probe([one for one in known.values() if is_silent(one, now=self.clock.now())], len(known))
            readable = [one for one in known.values() if one.delta and one.state is State.LIVE]
            await self._measure(sorted(readable, key=_longest_ago), lease, end)
        return None

    async def _listen(self) -> Mapping[str, Subscription]:
        """All rows, each with when it was last heard of."""
        known, last = await self.fleet.all(), await self.heard.all()
        changes = [(one, new) for spec, one in known.items() if (new := heard(one, last.get(spec))) is not one]
        return {**known, **await self.fleet.update_all(changes)}

    async def _probe(self, silent: Sequence[Subscription], among: int) -> None:
        if not silent:
            return
        log.warning("fleet.silent subscriptions=%d of=%d", len(silent), among)
        for one in silent[:PROBES]:
            await self.pace.spend(1)
            try:
                await self.graph.get_subscription(one.id)
                log.warning("subscription.silent spec=%s since=%s: Graph says it lives", one.spec, one.heard_at)
            except GraphFault as fault:
                await self._if_gone(one, fault)
        await self.keep_alive.work()

    async def _if_gone(self, one: Subscription, fault: GraphFault) -> None:
        if fault.status != 404:
            return log.warning("subscription.not_probed spec=%s fault=%r", one.spec, str(fault))
        log.error("subscription.silently_gone spec=%s", one.spec)
        gone = lost(one, why="it was silent, and Graph had lost it", now=self.clock.now())
        await self.fleet.update_all([(one, gone)])
        return None

    async def _measure(self, some: Sequence[Subscription], lease: Lease, end: datetime) -> None:
        for start in range(0, len(some), WRITTEN_AT_ONCE):
            if self.clock.now() > end or not await lease.still_ours():
                return log.warning("audit.unfinished left=%d", len(some) - start)
            await self._measure_group(some[start : start + WRITTEN_AT_ONCE])
        return None

    async def _measure_group(self, group: Sequence[Subscription]) -> None:
        places = asyncio.Semaphore(READ_AT_ONCE)
        found = await asyncio.gather(*(self._read(one, places) for one in group))
        now = self.clock.now()
        changes: dict[str, Change] = {
            one.spec: _noting(run, now) for one, run in zip(group, found, strict=True) if run is not None
        }
        done = await self.fleet.update_all([(one, changes[one.spec](one)) for one in group if one.spec in changes])
        await self._once_more(changes.keys() - done.keys(), changes)

    async def _once_more(self, specs: Iterable[str], changes: Mapping[str, Change]) -> None:
        """Those that were renewed while they were read: their rows are others now."""
        fresh = [one for spec in specs if (one := await self.fleet.get(spec))]
        await self.fleet.update_all([(one, changes[one.spec](one)) for one in fresh])

    async def _read(self, one: Subscription, places: asyncio.Semaphore) -> CaughtUp | None:
        async with places:
            try:
                run = await self.catch_up.run(one)
            except (GraphFault, NoDelta, Stale) as fault:  # Stale: a resync reads the same one right now
                log.warning("subscription.not_audited spec=%s fault=%r", one.spec, str(fault))
                return None
        log.info("subscription.audited spec=%s changes=%d lost=%d", one.spec, run.changes, run.lost)
        return run


def _noting(run: CaughtUp, now: datetime) -> Change:
    return lambda one: audited(one, changes=run.changes, lost=run.lost, now=now)


def _longest_ago(one: Subscription) -> str:
    return one.audited_at.isoformat() if one.audited_at else ""
