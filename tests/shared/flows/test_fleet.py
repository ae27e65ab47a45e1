"""Our table of subscriptions: the due index says what the masters say, whatever happens."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, WATCH, mail_spec
from faulty_tables import FaultyTables
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory import MemoryTables
from shared.domain.subscriptions import State, Subscription, wanted
from shared.domain.watch import parse_watch
from shared.flows.fleet import SHARD, TABLE, Fleet
from shared.ports import Stale, Taken

SPEC = parse_watch(WATCH, {}).specs[mail_spec()]


def subscription(spec: str = SPEC.key, **changes) -> Subscription:
    return replace(wanted(SPEC, now=NOW), spec=spec, **changes)


async def due(fleet: Fleet, at=NOW) -> list[str]:
    return [known.spec async for known in fleet.due(at)]


async def test_a_subscription_comes_back_as_it_was_written():
    fleet = Fleet(MemoryTables())
    full = subscription(
        state=State.LIVE,
        id="sub-1",
        url="EventGrid:?x",
        key_version=3,
        expires_at=NOW + timedelta(hours=1, microseconds=5),
        renew_at=NOW,
        renewed_at=NOW,
        resync="why",
        faults=2,
        note="é",
    )

    added = await fleet.add(full)

    assert await fleet.get(full.spec) == added
    assert replace(added, etag="") == full
    assert await fleet.all() == {full.spec: added}
    assert await fleet.get("none~x") is None


async def test_a_second_row_for_a_spec_is_refused():
    fleet = Fleet(MemoryTables())
    await fleet.add(subscription())

    with pytest.raises(Taken):
        await Fleet(fleet.tables).add(subscription())


async def test_an_update_of_what_changed_meanwhile_is_refused_and_leaves_the_index_alone():
    fleet = Fleet(MemoryTables())
    added = await fleet.add(subscription())
    later = await fleet.update(added, replace(added, due_at=NOW + timedelta(days=1)))

    with pytest.raises(Stale):
        await fleet.update(added, replace(added, due_at=NOW + timedelta(days=2)))

    assert await fleet.get(added.spec) == later
    assert await due(fleet, NOW + timedelta(hours=23)) == []
    assert await due(fleet, NOW + timedelta(days=1)) == [added.spec]


async def test_a_removed_one_leaves_nothing():
    tables = MemoryTables()
    fleet = Fleet(tables)
    added = await fleet.add(subscription())

    await fleet.remove(added)

    assert tables.tables[TABLE] == {}


async def test_what_is_due_comes_longest_first():
    fleet = Fleet(MemoryTables())
    for number in (3, 1, 2):
        await fleet.add(subscription(f"s{number}", due_at=NOW - timedelta(minutes=number)))

    assert await due(fleet) == ["s3", "s2", "s1"]


async def test_nothing_is_due_before_its_time_not_even_by_a_fraction_of_a_second():
    fleet = Fleet(MemoryTables())
    await fleet.add(subscription(due_at=NOW + timedelta(milliseconds=900)))

    assert await due(fleet, NOW + timedelta(milliseconds=800)) == []
    assert await due(fleet, NOW + timedelta(milliseconds=900)) == [SPEC.key]


async def test_a_tick_with_nothing_due_costs_one_scan_whatever_the_number_of_subscriptions():
    tables = MemoryTables()
    fleet = Fleet(tables)
    for number in range(200):
        await fleet.add(subscription(f"s{number}", due_at=NOW + timedelta(days=1)))
    tables.transactions = 0

    assert await due(fleet) == []
    assert tables.transactions == 1


async def test_a_renewal_costs_one_transaction_of_three_writes():
    tables = FaultyTables()
    fleet = Fleet(tables)
    added = await fleet.add(subscription())
    tables.sizes.clear()

    await fleet.update(added, replace(added, due_at=NOW + timedelta(days=1)))

    assert tables.sizes == [3]


steps = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["add", "update", "stale", "remove"]), st.floats(-1000, 1000)),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_the_due_index_agrees_with_the_masters_after_any_sequence(steps):
    asyncio.run(agree(steps))


async def agree(steps) -> None:
    tables = MemoryTables()
    fleet, before = Fleet(tables), {}
    for number, what, seconds in steps:
        spec, due_at = f"s{number}", NOW + timedelta(seconds=seconds)
        known = await fleet.get(spec)
        try:
            if what == "add":
                await fleet.add(subscription(spec, due_at=due_at))
            elif known and what == "update":
                await fleet.update(known, replace(known, due_at=due_at))
                before[spec] = known
            elif what == "stale" and spec in before:
                await fleet.update(before[spec], replace(before[spec], due_at=due_at))
            elif known and what == "remove":
                await fleet.remove(known)
        except (Taken, Stale):
            continue

    masters = await fleet.all()
    index = [key.split("|")[1:] for (shard, key) in tables.tables.get(TABLE, {}) if shard == SHARD and key[0] == "d"]
    assert sorted((spec, int(ticks)) for ticks, spec in index) == sorted(
        (spec, int(known.due_at.timestamp())) for spec, known in masters.items()
    )
