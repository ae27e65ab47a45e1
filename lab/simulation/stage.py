"""The world of one seed: the twin's Graph, Event Grid, tables, and the machines that run the shipped app."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta

from lab.lost_notifications import ALL
from lab.simulated import SETTINGS, TOPIC
from lab.simulation.graph import TroubledGraph
from lab.simulation.machine import Life, Machine
from lab.simulation.storage import DatedTables, TroubledTables
from lab.simulation.topic import Topic
from lab.simulation.troubles import Troubles
from lab.virtual_time import VirtualClock
from shared.adapters.memory import MemoryBlobs, MemoryQueues
from shared.adapters.signalr import NoPush
from shared.composition import App, join
from shared.domain.events.notifications import Notification
from shared.domain.watching.watch import Watch, parse_watch
from shared.ports import HandlerContext
from twin.entra.tokens import Entra
from twin.graph.tenant import Graph as TwinGraph
from twin.world import Person, World

SKEW = timedelta(minutes=5)
MAILBOX = ("messages", "events", "contacts")
STOPPED = (0.0, 0.01, 0.1)  # of the invocations
HANDLED = ((), ("updated",), ("created", "deleted"), ALL)
type Event = tuple[str, str, str, str]  # spec, entity, change type, version


@dataclass(slots=True)
class Stage:
    """`effects`: what the receiver of the handlers' effects got, by event and idempotency key."""

    rng: random.Random
    world: World
    watch: Watch
    troubles: Troubles
    tables: DatedTables = field(init=False)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    dead_letters: MemoryBlobs = field(default_factory=MemoryBlobs)
    effects: Counter[tuple[Event, str]] = field(default_factory=Counter)
    machines: list[Machine] = field(default_factory=list)
    topic: Topic = field(init=False)
    handled: tuple[str, ...] = ()
    unsettled: int = 0  # what failed though nothing was in trouble any more
    background: set["asyncio.Task[object]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tables = DatedTables(self.world.clock.now)

    def spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def is_handled(self, change_type: str) -> bool:
        return change_type in self.handled

    def boot(self, life: Life, clock: VirtualClock) -> App:
        app = join(
            SETTINGS,
            self.watch,
            tables=TroubledTables(self.tables, life, self.troubles, self.spawn),
            blobs=self.blobs,
            graph=TroubledGraph(
                twin=self.world.graph,
                clock=self.world.clock,  # type: ignore[arg-type]
                life=life,
                troubles=self.troubles,
            ),
            clock=clock,
            push=NoPush(),
            queues=MemoryQueues(),
            dead_letters=self.dead_letters,
        )
        if self.handled:
            app.receive.router.on("Microsoft.Graph.*", change_types=self.handled)(self._handler(life))
        return app

    def _handler(self, life: Life) -> Callable[[Notification, HandlerContext], Coroutine[object, object, None]]:
        async def handle(notification: Notification, context: HandlerContext) -> None:
            """Slow now and then, failing now and then, before its effect or after."""
            await asyncio.sleep(self.rng.choice((0, 0, 0, 0.2, 18 if self.is_troubled(0.1) else 1)))
            if self.is_troubled(0.05):
                raise RuntimeError("before the effect")
            life.check()
            event = (
                context.spec,
                notification.resource.split("/")[-1].lower(),
                notification.change_type,
                notification.version,
            )
            self.effects[event, context.idempotency_key] += 1
            if self.is_troubled(0.05):
                raise RuntimeError("after the effect")

        return handle

    def is_troubled(self, rate: float) -> bool:
        return self.troubles.happens(asyncio.get_running_loop().time(), rate)


def make_stage(rng: random.Random, seed: int, *, troubled_s: float, people: int, machines: int) -> Stage:
    """Everything but the machines' start."""
    clock = VirtualClock(timedelta(hours=rng.uniform(0, 24)))
    members = tuple(Person(f"p{number}", f"Person {number}") for number in range(people))
    world = World(seed=seed, clock=clock, people=members)  # type: ignore[arg-type]
    stage = Stage(rng, world, parse_watch(_subscriptions(members), {}), Troubles.drawn(rng, troubled_s))
    stopped = rng.choice(STOPPED)
    stage.topic = Topic(
        rng,
        stage.machines,
        stage.dead_letters,
        stage.spawn,
        batch=rng.choice((1, 10, 50)),
        again=rng.uniform(0.6, 0.8),
        stops=lambda: stage.is_troubled(stopped),
    )
    world.event_grid = stage.topic  # type: ignore[assignment]
    _turn(world, rng)
    world.entra, world.graph = Entra(world), TwinGraph(world)
    stage.handled = rng.choice(HANDLED)
    for _ in range(machines):
        skewed = VirtualClock(clock.skew + rng.uniform(-1, 1) * SKEW)
        stage.machines.append(Machine(skewed, stage.boot, down_for=lambda: rng.choice((0.5, 5, 60, 900))))
    return stage


def _turn(world: World, rng: random.Random) -> None:
    """The awkward truths of Graph, some in each seed."""
    switches = world.switches
    switches.reauthorize_at_percent = rng.choice((0, 25))
    switches.announce_twice = rng.random() < 0.3
    switches.event_before_create_answer = rng.random() < 0.3
    switches.ghost_deliveries_s = rng.choice((0, 0, 600))
    switches.delta_replays = rng.random() < 0.3
    switches.outlook_camel_case = rng.random() < 0.3
    switches.sequence_number_as_text = rng.random() < 0.3


def _subscriptions(people: tuple[Person, ...]) -> str:
    """subscriptions.toml: everybody's mailbox, and the directory."""
    keys = ("azure_subscription_id", "resource_group", "name", "location")
    topic = "".join(f"{key} = {json.dumps(getattr(TOPIC, key))}\n" for key in keys)
    everybody = json.dumps([person.id for person in people])
    entries = [
        f'[[subscription]]\nname = "{name}"\nresource = "users/{{user}}/{name}"\nfor_each = {everybody}\n'
        f"change_types = {json.dumps(ALL)}\n"
        for name in MAILBOX
    ]
    users = '[[subscription]]\nname = "people"\nresource = "users"\nchange_types = ["updated", "deleted"]\n'
    return f"[topic]\n{topic}{''.join(entries)}{users}"
