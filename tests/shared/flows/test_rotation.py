"""A newer key of client_state: everything is made anew with it, in windows, and nothing is lost or left behind."""

import asyncio
import logging
from datetime import timedelta

import pytest
from builders import ADA, RING, TENANT, mail_event, mail_spec, watch_of
from faulty_tables import Fate, FaultyTables
from house import House

from shared.domain.events.client_state import KeyRing, prove
from shared.domain.watching.subscriptions import Act, State
from shared.domain.watching.transitions import retired
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive import TICK
from shared.flows.keep_alive.rotation import BELIEVED_FOR, WINDOW
from shared.ports import GraphFault

NEWER = KeyRing({**RING.keys, 2: bytes(range(1, 33))})
HOUR = timedelta(hours=1)


def many(count: int) -> Watch:
    people = ",".join(f'"00000000-0000-4000-8000-{number:012}"' for number in range(count))
    entry = f'name = "mail"\nresource = "users/{{user}}/messages"\nfor_each = [{people}]\nchange_types = ["created"]'
    return parse_watch(watch_of(entry), {})


async def deployed_with_a_newer_key(count: int = 0) -> House:
    house = House(**({"watch": many(count)} if count else {}))
    await house.keep_alive.tick()
    newer = house.beside(ring=NEWER)
    await newer.keep_alive.tick()
    return newer


async def ticks(house: House, count: int) -> None:
    for _ in range(count):
        house.clock.advance(TICK)
        await house.keep_alive.tick()


async def versions(house: House) -> list[int]:
    return sorted(one.key_version for one in (await house.fleet.all()).values())


async def test_everything_is_made_anew_with_the_newest_key_and_lives():
    house = await deployed_with_a_newer_key()

    await house.rotation.begin()
    await ticks(house, 2)

    assert await versions(house) == [2, 2, 2]
    proofs = [prove(NEWER, house.graph.client_states[one.id], tenant_id=TENANT) for one in house.graph.living()]
    assert sorted(proof.key_version for proof in proofs if proof) == [2, 2, 2]
    assert {step.act for step in await house.keep_alive.plan()} == {Act.KEEP}


async def test_what_changed_in_between_is_recovered():
    house = await deployed_with_a_newer_key()
    house.graph.put_message(ADA, "meanwhile")

    await house.rotation.begin()
    await ticks(house, 2)

    assert len(await house.rows(mail_spec().partition("~")[2])) == 1


async def test_no_more_than_a_window_is_made_anew_between_two_ticks():
    house = await deployed_with_a_newer_key(2 * WINDOW + 50)
    await house.rotation.begin()

    for expected in (WINDOW, 2 * WINDOW, 2 * WINDOW + 50):
        await ticks(house, 1)
        progress = await house.rotation.progress()
        assert (progress.done, progress.total, progress.state) == (expected, 2 * WINDOW + 50, "running")

    await ticks(house, 1)
    assert (await house.rotation.progress()).state == "done"


async def test_the_next_window_waits_until_the_last_one_lives():
    house = await deployed_with_a_newer_key(WINDOW + 1)
    await house.rotation.begin()
    house.graph.refuse("create_subscriptions", GraphFault(503, "", "down"), times=1_000)

    await ticks(house, 5)

    assert len(house.graph.living()) == 1
    assert (await house.rotation.progress()).state == "running"


async def test_it_stops_by_itself_when_graph_refuses_to_make_one_anew(caplog):
    house = await deployed_with_a_newer_key(WINDOW + 20)
    await house.rotation.begin()
    known = await house.fleet.after("", WINDOW)
    house.graph.item_faults[known[0].resource] = GraphFault(403, "", "no permission any more")

    with caplog.at_level(logging.ERROR):
        await ticks(house, 4)

    progress = await house.rotation.progress()
    assert progress.state == "stopped"
    assert (await versions(house)).count(1) == 20  # of the next window none was deleted
    assert "no permission" in progress.why
    assert "rotation.stopped" in caplog.text


async def test_a_person_goes_on_without_the_one_that_graph_refuses():
    house = await deployed_with_a_newer_key(WINDOW + 20)
    await house.rotation.begin()
    known = await house.fleet.after("", WINDOW)
    gone = GraphFault(404, "ResourceNotFound", "no such user")
    house.graph.item_faults[known[0].resource] = gone
    await ticks(house, 4)
    assert (await house.rotation.progress()).state == "stopped"

    await house.rotation.begin()
    for _ in range(4):
        house.graph.item_faults[known[0].resource] = gone
        await ticks(house, 1)

    assert (await house.rotation.progress()).state == "done"
    assert (await versions(house)).count(1) == 0


async def test_what_is_being_removed_is_not_made_anew_because_a_person_rotates_it():
    house = await deployed_with_a_newer_key(1)
    (known,) = (await house.fleet.all()).values()
    leaving = await house.fleet.update(known, retired(known, now=house.clock.now()))

    await house.rotation.rotate([leaving])

    assert [one.state for one in (await house.fleet.all()).values()] == [State.RETIRED]


async def test_a_person_stops_it_and_goes_on_where_it_was():
    house = await deployed_with_a_newer_key(3 * WINDOW)
    await house.rotation.begin()
    await ticks(house, 1)

    await house.rotation.stop()
    await ticks(house, 5)
    assert await versions(house) == [1] * 2 * WINDOW + [2] * WINDOW
    assert (await house.rotation.progress()).state == "stopped"

    await house.rotation.begin()
    await ticks(house, 3)
    assert set(await versions(house)) == {2}


async def test_a_stop_is_not_lost_to_a_tick_at_the_same_moment():
    house = await deployed_with_a_newer_key(3 * WINDOW)
    await house.rotation.begin()
    house.clock.advance(TICK)

    await asyncio.gather(house.rotation.step(), house.beside(ring=NEWER).rotation.stop())

    assert (await house.rotation.progress()).state == "stopped"


async def test_it_begins_by_itself_once_the_key_was_seen_an_hour_ago():
    house = await deployed_with_a_newer_key()
    await house.keep_alive.reconcile()
    assert (await house.rotation.progress()).state == "none"

    house.clock.advance(HOUR)
    await house.keep_alive.reconcile()
    await ticks(house, 2)

    assert await versions(house) == [2, 2, 2]


async def test_what_a_person_stopped_does_not_begin_by_itself():
    house = await deployed_with_a_newer_key(2 * WINDOW)
    await house.rotation.begin()
    await house.rotation.stop()
    house.clock.advance(2 * HOUR)

    await house.keep_alive.reconcile()
    await ticks(house, 3)

    assert set(await versions(house)) == {1}


async def test_an_older_key_is_believed_for_nine_days_after_the_last_subscription_with_it():
    house = await deployed_with_a_newer_key()
    await house.rotation.begin()
    await ticks(house, 3)
    ended = house.clock.now() - TICK

    house.clock.time = ended + BELIEVED_FOR - timedelta(hours=1)
    await house.receive(mail_event(number=1, time=house.clock.now()))
    house.clock.time = ended + BELIEVED_FOR + timedelta(hours=1)
    await house.receive(mail_event(number=2, time=house.clock.now()))

    assert len(await house.rows(mail_spec().partition("~")[2])) == 1
    day = house.clock.now().strftime("%Y%m%d")
    assert [row["reason"] for row in await house.quarantine.list(day)] == ["denied"]
    assert list((await house.rotation.progress()).believed_until) == ["1"]


async def test_who_goes_back_to_the_older_key_is_believed_again():
    house = await deployed_with_a_newer_key()
    await house.rotation.begin()
    await ticks(house, 3)
    house.clock.advance(BELIEVED_FOR)

    back = house.beside(ring=RING, writer="w3")
    await back.keep_alive.tick()
    await back.receive(mail_event(time=house.clock.now()))

    assert len(await back.rows(mail_spec().partition("~")[2])) == 1


async def test_a_key_that_is_gone_though_it_is_needed_is_an_alarm(caplog):
    house = await deployed_with_a_newer_key()

    with caplog.at_level(logging.ERROR):
        await house.beside(ring=KeyRing({2: NEWER.keys[2]})).keep_alive.reconcile()

    assert "keys.missing version=1" in caplog.text


@pytest.mark.parametrize("at", range(14))
@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.ANSWER_LOST])
async def test_a_crash_at_any_write_is_healed_by_the_next_ticks(at, fate):
    tables = FaultyTables()
    house = House(tables=tables)
    await house.keep_alive.tick()
    newer = house.beside(ring=NEWER)
    await newer.keep_alive.tick()
    await newer.rotation.begin()
    tables.fates.extend([Fate.FINE] * at + [fate])
    house.clock.advance(TICK)

    await asyncio.gather(newer.keep_alive.tick(), return_exceptions=True)
    await ticks(newer.beside(ring=NEWER, writer="w3"), 8)

    assert await versions(newer) == [2, 2, 2]
    assert {one.state for one in (await newer.fleet.all()).values()} == {State.LIVE}
    assert len(newer.graph.living()) == 3
