"""One seed of the simulated cloud, from the first tick until all has come to rest.

Several machines run the shipped app, each with a clock that is off by up to five minutes and a timer of its own, over
tables in memory with the semantics of Table Storage. The twin's Graph is the source; Event Grid batches, repeats,
shuffles up to 24 hours and retries as documented. Machines die between any two steps; storage and Graph refuse, answer
late, twice or not at all. Then the trouble ends, everything comes to rest, and the checker looks.
"""

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lab.simulation.chance import seeded
from lab.simulation.checker import violations
from lab.simulation.machine import Dead, Machine
from lab.simulation.onlooker import Onlooker
from lab.simulation.stage import Stage, make_stage
from lab.virtual_time import run_virtually
from shared.composition import App
from shared.flows.upkeep.timers import run_all
from twin.graph.errors import GraphError

HOUR_S = 3_600.0
TROUBLED_S = 30 * HOUR_S
CHANGING_S = 24 * HOUR_S
MOST_S = 12 * 24 * HOUR_S  # by then all must have come to rest
TIMER_S = (300, 2_400)
KINDS = tuple(
    f"{noun}.{kind}" for noun in ("message", "event", "contact") for kind in ("created", "updated", "deleted")
)
LIFECYCLE = ("lifecycle.missed", "lifecycle.subscriptionRemoved", "lifecycle.reauthorizationRequired")
PEOPLE, MACHINES = 3, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`digest` names everything that came out of the run: the same for the same seed and number of changes."""

    seed: int
    violations: Counter[str]
    deliveries: int
    events: int
    deaths: int
    troubles: Counter[str]
    digest: str

    def as_json(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def run(seed: int, *, changes: int) -> Found:
    with seeded(seed) as rng:
        return run_virtually(_run(rng, seed, changes))


async def _run(rng: random.Random, seed: int, changes: int) -> Found:
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # what died is not heard any more
    stage = make_stage(rng, seed, troubled_s=TROUBLED_S, people=PEOPLE, machines=MACHINES)
    readers = ["operators", *{reader for spec in stage.watch.specs.values() if len(reader := spec.subject) == 22}]
    onlooker = Onlooker(rng, stage.machines, sorted(readers)[: rng.randint(1, len(readers))])
    async with asyncio.TaskGroup() as tasks:
        forever = [
            *(machine.keep_up() for machine in stage.machines),
            *(_timer(stage, machine) for machine in stage.machines),
            *(_killer(stage, machine) for machine in stage.machines),
            stage.topic.pump(),
            onlooker.watch(),
            _graph_ticks(stage),
        ]
        running = [tasks.create_task(work) for work in forever]
        await _change(stage, changes)
        await _until(TROUBLED_S)
        await _come_to_rest(stage, onlooker)
        for task in running:
            task.cancel()
    return _found(seed, stage, onlooker)


async def _change(stage: Stage, changes: int) -> None:
    """At random moments of a day; now and then Graph says that it missed or removed something."""
    rng, graph = stage.rng, stage.world.graph
    await asyncio.sleep(120)
    for _ in range(changes):
        kind = (
            rng.choice(LIFECYCLE)
            if rng.random() < 0.002
            else "user.updated"
            if rng.random() < 0.2
            else rng.choice(KINDS)
        )
        someone = rng.choice(stage.world.people).alias
        with contextlib.suppress(LookupError, GraphError):
            graph.trigger(kind, user=None if kind.startswith("lifecycle") else someone)
        if rng.random() < 0.2:  # changes come in bursts
            await asyncio.sleep(rng.expovariate(changes * 0.2 / CHANGING_S))


async def _come_to_rest(stage: Stage, onlooker: Onlooker) -> None:
    """Until Event Grid holds nothing; then catching up once more, as the daily audit would, and a last look."""
    while asyncio.get_running_loop().time() < MOST_S:
        await asyncio.sleep(HOUR_S)
        if stage.topic.is_idle and not stage.dead_letters.blobs and not _is_pending(stage):
            break
    await asyncio.sleep(3 * HOUR_S)  # orphans stay an hour, parked ones longer
    await _last(stage, _reconcile)
    await asyncio.sleep(2 * HOUR_S)
    await _last(stage, _reconcile)
    await _last(stage, _catch_up)
    await asyncio.sleep(HOUR_S)
    await onlooker.pull()


async def _last(stage: Stage, work: Callable[[App], Awaitable[object]]) -> None:
    """Nothing is in trouble any more, so nothing may fail."""
    try:
        await stage.machines[0].run(work)
    except Exception:
        stage.unsettled += 1


async def _reconcile(app: App) -> None:
    await app.keep_alive.reconcile(asked=True)
    await app.keep_alive.work()


async def _catch_up(app: App) -> None:
    for subscription in (await app.fleet.all()).values():
        await app.catch_up.run(subscription)
    await app.handling.sweep()


def _is_pending(stage: Stage) -> bool:
    return any(
        key[1].startswith("p|")
        for name, table in stage.tables.tables.items()
        if name.startswith("log")
        for key in table
    )


async def _timer(stage: Stage, machine: Machine) -> None:
    """Every machine has one: two at once are nothing special."""
    while True:
        with contextlib.suppress(Dead, ExceptionGroup):
            await machine.run(_tick)
        await asyncio.sleep(stage.rng.uniform(*TIMER_S))


async def _tick(app: App) -> None:
    await run_all(app.keep_alive.tick, app.handling.sweep, app.days.tidy, app.heard.write, app.dead_letters.redrive)


async def _killer(stage: Stage, machine: Machine) -> None:
    """At any moment, whatever it is doing."""
    while asyncio.get_running_loop().time() < TROUBLED_S:
        await asyncio.sleep(stage.rng.expovariate(1 / (6 * HOUR_S)))
        if machine.life and asyncio.get_running_loop().time() < TROUBLED_S:
            machine.life.die()


async def _graph_ticks(stage: Stage) -> None:
    while True:
        stage.world.graph.tick()
        await asyncio.sleep(600)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(moment - asyncio.get_running_loop().time(), 0))


def _found(seed: int, stage: Stage, onlooker: Onlooker) -> Found:
    digest = hashlib.sha256()
    for name, table in sorted(stage.tables.tables.items()):
        for key, row in sorted(table.items()):
            digest.update(repr((name, key, sorted(row.entity.items()))).encode())
    digest.update(repr((sorted(stage.effects.items()), stage.topic.deliveries, sorted(onlooker.seen))).encode())
    return Found(
        seed=seed,
        violations=violations(stage, onlooker),
        deliveries=stage.topic.deliveries,
        events=len(stage.topic.published),
        deaths=sum(machine.lives - 1 for machine in stage.machines),
        troubles=stage.troubles.seen,
        digest=digest.hexdigest(),
    )
