"""Whatever strikes: once it is over, one living subscription for each spec, and no stranger was touched.

Quick in CI; `KEEP_ALIVE_EXAMPLES=5000` in the environment makes it long.
"""

import asyncio
import os
from collections.abc import Awaitable
from datetime import datetime, timedelta

from builders import ADA, GRACE, RING, WATCH, FixedClock, lifecycle_event, mail_event, mail_spec, state_of, watch_of
from fakes import FakeGraph
from house import House
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from mortal import Blow, Crash, Fate, MortalGraph, MortalTables

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import KeyRing
from shared.domain.watching.subscriptions import Act, State
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive.lease import LENGTH
from shared.handlers import find_handlers
from shared.ports import GraphFault, GraphSubscription

MAIL = f'name = "mail"\nresource = "users/{{user}}/messages"\nfor_each = ["{ADA}"]'
WATCHES = [
    parse_watch(text, {})
    for text in (
        WATCH,
        watch_of(f'{MAIL}\nchange_types = ["created", "updated", "deleted"]'),
        watch_of(f'{MAIL}\nchange_types = ["created"]'),
        watch_of(f'{MAIL}\nchange_types = ["created"]\nlifetime = 2000'),
        WATCH.replace("pt-sample", "pt-other"),
    )
]
ELSEWHERE = WATCHES[0].topic.url.replace("pt-sample", "pt-elsewhere")
REST = timedelta(days=12)
RINGS = [RING, KeyRing({**RING.keys, 2: bytes(range(1, 33))})]
SKEWS = [timedelta(), timedelta(seconds=25), timedelta(seconds=-25)]  # of each process's clock
PEOPLE = st.sampled_from([ADA, GRACE])
TEN_MINUTES = timedelta(minutes=10)
BLOWS_BY_HAND = [blow for blow in Blow if blow is not Blow.OVERTAKEN]  # frozen for ten minutes, nobody keeps a rule
KINDS = ["reauthorizationRequired", "subscriptionRemoved", "missed"]


class SkewedClock(FixedClock):
    """A process's own view of the time that all share."""

    def __init__(self, clock: FixedClock, skew: timedelta) -> None:
        self.clock, self.skew = clock, skew

    def now(self) -> datetime:
        return self.clock.now() + self.skew

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)


class KeepAliveMachine(RuleBasedStateMachine):
    """Two processes beside each other, each with a fate of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock, self.tables = FixedClock(), MemoryTables()
        self.graph = FakeGraph(clock=self.clock)
        self.watch, self.ring = WATCHES[0], RINGS[0]
        self.processes: list[tuple[House, Fate]] = []
        self.strangers: dict[str, GraphSubscription] = {}

    @initialize()
    def begin(self) -> None:
        self.processes = [self._process("a"), self._process("b")]
        for resource, url in ((f"users/{ADA}/messages", ELSEWHERE), (f"users/{GRACE}/events", "https://x.example")):
            id_ = self.graph.put_subscription(resource, url)
            self.strangers[id_] = self.graph.subscriptions[id_]

    @rule(one=st.integers(0, 1), at=st.integers(1, 25), blow=st.sampled_from(Blow))
    def tick_under_a_blow(self, one: int, at: int, blow: Blow) -> None:
        _, fate = self.processes[one]
        fate.at, fate.blow, fate.meanwhile = at, blow, lambda: self._overtake(1 - one)
        self._run(one)
        fate.at = -1

    @rule(one=st.integers(0, 1))
    def tick(self, one: int) -> None:
        self._run(one)

    @rule(turns=st.integers(0, 1))
    def tick_both_at_once(self, turns: int) -> None:
        async def both() -> None:
            await asyncio.gather(self._tick(turns), self._tick(1 - turns))

        self.runner.run(both())

    @rule(minutes=st.sampled_from([1, 5, 60, 1_500, 5_000, 12_000]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule(one=st.integers(0, 1), cut=st.booleans())
    def the_way_to_graph_breaks_or_is_mended(self, one: int, cut: bool) -> None:
        self.processes[one][1].is_cut_off = cut

    @rule(which=st.integers(0, 9))
    def somebody_removes_one(self, which: int) -> None:
        ours = sorted(self.graph.subscriptions.keys() - self.strangers.keys())
        if ours:
            del self.graph.subscriptions[ours[which % len(ours)]]

    @rule(chosen=st.sets(st.integers(0, 6), min_size=1), status=st.sampled_from([400, 403, 404, 429, 503]))
    def graph_refuses_items(self, chosen: set[int], status: int) -> None:
        things = sorted(self.graph.subscriptions.keys() - self.strangers.keys())
        things += sorted({spec.resource for spec in self.watch.specs.values()})
        for which in chosen:
            self.graph.item_faults[things[which % len(things)]] = GraphFault(status, "x", "scripted", 30)

    @rule(which=st.integers(0, 9), lacks=st.booleans())
    def graph_s_list_lacks_one(self, which: int, lacks: bool) -> None:
        living = sorted(self.graph.subscriptions)
        self.graph.unlisted = {living[which % len(living)]} if lacks else set()

    @rule(watch=st.sampled_from(WATCHES), one=st.integers(0, 1), at=st.integers(0, 12), blow=st.sampled_from(Blow))
    def another_version_is_deployed(self, watch: Watch, one: int, at: int, blow: Blow) -> None:
        self.watch = watch
        self.processes[one] = self._process("ab"[one])
        self.tick_under_a_blow(one, at, blow)

    @rule(one=st.integers(0, 1))
    def a_process_starts_anew(self, one: int) -> None:
        self.processes[one] = self._process("ab"[one])

    @rule(one=st.integers(0, 1), kind=st.sampled_from(KINDS), who=PEOPLE, is_current=st.booleans())
    def graph_says_something_of_its_life(self, one: int, kind: str, who: str, is_current: bool) -> None:
        house, spec = self.processes[one][0], mail_spec(who)
        (known,) = [found for found in self.graph.living() if found.resource == f"users/{who}/messages"][:1] or [None]
        id_ = known.id if known and is_current else "sub-of-old"
        event = lifecycle_event(kind, spec=spec, subscription=id_, time=self.clock.now(), state=self._state(spec))
        self._guarded(one, house.receive(event))

    @rule(one=st.integers(0, 1), who=PEOPLE, number=st.integers(1, 9))
    def a_change_arrives(self, one: int, who: str, number: int) -> None:
        state = self._state(mail_spec(who))
        event = mail_event(person=who, number=number, time=self.clock.now(), state=state)
        self._guarded(one, self.processes[one][0].receive(event))

    @rule(calls=st.integers(1, 6), method=st.sampled_from(["renew", "create", "delete", "list"]))
    def graph_throttles(self, calls: int, method: str) -> None:
        fault = GraphFault(429, "TooManyRequests", "slow down", 60)
        self.graph.refuse(f"{method}_subscriptions", fault, times=calls)

    @rule(one=st.integers(0, 1), at=st.integers(0, 8), blow=st.sampled_from(BLOWS_BY_HAND), who=PEOPLE)
    def a_person_reauthorizes(self, one: int, at: int, blow: Blow, who: str) -> None:
        self._by_hand(one, at, blow, "reauthorize", who)

    @rule(one=st.integers(0, 1), at=st.integers(0, 8), blow=st.sampled_from(BLOWS_BY_HAND), who=PEOPLE)
    def a_person_deletes(self, one: int, at: int, blow: Blow, who: str) -> None:
        self._by_hand(one, at, blow, "delete", who)

    @rule(one=st.integers(0, 1), ring=st.sampled_from(RINGS))
    def another_key_is_deployed(self, one: int, ring: KeyRing) -> None:
        self.ring = ring
        self.processes[one] = self._process("ab"[one])

    @rule(one=st.integers(0, 1), on=st.booleans())
    def a_person_turns_the_rotation(self, one: int, on: bool) -> None:
        rotation = self.processes[one][0].rotation
        self._guarded(one, rotation.begin() if on else rotation.stop())

    @invariant()
    def no_renewal_within_ten_minutes_of_a_reauthorization(self) -> None:
        for id_, kind, at in self.graph.touches:
            if kind == "reauthorize":
                near = [one for one in self.graph.touches if abs(one[2] - at) < TEN_MINUTES and one[0] == id_]
                assert {one[1] for one in near} == {"reauthorize"}, near

    @invariant()
    def no_stranger_is_touched(self) -> None:
        assert {id_: self.graph.subscriptions.get(id_) for id_ in self.strangers} == self.strangers

    def teardown(self) -> None:
        try:
            self.runner.run(self._comes_to_rest())
        finally:
            self.runner.close()

    async def _comes_to_rest(self) -> None:
        self.graph.item_faults.clear()
        self.graph.unlisted.clear()
        self.graph.refusals_end()
        self.ring = RINGS[1]
        house, _ = self._process("c")
        await house.keep_alive.reconcile(asked=True)
        await house.rotation.begin()
        end = self.clock.now() + REST
        while self.clock.now() < end:
            self.clock.advance(timedelta(hours=3))
            await house.keep_alive.tick()
        known, url = await house.fleet.all(), house.watch.topic.url
        living = [one for one in self.graph.living() if one.id not in self.strangers]
        assert {(one.state, one.key_version) for one in known.values()} == {(State.LIVE, self.ring.newest)}
        assert sorted(known) == sorted(house.watch.specs)
        assert sorted(one.id for one in living) == sorted(one.id for one in known.values() if one.id)
        wanted = [(spec.resource, spec.change_types, url) for spec in house.watch.specs.values()]
        assert sorted((one.resource, one.change_types, one.url) for one in living) == sorted(wanted)
        assert {step.act for step in await house.keep_alive.plan()} <= {Act.KEEP}
        self.no_stranger_is_touched()

    def _process(self, writer: str) -> tuple[House, Fate]:
        fate = Fate()
        house = House(
            tables=MortalTables(self.tables, fate),
            clock=SkewedClock(self.clock, SKEWS["abc".index(writer)]),
            ring=self.ring,
            router=find_handlers(),
            graph=MortalGraph(self.graph, fate),  # type: ignore[arg-type]
            watch=self.watch,
            writer=writer,
        )
        return house, fate

    def _run(self, one: int) -> None:
        self.runner.run(self._tick(one))

    async def _tick(self, one: int) -> None:
        await self._bear(one, self.processes[one][0].keep_alive.tick())

    def _guarded(self, one: int, deed: Awaitable[object]) -> None:
        self.runner.run(self._bear(one, deed))

    def _by_hand(self, one: int, at: int, blow: Blow, verb: str, who: str) -> None:
        house, fate = self.processes[one]
        fate.at, fate.blow = at, blow

        async def deed() -> None:
            if known := await house.fleet.get(mail_spec(who)):
                await getattr(house.by_hand, verb)([known])

        self._guarded(one, deed())
        fate.at = -1

    def _state(self, spec: str) -> str:
        return state_of(spec, ring=self.ring)

    async def _bear(self, one: int, deed: Awaitable[object]) -> None:
        """The process may die of it."""
        _, fate = self.processes[one]
        try:
            await deed
        except BaseException as end:
            if not isinstance(end, Exception) and not _is_crash(end):
                raise
        if fate.is_dead:
            self.processes[one] = self._process("ab"[one])

    async def _overtake(self, other: int) -> None:
        """The one stands still, for longer than its lease; the other one works."""
        self.clock.advance(LENGTH)
        await self._tick(other)


def _is_crash(end: BaseException) -> bool:
    return isinstance(end, Crash) or (isinstance(end, BaseExceptionGroup) and end.subgroup(Crash) is not None)


TestKeepAlive = KeepAliveMachine.TestCase
TestKeepAlive.settings = settings(
    max_examples=int(os.environ.get("KEEP_ALIVE_EXAMPLES", "60")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
