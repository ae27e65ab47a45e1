"""The lease lives as long as its handlers run, and who lost it stops."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, mail_event
from faulty_tables import Fate, FaultyTables, rows_of
from house import DAY, House

from shared.domain.events.router import Route, Router
from shared.domain.journal.claims import LEASE
from shared.flows.journal.commit import Acceptance
from shared.flows.journal.rows import read_claim
from shared.flows.receive.handling import HANDLERS_S
from shared.flows.receive.heartbeat import Heartbeat
from shared.ports import Stale, Unanswered

TABLE = f"log{DAY}"


def claim_of(house: House):
    tables = house.tables.inner if isinstance(house.tables, FaultyTables) else house.tables
    (row,) = rows_of(tables, TABLE, "c|")
    return read_claim(row.entity, row.etag)


class Waiting:
    """A house whose handler runs until it is let go."""

    def __init__(self, **ports: object) -> None:
        self.started, self.go_on, self.runs, self.ended = asyncio.Event(), asyncio.Event(), 0, 0
        router = Router()

        @router.on("*", limit_s=300)
        async def wait(notification, context):
            self.runs += 1
            self.started.set()
            try:
                await self.go_on.wait()
            finally:
                self.ended += 1

        self.house = House(router=router, **ports)
        self.house.handling.beat_s = 0.001

    async def until(self, holds) -> None:
        while not holds():  # noqa: ASYNC110  what is waited for is a row in a table
            await asyncio.sleep(0.001)


async def test_the_lease_is_kept_while_a_handler_runs():
    waiting = Waiting()
    delivery = asyncio.create_task(waiting.house.receive(mail_event()))
    await waiting.started.wait()
    first = claim_of(waiting.house).lease_until

    waiting.house.clock.advance(timedelta(seconds=40))
    await waiting.until(lambda: claim_of(waiting.house).lease_until > first)
    waiting.go_on.set()
    await delivery

    assert claim_of(waiting.house).is_done


async def test_a_beat_that_fails_or_goes_unanswered_stops_nothing():
    waiting = Waiting(tables=FaultyTables())
    delivery = asyncio.create_task(waiting.house.receive(mail_event()))
    await waiting.started.wait()
    before = waiting.house.tables.submits
    waiting.house.tables.fates.extend([Fate.REFUSED, Fate.ANSWER_LOST, Fate.NEVER_ARRIVED])

    await waiting.until(lambda: waiting.house.tables.submits >= before + 6)
    waiting.go_on.set()
    await delivery

    assert claim_of(waiting.house).is_done
    assert waiting.runs == 1


async def test_who_lost_the_lease_stops_and_completes_nothing():
    waiting = Waiting()
    delivery = asyncio.create_task(waiting.house.receive(mail_event()))
    await waiting.started.wait()
    claim = claim_of(waiting.house)
    lane = rows_of(waiting.house.tables, TABLE)[0].entity["PartitionKey"]

    taken = replace(claim, owner="w2", lease_until=NOW + LEASE)
    other = waiting.house.beside()
    await other.committer.update(Acceptance(day=DAY, lane=str(lane), claim=claim, is_new=False), taken)

    with pytest.raises(ExceptionGroup) as raised:
        async with asyncio.timeout(10):  # sooner than the handler's own limit would end it
            await delivery
    assert raised.group_contains(Stale)
    assert waiting.ended == 1
    assert (claim_of(waiting.house).owner, claim_of(waiting.house).is_done) == ("w2", False)


async def test_a_short_run_costs_no_beat():
    tables, router = FaultyTables(), Router()

    @router.on("*")
    async def quick(notification, context): ...

    house = House(tables=tables, router=router)
    await house.receive(mail_event())

    assert len([size for size in tables.sizes if size == 2]) == 0  # writer's row and claim alone would be a beat


def test_a_delivery_gives_a_handler_no_longer_than_event_grid_waits_and_the_sweep_as_long_as_it_says():
    slow, quick = (Route("x", ("*",), frozenset(), wait, limit_s) for limit_s in (300, 2))

    assert HANDLERS_S < 30
    assert (slow.limit(HANDLERS_S), slow.limit(None)) == (HANDLERS_S, 300)
    assert (quick.limit(HANDLERS_S), quick.limit(None)) == (2, 2)


async def wait(notification, context): ...


async def test_a_beat_without_an_answer_that_was_written_after_all_is_our_own():
    """Or, when it is not ours any more, the end."""
    waiting = Waiting()
    delivery = asyncio.create_task(waiting.house.receive(mail_event()))
    await waiting.started.wait()
    claim = claim_of(waiting.house)
    at = Acceptance(day=DAY, lane="00", claim=claim, is_new=True)
    ours, others = replace(claim, etag="later"), replace(claim, owner="w2")

    heart = Heartbeat(Silent(ours), waiting.house.clock, at, 1)
    await heart._beat()
    with pytest.raises(Stale):
        await Heartbeat(Silent(others), waiting.house.clock, at, 1)._beat()
    waiting.go_on.set()
    await delivery

    assert heart.acceptance.claim.etag == "later"


class Silent:
    """A committer whose writes go unanswered, and who finds a claim."""

    def __init__(self, found) -> None:
        self.found = found

    async def update(self, acceptance, claim):
        raise Unanswered("no answer")

    async def find(self, day, lane, claim):
        return self.found


async def test_the_slowest_handler_is_stopped_at_its_limit_and_counts_as_failed():
    router = Router()

    @router.on("*", limit_s=0.01)
    async def stuck(notification, context):
        await asyncio.Event().wait()

    house = House(router=router)

    with pytest.raises(ExceptionGroup) as raised:
        await house.receive(mail_event())

    assert raised.group_contains(TimeoutError)
    assert claim_of(house).attempts == 1
