"""The flows joined as composition joins them, over ports that a test holds in its hands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from builders import NOW, RING, TENANT, WATCH, FixedClock
from fakes import FakeGraph, FakeTopics

from shared.adapters.memory import MemoryBlobs, MemoryQueues, MemoryTables
from shared.adapters.telemetry import NoTelemetry
from shared.domain.events.client_state import KeyRing
from shared.domain.events.router import Router
from shared.domain.journal.cursor import Cursor
from shared.domain.journal.log_layout import OPERATORS
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.catch_up import CatchUp
from shared.flows.catch_up.audit import Audit
from shared.flows.journal import FeedRow, Journal
from shared.flows.journal.commit import Committer
from shared.flows.journal.days import Days
from shared.flows.keep_alive import KeepAlive
from shared.flows.keep_alive.by_hand import ByHand
from shared.flows.keep_alive.caps import Caps
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.keep_alive.groups import Groups
from shared.flows.keep_alive.heard import Heard
from shared.flows.keep_alive.hints import Hints
from shared.flows.keep_alive.inventory import Inventory
from shared.flows.keep_alive.lifecycle import Lifecycle
from shared.flows.keep_alive.pace import Pace
from shared.flows.keep_alive.rotation import Rotation
from shared.flows.keep_alive.tending import Tending
from shared.flows.receive import Receive
from shared.flows.receive.denied import Denied
from shared.flows.receive.handling import Handling
from shared.flows.receive.herald import Herald
from shared.flows.receive.routes import Outgoing
from shared.flows.receive.summaries import Summaries
from shared.flows.receive.wanted import Wanted
from shared.flows.upkeep.dead_letters import DeadLetters
from shared.flows.upkeep.quarantine import Quarantine
from shared.flows.upkeep.replay import Replay
from shared.flows.upkeep.retention import Retention
from shared.ports import Heads, Tables, Telemetry

DAY = NOW.strftime("%Y%m%d")


@dataclass(slots=True)
class RememberingPush:
    told: list[Mapping[str, int]] = field(default_factory=list)

    async def news(self, rows: Mapping[str, int]) -> None:
        self.told.append(rows)


@dataclass(slots=True)
class House:
    """One process of the app. Give two of them the same tables, graph and clock, and they are two processes."""

    tables: Tables = field(default_factory=MemoryTables)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    clock: FixedClock = field(default_factory=FixedClock)
    graph: FakeGraph = field(default_factory=FakeGraph)
    router: Router = field(default_factory=Router)
    watch: Watch = field(default_factory=lambda: parse_watch(WATCH, {}))
    ring: KeyRing = RING
    push: RememberingPush = field(default_factory=RememberingPush)
    writer: str = "w1"
    lanes: int = 1
    publish: Outgoing | None = None
    heads: Heads | None = None
    telemetry: Telemetry = field(default_factory=NoTelemetry)
    letters: MemoryBlobs = field(default_factory=MemoryBlobs)  # what Event Grid gave up on
    days: Days = field(init=False)
    journal: Journal = field(init=False)
    committer: Committer = field(init=False)
    quarantine: Quarantine = field(init=False)
    fleet: Fleet = field(init=False)
    catch_up: CatchUp = field(init=False)
    pace: Pace = field(init=False)
    caps: Caps = field(init=False)
    tending: Tending = field(init=False)
    inventory: Inventory = field(init=False)
    groups: Groups = field(init=False)
    rotation: Rotation = field(init=False)
    keep_alive: KeepAlive = field(init=False)
    lifecycle: Lifecycle = field(init=False)
    denied: Denied = field(init=False)
    heard: Heard = field(init=False)
    by_hand: ByHand = field(init=False)
    audit: Audit = field(init=False)
    handling: Handling = field(init=False)
    wanted: Wanted = field(init=False)
    receive: Receive = field(init=False)
    replay: Replay = field(init=False)
    dead_letters: DeadLetters = field(init=False)
    retention: Retention = field(init=False)

    def __post_init__(self) -> None:
        tables, clock = self.tables, self.clock
        self.publish = self.publish or Outgoing(FakeTopics(), MemoryQueues(), self.blobs, clock)
        self.graph.clock = clock
        self.days = Days(tables, clock, self.lanes)
        self.journal = Journal(tables, self.blobs, self.days, clock)
        self.committer = Committer(tables, self.blobs, self.days, clock, self.writer)
        self.quarantine, self.fleet = Quarantine(tables, self.blobs, clock, self.telemetry), Fleet(tables)
        self.catch_up = CatchUp(tables, self.graph, clock, self.journal, self.committer, self._accept, TENANT)
        self.pace, self.caps = Pace(clock), Caps(tables)
        self.tending = Tending(self.fleet, self.graph, self.catch_up, self.caps, self.pace, clock, self.ring, TENANT)
        self.inventory = Inventory(tables, self.fleet, self.graph, self.pace, clock)
        self.groups = Groups(self.watch, self.graph, clock)
        self.rotation, me = Rotation(tables, self.fleet, self.ring, clock), self.writer
        self.keep_alive = KeepAlive(
            tables,
            self.fleet,
            self.tending,
            self.inventory,
            self.groups,
            self.rotation,
            clock,
            self.watch,
            me,
            self.telemetry,
        )
        self.lifecycle = Lifecycle(self.fleet, self.keep_alive, clock)
        self.denied, self.heard = Denied(tables, clock), Heard(tables, clock)
        keep, graph, pace = self.keep_alive, self.graph, self.pace
        self.by_hand = ByHand(tables, self.fleet, keep, self.rotation, self.denied, graph, pace, clock, me)
        self.audit = Audit(tables, self.fleet, self.catch_up, self.heard, keep, graph, pace, clock, me)
        self.handling = Handling(
            self.router, self.committer, self.journal, self.graph, self.lifecycle, self.publish, clock, self.telemetry
        )
        self.wanted = Wanted(self.watch, self.fleet, clock)
        self.receive = Receive(
            self.ring,
            TENANT,
            self.wanted,
            self.committer,
            self.quarantine,
            self.router,
            self.handling,
            Herald(self.push, self.telemetry),
            clock,
            self.keep_alive.if_late,
            Summaries(self.router, self.heads),
            self.denied,
            self.heard,
            Hints(self.fleet, self.lifecycle, self.graph, clock).take,
            self.telemetry,
        )
        self.dead_letters = DeadLetters(self.letters, tables, self.receive, self.quarantine, clock)
        entries = {spec.entry for spec in self.watch.specs.values()}
        self.retention = Retention(
            tables, self.blobs, self.days, self.quarantine, self.dead_letters, self.fleet, entries, clock
        )
        self.replay = Replay(self.receive, self.quarantine, self.journal, self.handling)

    def beside(self, **changes: Any) -> "House":
        """Another process over the same storage and the same Graph."""
        same: Mapping[str, Any] = {
            "tables": self.tables,
            "blobs": self.blobs,
            "clock": self.clock,
            "graph": self.graph,
            "router": self.router,
            "watch": self.watch,
            "ring": self.ring,
            "push": self.push,
            "writer": "w2",
            "lanes": self.lanes,
            "publish": self.publish,
            "letters": self.letters,
        }
        return House(**{**same, **changes})

    async def rows(self, *readers: str) -> list[FeedRow]:
        """All that is in the journal for these readers, by pages."""
        found, cursor, has_more = [], None, True
        while has_more:
            page = await self.journal.page(readers or (OPERATORS,), cursor, limit=100)
            found += page.rows
            cursor, has_more = page.cursor, page.has_more
        return found

    async def _accept(self, *args: Any, **kwargs: Any) -> bool:
        return await self.receive.accept(*args, **kwargs)


async def all_pages(house: House, readers: tuple[str, ...], cursor: Cursor | None, *, limit: int) -> list[FeedRow]:
    rows, has_more = [], True
    while has_more:
        page = await house.journal.page(readers, cursor, limit=limit)
        rows += page.rows
        cursor, has_more = page.cursor, page.has_more
    return rows
