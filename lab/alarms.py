"""Does each alert come when it should, and none when all is well? The shipped app in simulated time, its real log.

Each fault begins after half a quiet day, in which no alert may be raised; then its own alert must come within the time
that a person may expect. Not tried here: `settings`, `dead-letters`, `partner-authorization`, which other parts write.
"""

import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lab.alarm_rules import CONDITIONS, Line, crossed
from lab.simulated import TENANT, Fleet, make_fleet, the_ring
from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import mint
from shared.domain.watching.watch import SubscriptionSpec
from shared.ports import StorageFault, Write
from twin.graph.errors import GraphError

TICK = timedelta(minutes=5)
QUIET = timedelta(hours=12)
LIFE = timedelta(hours=8)  # of every subscription: short, so that a day holds several
SIZE, KINDS = 40, ("messages", "events")  # what delta query can catch up
log = logging.getLogger("graph_pulse")


class FailingTables(MemoryTables):
    """Tables that refuse every write while they are `away`."""

    away = False

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        if self.away:
            raise StorageFault("away for the experiment")
        return await super().submit(table, writes)


@dataclass(slots=True)
class Watched:
    """A fleet whose log and invocations are kept, with the time of each."""

    fleet: Fleet
    tables: FailingTables
    lines: list[Line] = field(default_factory=list)
    tick_at: datetime = field(init=False)
    timer_runs: bool = True
    before_tick: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.tick_at = self.fleet.clock.now()

    async def run(self, span: timedelta) -> AsyncIterator[datetime]:
        """Tick by tick; the moment after each is yielded."""
        end = self.tick_at + span
        while self.tick_at < end:
            await self.fleet.clock.until(self.tick_at)
            if self.timer_runs:
                self.before_tick()
                await self._noted("keep_alive", self.fleet.app.keep_alive.tick())
            self.tick_at += TICK
            yield self.fleet.clock.now()

    async def deliver(self, text: str) -> None:
        await self._noted("receive_graph_event", self.fleet.app.receive(text))

    def spec(self, entry: str = "messages") -> SubscriptionSpec:
        return next(spec for spec in self.fleet.app.watch.specs.values() if spec.entry == entry)

    async def _noted(self, function: str, work: Awaitable[object]) -> None:
        try:
            await work
            succeeded = True
        except Exception:
            succeeded = False
        self.lines.append(Line(at=self.fleet.clock.now(), text=function, succeeded=succeeded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`begin` plants the fault, once or at each tick; `alert` must be raised `within` after it."""

    alert: str
    begin: Callable[[Watched], Awaitable[None]]
    within: timedelta
    at_each_tick: bool = False


async def run() -> list[dict[str, object]]:
    missed: list[str] = []
    for trial in TRIALS:
        async with watched() as stage:
            missed += await _try(trial, stage)
    note = f"{len(TRIALS)} faults, each after {QUIET} without one; {', '.join(missed) or 'every alert came in time'}"
    row = {"name": "alarms", "value": len(missed), "unit": "violations", "n": len(TRIALS) * 2, "note": note}
    return [row]


async def _try(trial: Trial, stage: Watched) -> list[str]:
    """What went wrong: an alert while all was well, or none when it should have come."""
    settled = stage.fleet.clock.now() + timedelta(minutes=30)
    async for now in stage.run(QUIET):
        if now > settled and (false := [name for name in CONDITIONS if crossed(name, stage.lines, now)]):
            return [f"{false[0]} raised in quiet before {trial.alert}"]
    await trial.begin(stage)
    async for now in stage.run(trial.within):
        if crossed(trial.alert, stage.lines, now):
            return []
        if trial.at_each_tick:
            await trial.begin(stage)
    return [f"{trial.alert} not raised within {trial.within}"]


@asynccontextmanager
async def watched() -> AsyncIterator[Watched]:
    """The log of the app as it is, with virtual times; other handlers don't hear it."""
    tables = FailingTables()
    stage = Watched(make_fleet(SIZE, seed=3, lifetime=LIFE, kinds=KINDS, tables=tables), tables)

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            stage.lines.append(Line(at=stage.fleet.clock.now(), text=record.getMessage()))

    keeper, level, propagate = Keeper(), log.level, log.propagate
    log.addHandler(keeper)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield stage
    finally:
        log.removeHandler(keeper)
        log.setLevel(level)
        log.propagate = propagate


async def graph_goes_away(stage: Watched) -> None:
    stage.fleet.graph.down = True


async def timer_stops(stage: Watched) -> None:
    stage.timer_runs = False


async def storage_goes_away(stage: Watched) -> None:
    """For deliveries: each tick brings a few."""
    stage.tables.away = True
    for number in range(4):
        await stage.deliver(message(stage, number=f"{stage.tick_at.timestamp()}-{number}"))
    stage.tables.away = False


async def somebody_forges(stage: Watched) -> None:
    await stage.deliver(message(stage, state="v1.messages~AAAAAAAAAAAAAAAAAAAAAA." + "A" * 43))


async def nonsense_comes(stage: Watched) -> None:
    await stage.deliver('{"specversion": "1.0"}')


async def others_use_up_the_share(stage: Watched) -> None:
    """At each tick the tenant's writes of the next twenty seconds are gone."""
    twin = stage.fleet.graph.twin

    def use_up() -> None:
        try:
            for _ in range(1000):
                twin.throttle.count(twin.world.app_id, "write")
        except GraphError:
            return

    stage.before_tick = use_up


async def graph_is_late(stage: Watched) -> None:
    for number in range(4):
        await stage.deliver(message(stage, number=f"{stage.tick_at.timestamp()}-{number}", late=timedelta(minutes=10)))


async def missed_while_away(stage: Watched) -> None:
    stage.fleet.graph.down = True
    spec = stage.spec()
    known = await stage.fleet.app.fleet.get(spec.key)
    assert known is not None
    data = {"subscriptionId": known.id, "lifecycleEvent": "missed", "clientState": state_of(spec), "tenantId": TENANT}
    await stage.deliver(event(stage, "Microsoft.Graph.Missed", data, number="missed"))


TRIALS = (
    Trial(alert="renewal", begin=graph_goes_away, within=timedelta(hours=7)),
    Trial(alert="life-left", begin=graph_goes_away, within=timedelta(hours=7)),
    Trial(alert="timer-silent", begin=timer_stops, within=timedelta(minutes=45)),
    Trial(alert="deliveries-failing", begin=storage_goes_away, within=timedelta(minutes=30), at_each_tick=True),
    Trial(alert="forged", begin=somebody_forges, within=timedelta(minutes=15)),
    Trial(alert="quarantine", begin=nonsense_comes, within=timedelta(minutes=15)),
    Trial(alert="throttled", begin=others_use_up_the_share, within=timedelta(hours=3)),
    Trial(alert="late", begin=graph_is_late, within=timedelta(minutes=30), at_each_tick=True),
    Trial(alert="behind", begin=missed_while_away, within=timedelta(minutes=30)),
)


def message(stage: Watched, *, number: str = "1", state: str = "", late: timedelta = timedelta()) -> str:
    """A created message of the first person."""
    spec = stage.spec()
    resource = f"{spec.resource.replace('users', 'Users', 1)}/{number}"
    data = {
        "changeType": "created",
        "resource": resource,
        "resourceData": {"id": number, "@odata.etag": f'W/"{number}"'},
        "clientState": state or state_of(spec),
        "tenantId": TENANT,
        "subscriptionId": "0d4e8b72-91a5-4c3f-b6d8-7e2f150c9a34",
    }
    return event(stage, "Microsoft.Graph.MessageCreated", data, number=number, late=late)


def event(stage: Watched, kind: str, data: Mapping[str, object], *, number: str, late: timedelta = timedelta()) -> str:
    time = (stage.fleet.clock.now() - late).isoformat()
    head = {"id": number, "source": f"/tenants/{TENANT}/applications/a", "type": kind, "specversion": "1.0"}
    return json.dumps({**head, "time": time, "data": data})


def state_of(spec: SubscriptionSpec) -> str:
    return mint(the_ring(), tenant_id=TENANT, entry=spec.entry, subject=spec.subject)
