"""Keep alive: spec + our table + now → what is due → done at Graph.

Four starts (timer, lifecycle event, people, and any arrival when the timer is late), one lease:

1. Reconcile, when subscriptions.toml changed, daily, or when somebody asks: every spec gets a row, rows without a spec
   are retired, and the table is held against Graph's own list.
2. Read what is due. The due index says it; nothing is scanned.
3. Under the lease, act by each row's state, in batches of 20. A batch of renewals that is not full takes along those
   past half of their life: so renewals stay gathered, and few. What would be renewed next may go out one tick early:
   so they come in no bursts.
4. Once more from 2, until nothing is due: creating leads to resyncing, and others may have set things due meanwhile.

Only the holder of the lease writes to Graph. A crash between any two steps leaves a row whose state says what to do.
"""

import asyncio
import hashlib
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.watching.quotas import passed
from shared.domain.watching.subscriptions import Act, State, Step, Subscription, is_held, next_act, plan
from shared.domain.watching.topic import OVER, is_over, same_url
from shared.domain.watching.transitions import asked_to_renew, respecified, retired, stranded, wanted
from shared.domain.watching.watch import SubscriptionSpec, Watch
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.batches import TICK, batches, early
from shared.flows.keep_alive.fleet import SHARD, TABLE, Fleet
from shared.flows.keep_alive.groups import Expanded, Groups
from shared.flows.keep_alive.inventory import Inventory
from shared.flows.keep_alive.lease import Lease, try_lease
from shared.flows.keep_alive.life import Life
from shared.flows.keep_alive.readers import Outcome, Readers, told
from shared.flows.keep_alive.rotation import Rotation
from shared.flows.keep_alive.tending import Faults, Tending
from shared.ports import Clock, GraphFault, Stale, Tables, Taken, Telemetry, Verb, Write

ROUNDS = 1000  # a work-off that has not come to rest by then goes on at the next start
EVERY_ACT = frozenset(Act)
DAILY = timedelta(hours=24)
NOTED_FOR = timedelta(hours=1)  # while Graph gives no list, our whole table is read no oftener
PATIENCE_S = 10  # a lifecycle event waits no longer for Graph: what it set due, the timer does
BUSY = "another process is at work at Graph: it does what is due; try again in a minute"
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class KeepAlive:
    tables: Tables
    fleet: Fleet
    tending: Tending
    inventory: Inventory
    groups: Groups
    rotation: Rotation
    clock: Clock
    watch: Watch
    holder: str
    telemetry: Telemetry
    _looked_at: datetime | None = None
    _is_remembered: bool = False  # the topic, as ours
    _reconciled_at: datetime | None = None
    _noted_at: datetime | None = None  # the rows, for a reconcile that has not come to its end
    _life: Life = field(init=False)
    _digest: str = field(init=False)  # of what subscriptions.toml says, and of the newest key's version

    def __post_init__(self) -> None:
        self._life = Life(self.fleet, self.telemetry)
        specs = sorted(self.watch.specs.items())
        said = (self.watch.topic, specs, self.watch.groups, self.rotation.ring.newest)
        self._digest = hashlib.sha256(repr(said).encode()).hexdigest()

    async def tick(self) -> list[Outcome]:
        """What the timer does. Renewals come before taking stock, which may take long, or fail."""
        now, outcomes = self.clock.now(), list[Outcome]()
        if not await self._is_reconciled(now):
            outcomes += await self.work(acts=frozenset({Act.RENEW}))
            await self.reconcile()
        else:
            await self._follow_groups()
            await self.rotation.step()
        with self.telemetry.span("keep_alive"):
            outcomes += await self.work()
        for outcome in outcomes:
            self.telemetry.count("graph_pulse.subscription.acts", act=outcome.step.act, failed=bool(outcome.fault))
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, {**keys(SHARD, "ticked"), "at": now.isoformat()})])
        await self._life.say(now)
        return outcomes

    async def if_late(self) -> None:
        """Any arrival: a timer that has stopped must not cost a subscription. One read in five minutes.

        The event that arrived is taken in already: what fails here is tried again in five minutes, not delivered again.
        """
        now = self.clock.now()
        if self._looked_at and now < self._looked_at + TICK:
            return
        self._looked_at = now
        try:
            await self._tick_if_late(now)
        except Exception as fault:
            log.error("keep_alive.on_arrival_failed fault=%s", type(fault).__name__)

    async def _tick_if_late(self, now: datetime) -> None:
        row = await self.tables.read(TABLE, SHARD, "ticked")
        if row and datetime.fromisoformat(str(row.entity["at"])) < now - 2 * TICK:
            log.error("keep_alive.timer_late since=%s", row.entity["at"])
            await self.within_patience(self.tick())

    async def plan(self) -> list[Step]:
        """What `apply` would do."""
        found, url = await self.groups.specs(), self.watch.topic.url
        steps = plan(found.specs, await self.fleet.all(), url=url, now=self.clock.now(), unread=found.unread)
        said = passed(found.specs)
        return [replace(step, why=f"{step.why}; {said[step.spec]}") if step.spec in said else step for step in steps]

    async def reconcile(self, *, asked: bool = False) -> str:
        """Bring our table in line with subscriptions.toml and with Graph; the work is done by `work`.

        `asked`: a person wants it, which frees what is held. Why it did not come to its end; empty when it did.
        """
        await self._remember()
        try:
            if not asked and self._noted_at and self.clock.now() < self._noted_at + NOTED_FOR:
                await self.inventory.probe()
            known, now = await self.fleet.all(), self.clock.now()
            if not asked and self._topic_is_over(known, now):
                await self._strand(known)
            elif not await self._note_all(await self.groups.specs(), known, asked=asked):
                return "somebody else changed a row meanwhile: the next tick looks again"
            await self.rotation.notice(known)
            self._noted_at = now
            async with try_lease(self.tables, self.clock, name="keep_alive", holder=self.holder) as lease:
                if lease is None:
                    return BUSY  # only the holder writes to Graph: the next tick takes stock
                await self.inventory.take(url=self.watch.topic.url)
        except GraphFault as fault:
            log.warning("keep_alive.reconcile_failed fault=%r", str(fault))
            return str(fault)
        self._noted_at = None
        entity = {**keys(SHARD, "reconciled"), "digest": self._digest, "at": now.isoformat()}
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
        return ""

    async def _remember(self) -> None:
        """Before anything is made at the topic: whoever comes after us knows it as ours."""
        await self.inventory.remember(self.watch.topic.url)
        self._is_remembered = True

    async def _is_reconciled(self, now: datetime) -> bool:
        """For this process a day long after it has seen it once: an idle tick reads nothing."""
        if self._reconciled_at and now < self._reconciled_at + DAILY:
            return True
        row = await self.tables.read(TABLE, SHARD, "reconciled")
        if row is None or row.entity["digest"] != self._digest:
            return False
        self._reconciled_at = datetime.fromisoformat(str(row.entity["at"]))
        return now < self._reconciled_at + DAILY

    async def work(self, only: str | None = None, acts: frozenset[Act] = EVERY_ACT) -> list[Outcome]:
        """Work off what is due, or one spec alone; nothing when another holds the lease or nothing is due."""
        due = await self._due(only, acts)
        if only is None:
            due += await early(self.fleet, due, now=self.clock.now())
        if not due:
            return []
        async with try_lease(self.tables, self.clock, name="keep_alive", holder=self.holder) as lease:
            if lease is None:
                log.info("keep_alive.busy")
                return []
            return await self._work_off(lease, due, only, acts)

    async def renew(self, specs: Iterable[str]) -> list[Outcome]:
        """People ask: renewed now, whatever is due."""
        now = self.clock.now()
        known = [found for spec in specs if (found := await self.fleet.get(spec)) and not found.held]
        await self.fleet.update_all([(one, asked_to_renew(one, now=now)) for one in known])
        return await self.work()

    async def within_patience(self, work: Coroutine[object, object, object]) -> None:
        """What an event sets going takes no longer than the event has; the rest is the timer's."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await work
        except TimeoutError:
            log.info("keep_alive.left_to_the_timer")

    async def _follow_groups(self) -> None:
        for entry, specs in (await self.groups.news()).items():
            found = Expanded(specs=specs, unread=frozenset())
            if not await self._note_all(found, await self.fleet.of_entry(entry), asked=False):
                self.groups.forget(entry)

    async def _note_all(self, found: Expanded, known: Mapping[str, Subscription], *, asked: bool) -> bool:
        """Rows as their entries want them. False when somebody else changed one meanwhile."""
        now, url = self.clock.now(), self.watch.topic.url
        noted = [
            await self._note(step, found.specs.get(step.spec), known.get(step.spec), asked=asked)
            for step in plan(found.specs, known, url=url, now=now, unread=found.unread)
        ]
        return all(noted)

    async def _note(
        self, step: Step, spec: SubscriptionSpec | None, known: Subscription | None, *, asked: bool
    ) -> bool:
        now = self.clock.now()
        try:
            if spec and known is None:
                await self.fleet.add(wanted(spec, now=now))
            elif known and (asked or spec is None or not is_held(known, url=self.watch.topic.url)):
                changed = _noted(step, spec, known, now)
                if changed is not known:
                    await self.fleet.update(known, changed)
        except (Taken, Stale):
            log.info("subscription.changed_meanwhile spec=%s", step.spec)
            return False
        return True

    def _topic_is_over(self, known: Mapping[str, Subscription], now: datetime) -> bool:
        here = [one for one in known.values() if one.url and same_url(one.url, self.watch.topic.url)]
        return is_over([one.expires_at for one in here if one.expires_at], now=now)

    async def _strand(self, known: Mapping[str, Subscription]) -> None:
        log.error("topic.over name=%s subscriptions=%d", self.watch.topic.name, len(known))
        free = [one for one in known.values() if not one.held and one.state is not State.RETIRED]
        await self.fleet.update_all([(one, stranded(one, why=OVER)) for one in free])

    async def _work_off(
        self, lease: Lease, due: list[Subscription], only: str | None, acts: frozenset[Act]
    ) -> list[Outcome]:
        """Writing is paced and goes one batch after the other; catching up only reads, and goes on beside it."""
        outcomes: list[Outcome] = []
        if not self._is_remembered:
            await self._remember()
        async with asyncio.TaskGroup() as tasks:
            readers = Readers(tasks, self.tending, outcomes)
            for _ in range(ROUNDS):
                if not due and not await readers.rest():
                    break
                if not await lease.still_ours():
                    log.warning("keep_alive.lease_lost")
                    return outcomes
                for act, batch in await batches(self.fleet, due, fill=only is None, now=self.clock.now()):
                    if not await lease.still_ours():
                        log.warning("keep_alive.lease_lost")
                        return outcomes
                    outcomes += await self._carry_out(act, batch, readers)
                due = [one for one in await self._due(only, acts) if one.spec not in readers.busy]
        return outcomes

    async def _due(self, only: str | None, acts: frozenset[Act]) -> list[Subscription]:
        now = self.clock.now()
        if only is None:
            return [one for one in await self.fleet.due(now) if next_act(one, now=now) in acts]
        one = await self.fleet.get(only)
        return [one] if one and one.due_at <= now else []

    async def _carry_out(self, act: Act, batch: Sequence[Subscription], readers: Readers) -> list[Outcome]:
        faults: Faults = {}
        match act:
            case Act.RENEW:
                faults = await self.tending.renew(batch)
            case Act.CREATE | Act.RECREATE:
                faults, living = await self.tending.create(
                    batch, url=self.watch.topic.url, is_ours=self.inventory.is_ours
                )
                readers.start(one for one in living if one.resync)
            case Act.REMOVE:
                faults = await self.tending.remove(batch)
            case Act.RESYNC:
                readers.start(batch)
                return []
            case Act.KEEP:
                await self.tending.rest(batch)
        return [told(act, one, faults.get(one.spec, "")) for one in batch]


def _noted(step: Step, spec: SubscriptionSpec | None, known: Subscription, now: datetime) -> Subscription:
    """The row as its entry wants it; `known` itself when nothing differs."""
    if spec is None:
        return known if step.act is Act.KEEP else retired(known, now=now)
    if known.held and not known.id:
        return respecified(known, spec, now=now)
    if step.act is Act.RECREATE:
        return replace(respecified(known, spec, now=now), resync=step.why)
    if (known.lifetime, known.delta) == (spec.lifetime, spec.delta):
        return known
    return replace(known, lifetime=spec.lifetime, delta=spec.delta)
