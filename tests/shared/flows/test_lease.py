"""One holder at a time; a lease that is not given back runs out."""

import asyncio
from datetime import timedelta

import pytest
from builders import FixedClock
from faulty_tables import Fate, FaultyTables

from shared.adapters.memory import MemoryTables
from shared.flows.keep_alive.lease import LENGTH, MARGIN, try_lease
from shared.ports import Tables, Unanswered


def lease(tables: Tables, clock: FixedClock, holder: str = "one"):
    return try_lease(tables, clock, name="keep_alive", holder=holder)


async def test_while_one_holds_it_nobody_else_does():
    tables, clock = MemoryTables(), FixedClock()

    async with lease(tables, clock) as mine, lease(tables, clock, "two") as other:
        assert mine is not None
        assert other is None


async def test_it_is_free_after_the_work():
    tables, clock = MemoryTables(), FixedClock()

    async with lease(tables, clock):
        pass
    async with lease(tables, clock, "two") as other:
        assert other is not None


async def test_it_is_free_after_work_that_failed_or_was_stopped():
    tables, clock = MemoryTables(), FixedClock()

    for fault in (ValueError, asyncio.CancelledError):
        with pytest.raises(fault):
            async with lease(tables, clock):
                raise fault
    async with lease(tables, clock, "two") as other:
        assert other is not None


async def test_of_many_at_once_one_gets_it():
    tables, clock = FaultyTables(), FixedClock()
    holding, done = [], asyncio.Event()

    async def work(number: int) -> None:
        async with lease(tables, clock, str(number)) as mine:
            holding.append(mine is not None)
            if len(holding) == 8:
                done.set()
            await done.wait()

    await asyncio.gather(*(work(number) for number in range(8)))

    assert sorted(holding) == [False] * 7 + [True]


async def test_with_time_enough_left_nothing_is_written():
    tables, clock = MemoryTables(), FixedClock()
    async with lease(tables, clock) as mine:
        tables.transactions = 0
        clock.advance(LENGTH - MARGIN - timedelta(seconds=1))

        assert await mine.still_ours()
        assert tables.transactions == 0


async def test_work_that_takes_longer_prolongs_it():
    tables, clock = MemoryTables(), FixedClock()
    async with lease(tables, clock) as mine:
        for _ in range(10):
            clock.advance(LENGTH - timedelta(seconds=1))
            assert await mine.still_ours()
            async with lease(tables, clock, "two") as other:
                assert other is None
    async with lease(tables, clock, "two") as other:
        assert other is not None


async def test_one_that_ran_out_unnoticed_is_prolonged_if_nobody_took_it():
    tables, clock = MemoryTables(), FixedClock()
    async with lease(tables, clock) as mine:
        clock.advance(2 * LENGTH)

        assert await mine.still_ours()
        async with lease(tables, clock, "two") as other:
            assert other is None


async def test_a_dead_holder_s_runs_out_and_its_loss_is_told():
    tables, clock = MemoryTables(), FixedClock()

    async with lease(tables, clock) as first:
        assert first is not None
        clock.advance(LENGTH - timedelta(seconds=1))
        async with lease(tables, clock, "two") as too_early:
            assert too_early is None
        clock.advance(timedelta(seconds=1))
        second = lease(tables, clock, "two")
        assert await second.__aenter__() is not None
        assert not await first.still_ours()

    async with lease(tables, clock, "three") as third:
        assert third is None  # the first one gave nothing back that was not its own
    await second.__aexit__(None, None, None)


async def test_one_that_was_taken_and_given_back_meanwhile_is_lost_too():
    tables, clock = MemoryTables(), FixedClock()
    async with lease(tables, clock) as first:
        clock.advance(LENGTH)
        async with lease(tables, clock, "two"):
            pass

        assert not await first.still_ours()


async def test_a_lease_whose_taking_had_no_answer_is_not_worked_under():
    tables, clock = FaultyTables(), FixedClock()
    tables.fates.append(Fate.ANSWER_LOST)

    with pytest.raises(Unanswered):
        async with lease(tables, clock):
            raise AssertionError

    clock.advance(LENGTH)
    async with lease(tables, clock) as mine:
        assert mine is not None
