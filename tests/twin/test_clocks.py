import asyncio
from datetime import UTC, datetime, timedelta

from twin.clocks import MovableClock


def test_now_is_aware_and_in_utc():
    assert MovableClock().now().tzinfo is UTC


def test_a_moved_clock_goes_on_from_there():
    clock = MovableClock()
    target = datetime(2030, 1, 1, tzinfo=UTC)

    clock.set(target)

    assert timedelta() <= clock.now() - target < timedelta(minutes=1)


def test_advance_adds_up():
    clock = MovableClock()

    clock.advance(timedelta(days=1))
    clock.advance(timedelta(hours=-1))

    assert clock.offset == timedelta(hours=23)


async def test_who_waits_is_woken_when_the_clock_is_moved_past():
    clock = MovableClock()
    waiting = asyncio.create_task(clock.wait_until(clock.now() + timedelta(days=3)))
    await asyncio.sleep(0)

    clock.advance(timedelta(days=3))

    async with asyncio.timeout(10):
        await waiting


async def test_who_waits_for_later_goes_on_waiting():
    clock = MovableClock()
    waiting = asyncio.create_task(clock.wait_until(clock.now() + timedelta(days=3)))
    await asyncio.sleep(0)

    clock.advance(timedelta(days=2))
    for _ in range(5):
        await asyncio.sleep(0)

    assert not waiting.done()
    clock.advance(timedelta(days=1))
    async with asyncio.timeout(10):
        await waiting


async def test_an_instant_in_the_past_needs_no_wait():
    clock = MovableClock()

    await clock.wait_until(clock.now() - timedelta(seconds=1))
