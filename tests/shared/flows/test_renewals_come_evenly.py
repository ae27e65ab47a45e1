"""Two batches that fall due close together go out in two ticks, one early; how much life is left costs few reads."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOW, watch_of
from faulty_tables import FaultyTables
from house import House

from shared.domain.watching.subscriptions import Subscription
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive.life import GOOD_FOR
from shared.ports import GraphFault

TICK = timedelta(minutes=5)
LATER = NOW + timedelta(days=5)  # past half of a mailbox's week
SECOND = timedelta(seconds=1)


def many(count: int) -> Watch:
    people = ",".join(f'"00000000-0000-4000-8000-{number:012}"' for number in range(count))
    entry = f'name = "mail"\nresource = "users/{{user}}/messages"\nchange_types = ["created"]\nfor_each = [{people}]'
    return parse_watch(watch_of(entry), {})


async def due_in(*minutes: float) -> House:
    """Subscriptions past half of their life that fall due so long after LATER; it is reconciled."""
    house = House(watch=many(len(minutes)))
    await house.keep_alive.tick()
    house.clock.time = LATER
    await house.keep_alive.reconcile()
    for one, ahead in zip((await house.fleet.all()).values(), minutes, strict=True):
        due = LATER + timedelta(minutes=ahead)
        await house.fleet.update(one, replace(one, renewed_at=NOW, renew_at=due, due_at=due))
    house.graph.batches.clear()
    house.graph.calls.clear()
    return house


async def rows(house: House) -> list[Subscription]:
    return list((await house.fleet.all()).values())


async def test_forty_that_fall_due_before_the_next_tick_go_out_in_two():
    house = await due_in(*[4] * 40)

    await house.keep_alive.tick()
    assert house.graph.batches == [20]

    house.clock.advance(TICK)
    await house.keep_alive.tick()
    assert house.graph.batches == [20, 20]


async def test_what_falls_due_after_the_next_tick_waits_for_it():
    house = await due_in(*[6] * 40)

    await house.keep_alive.tick()

    assert house.graph.batches == []


async def test_an_early_batch_is_filled_with_those_that_come_next_and_takes_none_twice():
    house = await due_in(*[5] * 3, *range(100, 140))

    await house.keep_alive.tick()

    assert house.graph.batches == [20]
    assert sorted(one.renewed_at == LATER for one in await rows(house)) == [False] * 23 + [True] * 20
    assert all(one.renewed_at == LATER for one in await rows(house) if one.due_at <= LATER + timedelta(minutes=100))


async def test_what_is_due_goes_out_all_of_it_and_nothing_early_beside_a_full_batch():
    house = await due_in(*[-1] * 40, *[4] * 20)

    await house.keep_alive.tick()

    assert house.graph.batches == [20, 20]


async def test_one_that_is_not_past_half_of_its_life_is_not_renewed_early():
    house = await due_in(4)
    [one] = await rows(house)
    await house.fleet.update(one, replace(one, renewed_at=LATER - timedelta(hours=1)))

    await house.keep_alive.tick()

    assert house.graph.batches == []


async def test_an_early_batch_reads_each_row_once_and_the_lease():
    tables = FaultyTables()
    house = House(watch=many(30), tables=tables)
    await house.keep_alive.tick()
    house.clock.time = LATER
    await house.keep_alive.reconcile()
    for one in await rows(house):
        due = LATER + SECOND
        await house.fleet.update(one, replace(one, renewed_at=NOW, renew_at=due, due_at=due))
    tables.inner.rows_read = 0

    await house.keep_alive.work()

    assert tables.inner.rows_read == 21


async def test_the_least_life_is_said_at_every_tick_and_read_every_half_hour(caplog: pytest.LogCaptureFixture):
    tables = FaultyTables()
    house = House(watch=many(3), tables=tables)
    await house.keep_alive.tick()
    await house.keep_alive.tick()
    tables.inner.rows_read = 0
    said = []

    with caplog.at_level(logging.INFO, "graph_pulse"):
        for _ in range(GOOD_FOR // TICK):
            house.clock.advance(TICK)
            await house.keep_alive.tick()
            said.append(sum("fleet.life" in line for line in caplog.messages))

    assert said == [1, 2, 3, 4, 5, 6]
    assert tables.inner.rows_read == 3


async def test_less_life_than_renewals_leave_is_read_at_every_tick(caplog: pytest.LogCaptureFixture):
    house = await due_in(60, 60)
    await house.keep_alive.tick()
    house.clock.advance(TICK)
    for one in await rows(house):
        await house.fleet.update(one, replace(one, expires_at=LATER + timedelta(hours=10)))
    house.clock.advance(GOOD_FOR)
    await house.keep_alive.tick()
    for one in await rows(house):
        await house.fleet.update(one, replace(one, expires_at=LATER + timedelta(days=5)))
    house.clock.advance(SECOND)
    caplog.clear()

    with caplog.at_level(logging.INFO, "graph_pulse"):
        await house.keep_alive.tick()

    [line] = [line for line in caplog.messages if "fleet.life" in line]
    assert int(line.partition("least_percent=")[2].partition(" ")[0]) > 40


async def test_while_graph_gives_no_list_our_table_is_read_once_an_hour():
    tables = FaultyTables()
    house = House(watch=many(50), tables=tables)
    await house.keep_alive.tick()
    house.clock.time = NOW + timedelta(hours=25)
    house.graph.refuse("list_subscriptions", GraphFault(503, "", "down"), times=100)
    tables.inner.rows_read, read = 0, []

    for _ in range(14):
        before = tables.inner.rows_read
        await house.keep_alive.reconcile()
        read.append(tables.inner.rows_read - before >= 50)
        house.clock.advance(TICK)

    assert read == [True, *[False] * 11, True, False]


async def test_once_graph_gives_its_list_again_stock_is_taken_at_the_next_tick():
    house = House(watch=many(3))
    await house.keep_alive.tick()
    house.clock.time = NOW + timedelta(hours=25)
    house.graph.refuse("list_subscriptions", GraphFault(503, "", "down"))
    await house.keep_alive.tick()
    house.graph.subscriptions.clear()

    house.clock.advance(TICK)
    await house.keep_alive.tick()

    assert len(house.graph.living()) == 3
