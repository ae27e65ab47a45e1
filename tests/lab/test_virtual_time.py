"""Time that jumps: weeks of sleeping cost nothing, and everybody wakes in order."""

import asyncio
from datetime import timedelta

import pytest

from lab.virtual_time import START, VirtualClock, run_virtually


def test_weeks_of_sleep_are_over_at_once_and_the_clock_says_so():
    async def sleep() -> timedelta:
        clock = VirtualClock()
        await clock.sleep(90 * 86_400)
        return clock.now() - START

    assert run_virtually(sleep()) == timedelta(days=90)


def test_everybody_wakes_in_the_order_of_time():
    woken = []

    async def sleep(name: str, seconds: float) -> None:
        clock = VirtualClock()
        await clock.sleep(seconds)
        woken.append((name, (clock.now() - START).total_seconds()))

    async def all_of_them() -> None:
        await asyncio.gather(sleep("late", 3_600), sleep("first", 1), sleep("same", 3_600), sleep("middle", 60))

    run_virtually(all_of_them())

    assert woken == [("first", 1), ("middle", 60), ("late", 3_600), ("same", 3_600)]


def test_until_waits_for_an_instant_and_not_for_one_that_is_over():
    async def wait() -> list[timedelta]:
        clock = VirtualClock()
        times = []
        for hours in (2, 1, 3):
            await clock.until(START + timedelta(hours=hours))
            times.append(clock.now() - START)
        return times

    assert run_virtually(wait()) == [timedelta(hours=hours) for hours in (2, 2, 3)]


def test_a_skewed_clock_is_off_and_sleeps_as_long():
    async def sleep() -> timedelta:
        wrong = VirtualClock(skew=timedelta(minutes=-7))
        await wrong.sleep(60)
        return wrong.now() - VirtualClock().now()

    assert run_virtually(sleep()) == timedelta(minutes=-7)


def test_a_time_limit_strikes_in_virtual_time():
    async def hang() -> None:
        async with asyncio.timeout(3_600):
            await VirtualClock().sleep(7_200)

    with pytest.raises(TimeoutError):
        run_virtually(hang())
