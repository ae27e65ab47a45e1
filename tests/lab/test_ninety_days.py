"""The experiment itself: outages that force expiries are told from renewals that were missed."""

import logging
from datetime import timedelta

import pytest

from lab.ninety_days import Outage, _expiries, run
from lab.simulated import make_fleet
from lab.virtual_time import START, run_virtually

SIZE, DAYS = 60, 12
DAY_AND_A_QUARTER = timedelta(hours=30)  # longer than what is left of a to-do list's three days when it is renewed


@pytest.fixture(autouse=True)
def _quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_outages_of_half_a_day_cost_no_subscription():
    found = run_virtually(run(size=SIZE, seed=1, days=DAYS))

    assert found == {"expired": 0, "unforced": 0, "live": SIZE}


def test_an_outage_of_thirty_hours_forces_expiries_and_all_live_again():
    found = run_virtually(run(size=SIZE, seed=8, days=DAYS, longest=DAY_AND_A_QUARTER))

    assert found["expired"] > 0
    assert (found["unforced"], found["live"]) == (0, SIZE)


def test_without_renewals_all_expire_and_no_outage_forced_them():
    async def never_tick() -> list[Outage | None]:
        fleet = make_fleet(SIZE, seed=1)
        await fleet.app.keep_alive.tick()
        await fleet.clock.until(START + timedelta(days=30))
        return [outage for _, outage in _expiries(fleet, [])]

    assert run_virtually(never_tick()) == [None] * SIZE


def test_an_expiry_counts_for_the_outage_before_it():
    first, second = (Outage(START + timedelta(days=day), START + timedelta(days=day, hours=1)) for day in (1, 8))

    async def never_tick() -> list[Outage | None]:
        fleet = make_fleet(5, seed=1)  # one of each resource
        await fleet.app.keep_alive.tick()
        await fleet.clock.until(START + timedelta(days=30))
        return [outage for _, outage in _expiries(fleet, [first, second])]

    assert set(run_virtually(never_tick())) == {first, second}
