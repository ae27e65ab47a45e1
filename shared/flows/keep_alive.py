"""Keep alive: spec + our table + now → what is due → done at Graph.

Three starts (timer, lifecycle event, people), one lease:

1. Reconcile, when subscriptions.toml changed or somebody asks: every spec gets a row, rows without a spec are retired.
2. Read what is due. The due index says it; nothing is scanned.
3. Under the lease, act by each row's state; renewals go in batches of 20.
4. Once more from 2, until nothing is due: creating leads to resyncing, and others may have set things due meanwhile.

Only the holder of the lease writes to Graph. A crash between any two steps leaves a row whose state says what to do.
"""

import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.domain.subscriptions import (
    Act,
    Step,
    Subscription,
    asked_to_renew,
    behind,
    lost,
    next_act,
    plan,
    respecified,
    retired,
    wanted,
)
from shared.domain.watch import SubscriptionSpec, Watch
from shared.flows.fleet import SHARD, TABLE, Fleet
from shared.flows.lease import Lease, try_lease
from shared.flows.rows import keys
from shared.flows.tending import Tending
from shared.ports import Clock, Stale, Tables, Taken, Verb, Write

BATCH = 20  # requests in one $batch
ROUNDS = 10  # a work-off that has not come to rest by then goes on at the next start
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One step carried out; `fault` is empty when it went well."""

    step: Step
    resource: str
    fault: str


@dataclass(slots=True)
class KeepAlive:
    tables: Tables
    fleet: Fleet
    tending: Tending
    clock: Clock
    watch: Watch
    holder: str

    async def tick(self) -> list[Outcome]:
        """What the timer does."""
        if await self._specs_changed():
            await self.reconcile()
        return await self.work()

    async def plan(self) -> list[Step]:
        return plan(self.watch.specs, await self.fleet.all(), url=self.watch.topic.url, now=self.clock.now())

    async def reconcile(self) -> None:
        """Bring our table in line with subscriptions.toml; Graph follows when the rows are worked off."""
        known, now = await self.fleet.all(), self.clock.now()
        steps = plan(self.watch.specs, known, url=self.watch.topic.url, now=now)
        if not all([await self._note(step, known.get(step.spec), now) for step in steps]):
            return  # the next tick finds the specs changed once more
        entity = {**keys(SHARD, "reconciled"), "digest": _digest(self.watch), "at": now.isoformat()}
        await self.tables.create(TABLE)
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])

    async def work(self, only: str | None = None) -> list[Outcome]:
        """Work off what is due, or one spec alone; nothing when another holds the lease or nothing is due."""
        if not [known async for known in self._due(only)]:
            return []
        async with try_lease(self.tables, self.clock, name="keep_alive", holder=self.holder) as lease:
            if lease is None:
                log.info("keep_alive.busy")
                return []
            return await self._work_off(lease, only)

    async def reauthorize(self, spec: str) -> None:
        """Graph asked for it: PATCH reauthorizes and extends at once, so /reauthorize is never called."""
        await self._change(spec, lambda known: asked_to_renew(known, now=self.clock.now()))

    async def recreate(self, spec: str) -> None:
        await self._change(spec, lambda known: lost(known, why="Graph removed it", now=self.clock.now()))

    async def catch_up(self, spec: str) -> None:
        await self._change(spec, lambda known: behind(known, why="Graph missed notifications", now=self.clock.now()))

    async def _change(self, spec: str, change: Callable[[Subscription], Subscription]) -> None:
        known = await self.fleet.get(spec)
        if known is None:
            return log.warning("subscription.unknown spec=%s", spec)
        await self.fleet.update(known, change(known))
        await self.work(only=spec)
        return None

    async def _specs_changed(self) -> bool:
        row = await self.tables.read(TABLE, SHARD, "reconciled")
        return row is None or row.entity["digest"] != _digest(self.watch)

    async def _note(self, step: Step, known: Subscription | None, now: datetime) -> bool:
        """False when somebody else changed the row meanwhile."""
        spec = self.watch.specs.get(step.spec)
        try:
            if spec and known is None:
                await self.fleet.add(wanted(spec, now=now))
            elif spec and known and step.act is Act.RECREATE:
                await self.fleet.update(known, _made_anew(known, spec, step, now=now))
            elif known and spec is None:
                await self.fleet.update(known, retired(known, now=now))
        except (Taken, Stale):
            log.info("subscription.changed_meanwhile spec=%s", step.spec)
            return False
        return True

    async def _work_off(self, lease: Lease, only: str | None) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for _ in range(ROUNDS):
            due = [known async for known in self._due(only)]
            if not due or not lease.has_time():
                break
            renewals = [known for known in due if next_act(known, now=self.clock.now()) is Act.RENEW]
            for start in range(0, len(renewals), BATCH):
                if lease.has_time():
                    outcomes += await self._renew(renewals[start : start + BATCH])
            renewed = {known.spec for known in renewals}
            outcomes += [await self._act(known) for known in due if known.spec not in renewed and lease.has_time()]
        return outcomes

    async def _due(self, only: str | None) -> AsyncIterator[Subscription]:
        now = self.clock.now()
        if only is None:
            async for known in self.fleet.due(now):
                yield known
        elif (known_one := await self.fleet.get(only)) and known_one.due_at <= now:
            yield known_one

    async def _renew(self, batch: Sequence[Subscription]) -> list[Outcome]:
        steps = {known.spec: _step(Act.RENEW, known) for known in batch}
        faults = await self.tending.renew(batch, self.watch.specs)
        return [self._told(steps[known.spec], known, faults.get(known.spec, "")) for known in batch]

    async def _act(self, known: Subscription) -> Outcome:
        act = next_act(known, now=self.clock.now())
        step = _step(act, known)
        return self._told(step, known, await self.tending.act(act, known, self.watch))

    def _told(self, step: Step, known: Subscription, fault: str) -> Outcome:
        level = logging.WARNING if fault else logging.INFO
        log.log(level, "subscription.%s spec=%s%s", step.act.value, step.spec, f" fault={fault!r}" if fault else "")
        return Outcome(step=step, resource=known.resource, fault=fault)


def _made_anew(known: Subscription, spec: SubscriptionSpec, step: Step, *, now: datetime) -> Subscription:
    return replace(respecified(known, spec, now=now), resync=step.why)


def _step(act: Act, known: Subscription) -> Step:
    return Step(act=act, spec=known.spec, why=known.resync or known.note or known.state.value)


def _digest(watch: Watch) -> str:
    return hashlib.sha256(repr((watch.topic, sorted(watch.specs.items()))).encode()).hexdigest()
