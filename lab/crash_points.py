"""Every crash point of taking in an event, singly and in pairs, for ours and for three peers.

A handled event is delivered; at one storage call the process dies before or after it, or the answer is lost, or storage
refuses. Event Grid delivers again until it is acknowledged, the timer sweeps, and a second fault strikes on the way.
Counted: events lost, journaled twice, and effects that the receiver can't tell from those of another event.
"""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lab.crashes import CrashingTables, Fault
from lab.peers import TABLE, MarkThenDo, NaiveHandler, Peer, StateMachine
from lab.simulated import SETTINGS, TENANT, TOPIC, the_ring
from lab.virtual_time import VirtualClock
from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.signalr import NoPush
from shared.composition import App, join
from shared.domain.events.client_state import mint, subject_of_resource
from shared.domain.watching.watch import SubscriptionSpec, Watch
from shared.ports import HandlerContext

CALLS = 14  # more than any one delivery makes
DELIVERIES = 12
AGAIN = timedelta(seconds=70)  # past any lease
SPEC = SubscriptionSpec(
    entry="people",
    subject=subject_of_resource("users"),
    resource="users",
    change_types=("updated",),
    lifetime=timedelta(days=28),
    delta="",
)


@dataclass(slots=True)
class Trial:
    """One world: tables that outlive processes, and the receiver of effects."""

    tables: MemoryTables = field(default_factory=MemoryTables)
    effects: list[str] = field(default_factory=list)

    def effect(self, key: str) -> None:
        self.effects.append(key)


type Deliver = Callable[[Trial, CrashingTables, VirtualClock], Awaitable[None]]


async def run() -> list[dict[str, object]]:
    kinds: dict[str | None, Deliver] = {
        None: _deliver_ours,
        "naive_handler": _peer(NaiveHandler),
        "mark_then_do": _peer(MarkThenDo),
        "state_machine": _peer(StateMachine),
    }
    return [await _row(name, deliver) for name, deliver in kinds.items()]


async def _row(name: str | None, deliver: Deliver) -> dict[str, object]:
    tried = Counter[str]()
    for first, second in _schedules():
        tried.update(await _try(deliver, first, second))
    violations = tried["lost"] + tried["twice"] + tried["repeated"]
    note = f"{tried['lost']} lost, {tried['twice']} journaled twice, {tried['repeated']} effects repeated"
    return {"name": "crash_points", "value": violations, "unit": "violations", "n": tried["n"], "note": note} | (
        {"baseline_name": name} if name else {}
    )


def _schedules() -> Iterator[tuple[dict[int, Fault], dict[int, Fault]]]:
    """Faults of the first and of the second process: every single one, and every pair."""
    single = [{call: fault} for call in range(1, CALLS + 1) for fault in Fault]
    yield {}, {}
    for one in single:
        yield one, {}
    yield from itertools.product(single, single)


async def _try(deliver: Deliver, first: dict[int, Fault], second: dict[int, Fault]) -> Counter[str]:
    trial, clock = Trial(), VirtualClock()
    faults = [first, second]
    tables = CrashingTables(trial.tables, faults.pop(0))
    for _ in range(DELIVERIES):
        is_done = await _survives(deliver(trial, tables, clock))
        if tables.is_dead:
            tables = CrashingTables(trial.tables, faults.pop(0) if faults else {})
        elif is_done:
            break
        clock.skew += AGAIN
    return _counted(trial)


async def _survives(delivery: Awaitable[None]) -> bool:
    """False when Event Grid gets no acknowledgement."""
    try:
        await delivery
    except BaseException as fault:
        if isinstance(fault, (KeyboardInterrupt, SystemExit, asyncio.CancelledError)):
            raise
        return False
    return True


def _counted(trial: Trial) -> Counter[str]:
    tables = trial.tables.tables
    journal = [key for table in tables for key in tables[table] if _is_journal_row(table, key)]
    return Counter(
        n=1, lost=not journal or not trial.effects, twice=len(journal) > 1, repeated=len(set(trial.effects)) > 1
    )


def _is_journal_row(table: str, key: tuple[str, str]) -> bool:
    return (table.startswith("log") and key[1].startswith("r|")) or (table == TABLE and key[0] == "journal")


async def _deliver_ours(trial: Trial, tables: CrashingTables, clock: VirtualClock) -> None:
    """A process is an App: what it remembers goes with it."""
    app = _app(trial, tables, clock)
    await app.receive(_event())
    if tables.is_dead:
        return
    await app.handling.sweep()


def _app(trial: Trial, tables: CrashingTables, clock: VirtualClock) -> App:
    watch = Watch(TOPIC, {SPEC.key: SPEC})
    app = join(
        SETTINGS,
        watch,
        tables=tables,
        blobs=MemoryBlobs(),
        graph=None,  # type: ignore[arg-type]
        clock=clock,
        push=NoPush(),
        queues=MemoryQueues(),
    )

    async def handle(_: object, context: HandlerContext) -> None:
        trial.effect(context.idempotency_key)

    app.receive.router.on("*", change_types=["updated"])(handle)
    return app


def _event() -> str:
    data = {
        "changeType": "updated",
        "clientState": mint(the_ring(), tenant_id=TENANT, entry=SPEC.entry, subject=SPEC.subject),
        "resource": "Users/e95b1d47-6c02-4a8e-b3f9-70d4a6158c2e",
        "resourceData": {"sequenceNumber": 1},
        "subscriptionId": "0d4e8b72-91a5-4c3f-b6d8-7e2f150c9a34",
        "tenantId": TENANT,
    }
    event = {"id": "1", "source": f"/tenants/{TENANT}/applications/a", "type": "Microsoft.Graph.UserUpdated"}
    time = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    return json.dumps({**event, "specversion": "1.0", "time": time, "data": data})


def _peer(kind: type[Peer]) -> Deliver:
    async def deliver(trial: Trial, tables: CrashingTables, clock: VirtualClock) -> None:
        await kind(tables, clock, trial.effect).receive("1")  # type: ignore[attr-defined]

    return deliver
