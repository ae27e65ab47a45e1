"""A week in which notifications are dropped at random, 1 to 100 %: after catching up nothing may be missing.

The shipped app watches mixed resources of the twin's Graph, through the twin's own subscriptions and delta queries;
between them every notification is lost with the level's probability. Counted: entities whose final state, as the
twin's ledger has it, is not in the journal's tables. Neither the app's counters nor its rules are asked. The same count
before catching up is the baseline: it shows that the notifications were missing indeed.
"""

import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lab.simulated import SETTINGS, TOPIC, SimulatedGraph
from lab.virtual_time import START, VirtualClock
from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.signalr import NoPush
from shared.composition import App, join
from shared.domain.watching.watch import parse_watch
from twin.entra.tokens import Entra
from twin.graph import seeds
from twin.graph.calls import Call, Caller
from twin.graph.tenant import Graph as TwinGraph
from twin.ledger import Change
from twin.world import Person, World

LEVELS = (1, 10, 50, 100)  # % that are lost
WEEK = timedelta(days=7)
STEP = timedelta(hours=1)
PERMISSIONS = frozenset(
    {
        *("Mail.Read", "Calendars.Read", "Contacts.Read", "Tasks.ReadWrite.All", "Files.Read.All", "User.Read.All"),
        *("Group.Read.All", "ChannelMessage.Read.All"),
    }
)
VERSIONED = re.compile(r"Users/[^/]+/(Messages|Events|Contacts|todo)/")  # events or delta show the ledger's versions
MAILBOX = {"messages": "message", "events": "event", "contacts": "contact"}  # resource → noun of its triggers
ALL = ("created", "updated", "deleted")
CHANGES = (
    *((noun, change) for noun in (*MAILBOX.values(), "toDo", "driveItem", "chatMessage") for change in ALL),
    *(("user", change) for change in ALL),
    ("group", "updated"),
)
type Told = tuple[Mapping[str, Any], datetime]


@dataclass(slots=True)
class LossyTopics:
    """Takes the place of Event Grid, and loses `percent` of what it is given."""

    percent: int
    rng: random.Random
    waiting: list[dict[str, Any]] = field(default_factory=list)
    lost: int = 0

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        return None

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        for event in events:
            if self.rng.random() * 100 < self.percent:
                self.lost += 1
            else:
                self.waiting.append(event)


class DeltaGraph(SimulatedGraph):
    """With the permissions that the resources here need."""

    def _request(self, method: str, path: str, *, body: Any = None, query: Mapping[str, str] | None = None) -> Call:
        world = self.twin.world
        caller = Caller(app_id=world.app_id, object_id=world.principal_id, granted=PERMISSIONS)
        return Call(
            method=method, path=path, base="https://graph.test/v1.0", caller=caller, query=query or {}, body=body
        )


@dataclass(slots=True)
class Tenant:
    """The app, its tables, and the world that it watches."""

    app: App
    tables: MemoryTables
    clock: VirtualClock
    world: World
    topics: LossyTopics
    rng: random.Random

    async def deliver(self) -> None:
        waiting, self.topics.waiting = self.topics.waiting, []
        if waiting:
            await self.app.receive(json.dumps(waiting))


async def rows(*, changes: int, seeds_: Iterable[int]) -> list[dict[str, object]]:
    """`changes` in each week; one week for each level and seed."""
    return [row for seed in seeds_ for level in LEVELS for row in await _rows_of(level, changes, seed)]


async def run(*, percent: int, changes: int, seed: int) -> tuple[Tenant, list[Change], list[Change]]:
    """One week. The entities whose final state is missing before catching up, and after it."""
    tenant = _tenant(percent, seed)
    await tenant.app.keep_alive.tick()
    hours = int(WEEK / STEP)
    for hour in range(1, hours + 1):
        for _ in range(changes * hour // hours - changes * (hour - 1) // hours):
            noun, change = tenant.rng.choice(CHANGES)
            someone = tenant.rng.choice(tenant.world.people).alias if noun in MAILBOX.values() else None
            tenant.world.graph.trigger(f"{noun}.{change}", user=someone)
            await tenant.clock.sleep(1)
        await tenant.deliver()
        await tenant.clock.until(START + STEP * hour)
        await tenant.app.keep_alive.tick()
    before = missing(tenant.world, tenant.tables)
    for subscription in (await tenant.app.fleet.all()).values():
        await tenant.app.catch_up.run(subscription)
    return tenant, before, missing(tenant.world, tenant.tables)


def missing(world: World, tables: MemoryTables) -> list[Change]:
    """By the ledger and the tables alone: final changes of which no row tells."""
    told: dict[str, list[Told]] = {}
    for row, at in _journal(tables):
        told.setdefault(_id_of(str(row["resource"])), []).append((row, at))
    return [
        final
        for resource, final in world.ledger.final().items()
        if not any(_tells(row, at, final) for row, at in told.get(_id_of(resource), ()))
    ]


def _tells(row: Mapping[str, Any], at: datetime, final: Change) -> bool:
    """A row of the final version. Of a removal, and of what shows its version nowhere, one of what was so later.

    `at`: when it was so. An announced row that has a version tells of no other. Drives and the directory know no other
    change than `updated`, and drives tell times in whole seconds.
    """
    if row["version"] and row["version"] == final.version:
        return True
    is_drive, is_removal = final.resource.startswith("Drives/"), final.change_type == "deleted"
    if at < (final.at.replace(microsecond=0) if is_drive else final.at):
        return False
    if is_removal:
        return bool(row["change_type"] == ("updated" if is_drive else "deleted"))
    is_of_another = VERSIONED.match(final.resource) or (row["version"] and not row["recovered"])
    return not is_of_another and row["change_type"] != "deleted"


def _journal(tables: MemoryTables) -> Iterator[Told]:
    """The rows, and when what they tell was so: by their own word, unless the tables know when a row came."""
    came: Mapping[tuple[str, str, str], datetime] = getattr(tables, "first_written", {})
    for name, table in tables.tables.items():
        for key, row in table.items() if name.startswith("log") else ():
            if key[1].startswith("r|"):
                said = datetime.fromisoformat(str(row.entity["time"]))
                yield row.entity, came.get((name, *key), said) if row.entity["recovered"] else said


def _id_of(resource: str) -> str:
    """Empty for lifecycle events that name no resource."""
    return re.split(r"[/()']+", resource.rstrip("/)'"))[-1].lower()


async def _rows_of(level: int, changes: int, seed: int) -> list[dict[str, object]]:
    tenant, before, after = await run(percent=level, changes=changes, seed=seed)
    entities = len(tenant.world.ledger.final())
    note = f"{level} % of notifications lost ({tenant.topics.lost}), {entities} entities of 8 kinds, {changes} changes"
    shared = {"name": "lost_notifications", "unit": "violations", "n": entities, "size": changes, "seed": str(seed)}
    return [
        shared | {"value": len(after), "note": note},
        shared | {"value": len(before), "note": f"{note}; before catching up", "baseline_name": "without_catch_up"},
    ]


def _tenant(percent: int, seed: int) -> Tenant:
    clock, rng = VirtualClock.at_start(), random.Random(seed)
    people = tuple(Person(f"p{number}", f"Person {number}") for number in range(6))
    world = World(seed=seed, clock=clock, people=people)  # type: ignore[arg-type]
    topics = LossyTopics(percent, rng)
    world.event_grid = topics  # type: ignore[assignment]
    world.switches.reauthorize_at_percent = 0
    world.switches.empty_delta_pages = True
    world.entra, world.graph = Entra(world), TwinGraph(world)
    tables = MemoryTables()
    app = join(
        SETTINGS,
        parse_watch(_subscriptions(people), {}),
        tables=tables,
        blobs=MemoryBlobs(),
        graph=DeltaGraph(world.graph, clock),
        clock=clock,
        push=NoPush(),
        queues=MemoryQueues(),
    )
    return Tenant(app, tables, clock, world, topics, rng)


def _subscriptions(people: Iterable[Person]) -> str:
    """subscriptions.toml: the mailboxes of all; one person's tasks and drive; a channel; the directory."""
    everybody = [person.id for person in people]
    first = everybody[0]
    channel = f"teams/{seeds.TEAM_ID}/channels/{seeds.CHANNEL_ID}/messages"
    entries = [_entry(name, f"users/{{user}}/{name}", ALL, everybody) for name in MAILBOX]
    entries += [
        _entry("tasks", f"users/{{user}}/todo/lists/{seeds.tasks_list(first)}/tasks", ALL, [first]),
        _entry("files", "users/{user}/drive/root", ("updated",), [first]),
        _entry("channel", channel, ALL),
        _entry("people", "users", ("updated", "deleted")),
        _entry("groups", "groups", ("updated", "deleted")),
    ]
    keys = ("azure_subscription_id", "resource_group", "name", "location")
    topic = "".join(f"{key} = {json.dumps(getattr(TOPIC, key))}\n" for key in keys)
    return f"[topic]\n{topic}" + "".join(entries)


def _entry(name: str, resource: str, change_types: Sequence[str], people: Sequence[str] = ()) -> str:
    who = f"for_each = {json.dumps(people)}\n" if people else ""
    watched = f"resource = {json.dumps(resource)}\nchange_types = {json.dumps(change_types)}\n"
    return f'[[subscription]]\nname = "{name}"\n{watched}{who}'
