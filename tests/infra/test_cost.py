"""The cost model: sums that can be done by hand, and a table of prices that is whole."""

import tomllib

import pytest

from infra.cost import PRICES, main, of_events, of_subscriptions, parts, priced

SHEET = tomllib.loads(PRICES.read_text(encoding="utf-8"))
USE, PRICE = {**SHEET["use"], **SHEET["quiet"]}, SHEET["price"]


def test_a_million_events_are_two_million_operations_of_event_grid():
    lines = {line.name: line for line in priced(of_events(USE), PRICE)}

    assert lines["event_grid_million"].amount == 2
    assert lines["event_grid_million"].cost == pytest.approx(2 * PRICE["event_grid_million"])


def test_larger_deliveries_cost_less_and_more_log_costs_more():
    def total(**changes: float) -> float:
        return sum(line.cost for line in priced(of_events({**USE, **changes}), PRICE))

    assert total(events_per_delivery=50) < total(events_per_delivery=5) < total(events_per_delivery=1)
    assert total(log_kib_per_event=8) > total(log_kib_per_event=2)


def test_longer_lives_cost_less():
    def total(days: float) -> float:
        return sum(line.cost for line in priced(of_subscriptions({**USE, "lifetime_days": days}), PRICE))

    assert total(29) < total(6.9)


def test_every_amount_has_its_price():
    for amounts in parts(SHEET).values():
        assert set(amounts) <= set(PRICE)
    assert set(SHEET["free"]) <= set(PRICE)


def test_figures_are_printed_with_the_day_of_their_prices(capsys):
    assert main([]) == 0

    printed = capsys.readouterr().out
    assert str(SHEET["as_of"]) in printed
    assert "check them" in printed
    assert "1,000,000 events, dense: " in printed
