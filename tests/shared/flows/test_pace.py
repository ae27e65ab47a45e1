"""Twenty-five writes a second, however they come."""

from datetime import timedelta

from builders import NOW, FixedClock
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.flows.keep_alive.pace import PER_SECOND, Pace


async def test_the_first_is_free_and_the_next_waits_until_it_is_paid_for():
    clock = FixedClock()
    pace = Pace(clock)

    await pace.spend(20)
    assert clock.now() == NOW
    await pace.spend(20)
    assert clock.now() == NOW + timedelta(seconds=0.8)
    await pace.spend(1)
    assert clock.now() == NOW + timedelta(seconds=1.6)


async def test_time_without_writes_saves_nothing_up():
    clock = FixedClock()
    pace = Pace(clock)
    await pace.spend(20)
    clock.advance(timedelta(hours=1))

    await pace.spend(20)
    before = clock.now()
    await pace.spend(20)

    assert clock.now() - before == timedelta(seconds=0.8)


@settings(deadline=None)
@given(writes=st.lists(st.integers(1, 20), min_size=1, max_size=60))
async def test_in_any_twenty_seconds_there_are_no_more_than_graph_allows(writes):
    clock = FixedClock()
    pace, times = Pace(clock), []
    for count in writes:
        await pace.spend(count)
        times += [clock.now()] * count

    for first, start in enumerate(times):
        within = [at for at in times[first:] if at < start + timedelta(seconds=20)]
        assert len(within) <= 20 * PER_SECOND + 20  # a batch goes at once
