"""Our table of subscriptions: the due index says what the masters say, whatever happens."""

import asyncio
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from builders import NOW, WATCH, mail_spec
from faulty_tables import FaultyTables
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory import MemoryTables
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.transitions import wanted, whole
from shared.domain.watching.watch import parse_watch
from shared.flows.keep_alive.fleet import SHARD, TABLE, Fleet
from shared.ports import Stale, Taken

SPEC = parse_watch(WATCH, {}).specs[mail_spec()]


def subscription(spec: str = SPEC.key, **changes) -> Subscription:
    return replace(wanted(SPEC, now=NOW), spec=spec, **changes)


async def due(fleet: Fleet, at=NOW) -> list[str]:
    return [known.spec for known in await fleet.due(at)]


async def added_to(fleet: Fleet, *args: object, **changes: object) -> Subscription:
    """As it was read again."""
    one = subscription(*args, **changes)
    await fleet.add(one)
    found = await fleet.get(one.spec)
    assert found is not None
    return found


async def test_a_subscription_comes_back_as_it_was_written():
    fleet = Fleet(MemoryTables())
    full = subscription(
        state=State.LIVE,
        id="sub-1",
        former_id="sub-0",
        url="EventGrid:?x",
        key_version=3,
        expires_at=NOW + timedelta(hours=1, microseconds=5),
        renew_at=NOW,
        renewed_at=NOW,
        resync="why",
        faults=2,
        note="é",
    )

    added = await added_to(fleet, **{f.name: getattr(full, f.name) for f in fields(full)})

    assert replace(added, etag="", row="") == full
    assert await fleet.all() == {full.spec: added}
    (by_index,) = await fleet.due(NOW)
    assert replace(by_index, etag="", row="") == full
    assert await fleet.get("none~x") is None


async def test_a_second_row_for_a_spec_is_refused():
    fleet = Fleet(MemoryTables())
    await fleet.add(subscription())

    with pytest.raises(Taken):
        await Fleet(fleet.tables).add(subscription())


async def test_an_update_of_what_changed_meanwhile_is_refused_and_leaves_the_index_alone():
    fleet = Fleet(MemoryTables())
    added = await added_to(fleet)
    later = await fleet.update(added, replace(added, due_at=NOW + timedelta(days=1)))

    with pytest.raises(Stale):
        await fleet.update(added, replace(added, due_at=NOW + timedelta(days=2)))

    found = await fleet.get(added.spec)
    assert found == later
    assert await due(fleet, NOW + timedelta(hours=23)) == []
    assert await due(fleet, NOW + timedelta(days=1)) == [added.spec]


async def test_a_removed_one_leaves_nothing():
    tables = MemoryTables()
    fleet = Fleet(tables)
    added = await added_to(fleet)

    await fleet.remove(added)

    assert tables.tables[TABLE] == {}


async def test_what_is_due_comes_longest_first():
    fleet = Fleet(MemoryTables())
    for number in (3, 1, 2):
        await fleet.add(subscription(f"s{number}", due_at=NOW - timedelta(minutes=number)))

    assert await due(fleet) == ["s3", "s2", "s1"]


async def test_the_index_counts_in_whole_seconds():
    fleet = Fleet(MemoryTables())
    await fleet.add(subscription(due_at=NOW + timedelta(seconds=1)))

    assert await due(fleet, NOW + timedelta(milliseconds=999)) == []
    assert await due(fleet, NOW + timedelta(seconds=1)) == [SPEC.key]


async def read_by(fleet: Fleet, way: str) -> Subscription:
    found = await fleet.get(SPEC.key) if way == "master" else (await fleet.due(NOW + timedelta(days=9)))[0]
    assert found is not None
    return found


@pytest.mark.parametrize("moved", [timedelta(0), timedelta(days=1)])
@pytest.mark.parametrize("first", ["master", "index"])
@pytest.mark.parametrize("second", ["master", "index"])
async def test_whichever_row_was_read_its_etag_fences_the_change(first, second, moved):
    fleet = Fleet(MemoryTables())
    await fleet.add(subscription())
    one, two = await read_by(fleet, first), await read_by(fleet, second)

    written = await fleet.update(one, replace(one, note="one", due_at=one.due_at + moved))
    with pytest.raises(Stale):
        await fleet.update(two, replace(two, note="two"))
    with pytest.raises(Stale):
        await fleet.update(two, replace(two, note="two", due_at=NOW + timedelta(days=2)))
    with pytest.raises(Stale):
        await fleet.remove(two)

    assert (await fleet.update(written, replace(written, note="three"))).note == "three"
    assert (await read_by(fleet, "master")).note == (await read_by(fleet, "index")).note == "three"
    assert len(fleet.tables.tables[TABLE]) == 2


async def test_a_group_of_changes_leaves_out_what_others_changed_and_writes_the_rest():
    fleet = Fleet(MemoryTables())
    known = [await added_to(fleet, f"s{number}") for number in range(5)]
    for number in (0, 3):
        await fleet.update(known[number], replace(known[number], note="theirs"))
    await fleet.remove(known[4])

    done = await fleet.update_all([(one, replace(one, note="ours")) for one in known])

    assert sorted(done) == ["s1", "s2"]
    assert {spec: one.note for spec, one in (await fleet.all()).items()} == {
        "s0": "theirs",
        "s1": "ours",
        "s2": "ours",
        "s3": "theirs",
    }
    assert {spec: (one.row, one.etag) for spec, one in done.items()} == {
        spec: (one.row, one.etag) for spec, one in (await fleet.all()).items() if spec in done
    }


async def test_nothing_is_written_of_a_group_that_others_changed_all_of():
    fleet = Fleet(MemoryTables())
    one = await added_to(fleet)
    await fleet.update(one, replace(one, note="theirs"))

    assert await fleet.update_all([(one, replace(one, note="ours"))]) == {}
    assert await fleet.update_all([]) == {}


async def test_thirty_three_changes_share_a_transaction():
    tables = FaultyTables()
    fleet = Fleet(tables)
    known = [await added_to(fleet, f"s{number:03}") for number in range(70)]
    tables.sizes.clear()

    done = await fleet.update_all([(one, replace(one, due_at=NOW + timedelta(days=1))) for one in known])

    assert len(done) == 70
    assert tables.sizes == [99, 99, 12]
    assert len(await due(fleet, NOW + timedelta(days=1))) == 70


async def test_what_falls_due_next_comes_in_order_and_without_what_is_due():
    fleet = Fleet(MemoryTables())
    for minutes in (-1, 0, 3, 1, 2):
        await fleet.add(subscription(f"s{minutes}", due_at=NOW + timedelta(minutes=minutes)))

    assert [one.spec async for one in fleet.next_due(NOW, 2)] == ["s1", "s2"]


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
    added = await added_to(fleet)
    tables.sizes.clear()

    await fleet.update(added, replace(added, due_at=NOW + timedelta(days=1)))

    assert tables.sizes == [3]


steps = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(["add", "update", "stale", "remove"]), st.floats(-1000, 1000), st.booleans()
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(steps=steps)
def test_the_due_index_agrees_with_the_masters_after_any_sequence(steps):
    asyncio.run(agree(steps))


async def agree(steps) -> None:
    tables = MemoryTables()
    fleet, before = Fleet(tables), {}
    for number, what, seconds, by_index in steps:
        spec, due_at = f"s{number}", whole(NOW + timedelta(seconds=seconds))
        known = await fleet.get(spec)
        if by_index:
            known = next((one for one in await fleet.due(NOW + timedelta(days=1)) if one.spec == spec), None)
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
