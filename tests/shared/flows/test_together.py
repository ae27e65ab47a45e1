"""Parts side by side, alone or several: each to its end; a cancellation that is not ours is a fault like any other."""

import asyncio

import pytest

from shared.flows.together import Broken, faults_of, run_together


async def done() -> None:
    await asyncio.sleep(0)


async def failed() -> None:
    await asyncio.sleep(0)
    raise ValueError("no")


async def cancelled() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("others", [0, 1, 3])
async def test_what_each_part_came_to_is_told_in_order(others):
    rest = [None] * others

    assert await faults_of([done(), *(done() for _ in rest)]) == [None, *rest]
    (value_fault, *after) = await faults_of([failed(), *(done() for _ in rest)])
    assert isinstance(value_fault, ValueError)
    assert after == rest
    (broken, *after) = await faults_of([cancelled(), *(done() for _ in rest)])
    assert isinstance(broken, Broken)
    assert after == rest


async def test_no_parts_have_no_faults():
    assert await faults_of([]) == []


@pytest.mark.parametrize("others", [0, 2])
async def test_our_own_cancellation_ends_the_parts_and_goes_on_up(others):
    ended = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(faults_of(endless() for _ in range(others + 1)), timeout=0.01)

    assert len(ended) == others + 1


@pytest.mark.parametrize("others", [0, 2])
async def test_a_time_limit_around_a_part_is_that_parts_fault(others):
    async def limited() -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    faults = await faults_of(limited() for _ in range(others + 1))

    assert [type(fault) for fault in faults] == [TimeoutError] * (others + 1)


@pytest.mark.parametrize("others", [0, 2])
async def test_what_failed_is_raised_as_one_group(others):
    with pytest.raises(ExceptionGroup, match="not done") as raised:
        await run_together([failed(), *(done() for _ in range(others))], "not done")

    assert [str(fault) for fault in raised.value.exceptions] == ["no"]
