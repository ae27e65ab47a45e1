"""Outages by component: what is drawn, that a seed repeats it, and what is refused."""

import pytest

from twin.outages import COMPONENTS, Outages


def fates(outages: Outages, component: str = "graph", count: int = 200) -> list[str]:
    drawn = [outages.draw(component) for _ in range(count)]
    return ["refused" if fate.refused else "unanswered" if fate.unanswered else "good" for fate in drawn]


def on(seed: int = 7, **outages: dict[str, object]) -> Outages:
    made = Outages(seed)
    made.turn(outages)
    return made


def test_without_outages_all_goes_well() -> None:
    assert fates(Outages(7)) == ["good"] * 200


def test_a_seed_repeats_a_whole_run_whatever_the_other_components_do() -> None:
    trouble = {"refused_percent": 30, "unanswered_percent": 20}
    first, second = on(graph=trouble, table=trouble), on(graph=trouble, table=trouble)
    fates(second, "table", 50)

    run = fates(first)

    assert run == fates(second)
    assert {"refused", "unanswered", "good"} == set(run)
    assert run != fates(on(8, graph=trouble))


def test_a_burst_goes_on_after_its_first_refusal() -> None:
    run = fates(on(table={"refused_percent": 5, "burst": 4}), "table")

    lengths = [len(part) for part in "".join(each[0] for each in run).split("g") if part]
    assert lengths
    assert all(length >= 4 for length in lengths[:-1])


def test_an_outage_ends_when_it_is_turned_off() -> None:
    outages = on(graph={"refused_percent": 100, "status": 429, "retry_after_s": 7, "latency_ms": 20})
    fate = outages.draw("graph")
    assert fate.refused is not None
    assert (fate.refused.status, fate.refused.retry_after_s, fate.latency_s) == (429, 7, 0.02)

    outages.turn({"graph": None})

    assert fates(outages) == ["good"] * 200


def test_slow_partitions_are_named_by_a_pattern() -> None:
    outages = on(slow_partitions={"^s0": 250, "never": 1000})

    assert [outages.delay_of_partition(key) for key in ("s01", "s1", "")] == [0.25, 0.0, 0.0]


def test_all_that_is_on_can_be_read() -> None:
    shown = on(entra={"latency_ms": 5}).as_json()

    assert shown["entra"]["latency_ms"] == 5
    assert shown.keys() == {*COMPONENTS, "slow_partitions"}


@pytest.mark.parametrize(
    "order",
    [
        {"grpah": {}},
        {"graph": []},
        {"graph": {"latency": 1}},
        {"graph": {"burst": 1.5}},
        {"graph": {"status": 200}},
        {"graph": {"refused_percent": True}},
        {"slow_partitions": {"[": 1}},
        {"slow_partitions": {"a": "slow"}},
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(order: dict[str, object]) -> None:
    outages = on(arm={"refused_percent": 100})

    with pytest.raises(ValueError, match=r"want|no regular"):
        outages.turn({"arm": None, **order})

    assert outages.draw("arm").refused is not None
