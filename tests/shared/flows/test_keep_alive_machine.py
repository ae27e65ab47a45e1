"""Whatever strikes: once it is over, one living subscription for each spec, and no stranger was touched."""

import asyncio
from datetime import timedelta

from builders import ADA, GRACE, WATCH, FixedClock, watch_of
from fakes import FakeGraph
from house import House
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from mortal import Blow, Crash, Fate, MortalGraph, MortalTables

from shared.adapters.memory import MemoryTables
from shared.domain.subscriptions import Act, State
from shared.domain.watch import Watch, parse_watch
from shared.flows.lease import LENGTH
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


class KeepAliveMachine(RuleBasedStateMachine):
    """Two processes beside each other, each with a fate of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock, self.tables = FixedClock(), MemoryTables()
        self.graph = FakeGraph(clock=self.clock)
        self.watch = WATCHES[0]
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
        house, _ = self._process("c")
        end = self.clock.now() + REST
        while self.clock.now() < end:
            self.clock.advance(timedelta(hours=3))
            await house.keep_alive.tick()
        known, url = await house.fleet.all(), house.watch.topic.url
        living = [one for one in self.graph.living() if one.url == url]  # an orphan of another topic ends with its life
        assert {one.state for one in known.values()} == {State.LIVE}
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
            clock=self.clock,
            graph=MortalGraph(self.graph, fate),  # type: ignore[arg-type]
            watch=self.watch,
            writer=writer,
        )
        return house, fate

    def _run(self, one: int) -> None:
        self.runner.run(self._tick(one))

    async def _tick(self, one: int) -> None:
        house, fate = self.processes[one]
        try:
            await house.keep_alive.tick()
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
    max_examples=100, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
