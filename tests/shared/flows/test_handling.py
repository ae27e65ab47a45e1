"""Handlers run until each is done once: kept per handler, taken over, given up to the sweep."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from builders import NOW, lifecycle_event, mail_event, mail_spec
from faulty_tables import Fate, FaultyTables, rows_of
from house import DAY, House

from shared.domain.events.router import Router
from shared.domain.journal.claims import ATTEMPTS, LEASE
from shared.flows.receive.handling import StillRunning
from shared.handlers import find_handlers
from shared.ports import Stale

TABLE = f"log{DAY}"


@dataclass
class Effects:
    """Two handlers, whose runs and keys are counted; `failing` names those that fail."""

    router: Router = field(default_factory=Router)
    runs: Counter = field(default_factory=Counter)
    keys: list[str] = field(default_factory=list)
    failing: dict[str, BaseException] = field(default_factory=dict)

    def __post_init__(self):
        @self.router.on("*")
        async def one(notification, context):
            self._ran("one", context)

        @self.router.on("Microsoft.Graph.Message*", change_types=["created"])
        async def two(notification, context):
            self._ran("two", context)

    def _ran(self, name, context):
        self.runs[name] += 1
        self.keys.append(context.idempotency_key)
        if fault := self.failing.get(name):
            raise fault


async def deliver(house: House, event: str) -> list[Exception]:
    """Deliver once. The faults for which Event Grid would deliver again."""
    try:
        await house.receive(event)
    except ExceptionGroup as group:
        return list(group.exceptions)
    return []


def pending(house: House) -> int:
    tables = house.tables.inner if isinstance(house.tables, FaultyTables) else house.tables
    return len(rows_of(tables, TABLE, "p|"))


async def test_an_event_is_handled_once_and_no_pending_row_stays():
    effects = Effects()
    house, event = House(router=effects.router), mail_event()

    for process in (house, house, house.beside()):
        assert await deliver(process, event) == []

    assert effects.runs == {"one": 1, "two": 1}
    assert pending(house) == 0


async def test_a_handled_event_costs_two_transactions():
    tables = FaultyTables()
    house = House(tables=tables, router=Effects().router)
    await house.days.open(DAY)
    await house.keep_alive.if_late()  # one read in five minutes
    await house.denied.read()  # another one
    tables.inner.transactions = 0

    await house.receive(mail_event())

    assert tables.inner.transactions == 2


async def test_32_handled_events_at_once_share_their_transactions():
    tables = FaultyTables()
    house = House(tables=tables, router=Effects().router)
    await house.days.open(DAY)
    await house.keep_alive.if_late()  # one read in five minutes
    await house.denied.read()  # another one
    tables.inner.transactions = 0

    await house.receive("[" + ",".join(mail_event(number=number) for number in range(32)) + "]")

    assert tables.inner.transactions == 2


async def test_only_a_failed_handler_runs_again():
    effects = Effects(failing={"two": ValueError("no")})
    house, event = House(router=effects.router), mail_event()

    faults = await deliver(house, event)
    effects.failing.clear()

    assert [type(fault) for fault in faults] == [ExceptionGroup]
    assert await deliver(house.beside(), event) == []
    assert effects.runs == {"one": 1, "two": 2}


async def test_each_run_of_a_handler_has_the_same_key_and_no_two_handlers_share_one():
    effects = Effects(failing={"one": ValueError("no"), "two": ValueError("no")})
    house, event = House(router=effects.router), mail_event()

    await deliver(house, event)
    await deliver(house, event)

    assert sorted(Counter(effects.keys).values()) == [2, 2]


async def test_after_five_attempts_the_delivery_is_acknowledged_and_the_sweep_goes_on():
    effects = Effects(failing={"two": ValueError("no")})
    house, event = House(router=effects.router), mail_event()

    faults = [len(await deliver(house, event)) for _ in range(ATTEMPTS + 2)]
    swept = [await house.handling.sweep(), await house.handling.sweep()]
    effects.failing.clear()
    swept += [await house.handling.sweep(), await house.handling.sweep()]

    assert faults == [1] * (ATTEMPTS - 1) + [0, 0, 0]
    assert swept == [0, 0, 1, 0]
    assert effects.runs == {"one": 1, "two": ATTEMPTS + 3}
    assert pending(house) == 0


async def test_a_handler_that_ends_in_a_cancellation_of_its_own_has_failed():
    effects = Effects(failing={"two": asyncio.CancelledError()})
    house, event = House(router=effects.router), mail_event()

    faults = await deliver(house, event)
    effects.failing.clear()
    again = await deliver(house, event)

    assert len(faults) == 1
    assert again == []
    assert effects.runs == {"one": 1, "two": 2}


async def test_while_somebody_handles_it_a_redelivery_waits():
    effects = Effects()
    house, event = House(router=effects.router), mail_event()
    started, go_on = asyncio.Event(), asyncio.Event()

    @effects.router.on("*")
    async def slow(notification, context):
        started.set()
        await go_on.wait()

    first = asyncio.create_task(deliver(house, event))
    await started.wait()
    redelivered = await deliver(house.beside(), event)
    go_on.set()

    assert [type(fault) for fault in redelivered] == [StillRunning]
    assert await first == []
    assert await deliver(house.beside(), event) == []


async def test_after_a_crash_the_event_is_taken_over_once_its_lease_has_run_out():
    effects = Effects()
    tables = FaultyTables()
    house, event = House(tables=tables, router=effects.router), mail_event()
    await house.days.open(DAY)
    tables.fates += [Fate.FINE, Fate.REFUSED]  # accepted, handled, never completed

    crashed = await deliver(house, event)
    waiting = await deliver(house.beside(), event)
    house.clock.advance(LEASE)
    taken_over = await deliver(house.beside(), event)

    assert len(crashed) == 1
    assert [type(fault) for fault in waiting] == [StillRunning]
    assert taken_over == []
    assert pending(house) == 0


async def test_who_lost_the_claim_leaves_it_to_who_took_it_over():
    effects = Effects()
    house, event = House(router=effects.router), mail_event()
    thief = house.beside()
    stolen: list[int] = []

    @effects.router.on("*")
    async def slow(notification, context):
        if not stolen:
            stolen.append(1)
            house.clock.advance(LEASE)
            assert await deliver(thief, event) == []

    faults = await deliver(house, event)

    assert [type(fault) for fault in faults] == [Stale]
    assert await deliver(house, event) == []
    assert pending(house) == 0


async def test_the_sweep_takes_up_what_nobody_delivers_again():
    effects = Effects()
    tables = FaultyTables()
    house, event = House(tables=tables, router=effects.router), mail_event()
    await house.days.open(DAY)
    tables.fates += [Fate.FINE, Fate.REFUSED]
    await deliver(house, event)

    too_early = await house.beside().handling.sweep()
    house.clock.advance(LEASE)

    assert too_early == 0
    assert await house.beside().handling.sweep() == 1
    assert await house.handling.sweep() == 0


async def test_two_sweeps_at_once_complete_an_event_once():
    effects = Effects()
    tables = FaultyTables()
    house = House(tables=tables, router=effects.router)
    await house.days.open(DAY)
    tables.fates += [Fate.FINE, Fate.REFUSED]
    await deliver(house, mail_event())
    house.clock.advance(LEASE)
    effects.runs.clear()

    swept = await asyncio.gather(house.handling.sweep(), house.beside().handling.sweep())

    assert sorted(swept) == [0, 1]
    assert effects.runs == {"one": 1, "two": 1}


async def test_an_event_that_no_handler_matches_is_done_from_the_start():
    router = Router()

    @router.on("*", change_types=["deleted"])
    async def never(notification, context):
        raise AssertionError

    house = House(router=router)

    assert await deliver(house, mail_event(change="created")) == []
    assert pending(house) == 0


async def test_an_event_whose_handler_is_gone_is_completed_by_the_sweep():
    effects = Effects(failing={"one": ValueError("no"), "two": ValueError("no")})
    house = House(router=effects.router)
    await deliver(house, mail_event())

    assert await house.beside(router=Router()).handling.sweep() == 1
    assert pending(house) == 0


async def test_an_event_of_yesterday_is_swept_too():
    effects = Effects(failing={"one": ValueError("no")})
    house = House(router=effects.router)
    await deliver(house, mail_event(time=NOW - timedelta(days=1)))
    effects.failing.clear()

    assert await house.handling.sweep() == 1


@pytest.mark.parametrize(
    ("kind", "state"),
    [("reauthorizationRequired", "live"), ("subscriptionRemoved", "live"), ("missed", "live")],
)
async def test_our_own_handlers_answer_lifecycle_events(kind, state):
    house = House(router=find_handlers())
    await house.keep_alive.tick()
    known = await house.fleet.get(mail_spec())
    if kind == "subscriptionRemoved":
        del house.graph.subscriptions[known.id]
    before = dict(house.graph.calls)

    assert await deliver(house, lifecycle_event(kind, subscription=known.id.upper())) == []

    calls = {name for name, count in house.graph.calls.items() if count > before.get(name, 0)}
    expected = {
        "reauthorizationRequired": {"renew_subscriptions"},
        "subscriptionRemoved": {"create_subscriptions", "collection_ids", "delta"},
        "missed": {"collection_ids", "delta"},
    }
    assert calls == expected[kind]
    assert {known.state.value for known in (await house.fleet.all()).values()} == {state}
