"""What sets keep_alive to work beside its timer: arrivals when the timer is late, lifecycle events, and people."""

import asyncio
import itertools
import logging
from collections import deque
from datetime import timedelta

import pytest
from builders import ADA, NOW, lifecycle_event, mail_event, mail_spec, watch_of
from faulty_tables import Fate, FaultyTables, InterleavedTables
from house import House

from shared.domain.watching.subscriptions import FILL_FROM, State
from shared.domain.watching.transitions import whole
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive import TICK
from shared.flows.keep_alive.lifecycle import TRIES
from shared.flows.upkeep.timers import run_all
from shared.handlers import find_handlers
from shared.ports import Stale

LIFE = timedelta(days=6.9375)


def many(count: int) -> Watch:
    people = ",".join(f'"00000000-0000-4000-8000-{number:012}"' for number in range(count))
    entry = f'name = "mail"\nresource = "users/{{user}}/messages"\nfor_each = [{people}]\nchange_types = ["created"]'
    return parse_watch(watch_of(entry), {})


async def test_an_arrival_after_a_timer_that_stopped_does_its_work():
    house = House()
    await house.keep_alive.tick()
    house.clock.advance(LIFE * 0.8)

    await house.receive(mail_event(time=house.clock.now()))

    assert house.graph.calls["renew_subscriptions"] == 1
    assert min(one.expires_at for one in house.graph.living()) > house.clock.now() + LIFE * 0.9


async def test_what_fails_in_a_late_timer_s_work_does_not_bring_the_event_again(caplog):
    tables = FaultyTables()
    house = House(tables=tables)
    await house.keep_alive.tick()
    house.clock.advance(LIFE * 0.8)
    tables.fates.extend([Fate.FINE, Fate.FINE] + [Fate.REFUSED] * 8)  # a day opened, an event journaled, then nothing

    await house.receive(mail_event(time=house.clock.now()))

    assert house.graph.calls["renew_subscriptions"] == 0
    assert "keep_alive.on_arrival_failed" in caplog.text
    assert len((await house.journal.page([mail_spec().partition("~")[2]], None, limit=10)).rows) == 1


async def test_arrivals_look_once_in_five_minutes_whether_the_timer_is_late():
    tables = FaultyTables()
    house = House(tables=tables)
    await house.keep_alive.tick()
    tables.reads = 0

    for seconds in (0, 1, 298, 1):
        house.clock.advance(timedelta(seconds=seconds))
        await house.keep_alive.if_late()
    assert tables.reads == 2

    assert house.graph.calls["renew_subscriptions"] == 0


@pytest.mark.parametrize(("late", "does_work"), [(2 * TICK, False), (2 * TICK + timedelta(seconds=1), True)])
async def test_a_timer_is_late_after_two_of_its_times(late, does_work, caplog):
    house = House()
    await house.keep_alive.tick()
    house.clock.time = NOW + late

    with caplog.at_level(logging.ERROR):
        await house.keep_alive.if_late()

    assert ("timer_late" in caplog.text) is does_work


async def test_before_its_first_tick_no_timer_is_late():
    house = House()

    await house.keep_alive.if_late()

    assert house.graph.calls == {}


async def test_a_batch_is_filled_with_those_past_half_of_their_life():
    house = House(watch=many(40))
    await house.keep_alive.tick()
    for one in (await house.fleet.all()).values():
        await house.keep_alive.renew([one.spec])
    house.graph.batches.clear()
    house.clock.advance(LIFE * (FILL_FROM + 0.1))
    (first, *_) = (await house.fleet.all()).values()

    await house.keep_alive.renew([first.spec])

    assert house.graph.batches == [20]


async def test_a_batch_is_not_filled_with_those_that_were_renewed_just_now():
    house = House(watch=many(40))
    await house.keep_alive.tick()
    (first, *_) = (await house.fleet.all()).values()
    await house.keep_alive.renew([one.spec for one in (await house.fleet.all()).values()])
    house.graph.batches.clear()
    house.clock.advance(LIFE * 0.4)

    await house.keep_alive.renew([first.spec])

    assert house.graph.batches == [1]


@pytest.mark.parametrize("count", [1, 19, 20, 21, 50])
async def test_a_tick_renews_in_no_more_calls_than_what_is_due_needs(count):
    house = House(watch=many(count))
    await house.keep_alive.tick()
    for _ in range(60):
        house.clock.advance(timedelta(hours=7))
        due = len(await house.fleet.due(house.clock.now()))
        house.graph.calls.clear()
        await house.keep_alive.work()
        assert house.graph.calls["renew_subscriptions"] == -(-due // 20)
    assert len(house.graph.living()) == count


@pytest.mark.parametrize("kind", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
async def test_an_event_about_a_subscription_that_was_replaced_is_no_news(kind):
    house = House(router=find_handlers())
    await house.keep_alive.tick()
    before, calls = await house.fleet.all(), dict(house.graph.calls)

    await house.receive(lifecycle_event(kind, subscription="00000000-dead-4000-8000-000000000000"))

    assert await house.fleet.all() == before
    assert house.graph.calls == calls
    assert len(await house.rows()) == 1


async def test_of_a_timer_s_journeys_none_keeps_the_others_from_running():
    done = []

    async def fine() -> None:
        done.append("fine")

    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as raised:
        await run_all(broken, fine, broken, fine)

    assert done == ["fine", "fine"]
    assert len(raised.value.exceptions) == 2
    await run_all(fine)
    assert len(done) == 3


async def test_what_people_renew_is_renewed_at_once_and_nothing_else():
    house = House()
    await house.keep_alive.tick()
    before = await house.fleet.all()
    house.clock.advance(timedelta(hours=1))

    outcomes = await house.keep_alive.renew([mail_spec(ADA), "none~x"])

    assert [outcome.step.spec for outcome in outcomes] == [mail_spec(ADA)]
    after = await house.fleet.all()
    assert {spec for spec in after if after[spec] != before[spec]} == {mail_spec(ADA)}
    assert after[mail_spec(ADA)].renewed_at == house.clock.now()
    assert whole(house.clock.now()) < after[mail_spec(ADA)].due_at


async def test_two_lifecycle_events_of_one_subscription_at_once_are_both_answered():
    """Each changes its row: who comes second looks at it anew, instead of having Event Grid deliver again."""
    house = House()
    await house.keep_alive.tick()
    known = await house.fleet.get(mail_spec())
    busy = house.beside(tables=InterleavedTables(house.tables, itertools.repeat(1)))
    house.graph.calls.clear()

    await asyncio.gather(
        busy.lifecycle.reauthorize(mail_spec(), known.id), busy.lifecycle.catch_up(mail_spec(), known.id)
    )
    await house.keep_alive.tick()

    assert house.graph.calls["renew_subscriptions"] > 0
    assert house.graph.calls["delta"] > 0
    assert (await house.fleet.get(mail_spec())).state is State.LIVE


async def test_a_lifecycle_event_whose_row_others_change_each_time_is_delivered_again():
    house = House()
    await house.keep_alive.tick()
    known = await house.fleet.get(mail_spec())
    tables = FaultyTables(house.tables, fates=deque([Fate.OVERTAKEN] * TRIES))

    with pytest.raises(Stale):
        await house.beside(tables=tables).lifecycle.reauthorize(mail_spec(), known.id)

    assert tables.submits == TRIES
