"""The daily audit: what was lost on the way is counted and recovered, and whoever is silent is asked for."""

import logging
from datetime import timedelta

import pytest
from builders import ADA, GRACE, mail_event, mail_spec, people_spec
from faulty_tables import FaultyTables
from house import House

from shared.domain.events.client_state import subject_of_person
from shared.domain.watching.subscriptions import State
from shared.flows.keep_alive.lease import try_lease
from shared.ports import GraphFault

DAY = timedelta(days=1)


async def settled() -> House:
    house = House()
    await house.keep_alive.tick()
    return house


async def heard_of_daily(house: House, days: int) -> None:
    for number in range(days):
        house.clock.advance(DAY)
        await house.keep_alive.tick()
        await house.receive(mail_event(number=number, time=house.clock.now()))
        await house.heard.write()
        await house.audit()


async def test_changes_that_nobody_announced_are_counted_and_recovered(caplog):
    house = await settled()
    etag = house.graph.put_message(ADA, "seen")
    await house.receive(
        mail_event(time=house.clock.now())
        .replace("AAMk000001=", "seen")
        .replace('W/\\"1-1\\"', etag.replace('"', '\\"'))
    )
    house.graph.put_message(ADA, "lost")
    house.clock.advance(timedelta(minutes=4))
    house.graph.put_message(ADA, "perhaps only late")

    with caplog.at_level(logging.INFO):
        await house.audit()

    known = await house.fleet.get(mail_spec())
    assert (known.changes, known.lost, known.audited_at) == (3, 1, house.clock.now())
    assert f"subscription.audited spec={mail_spec()} changes=3 lost=1" in caplog.text
    assert len(await house.rows(subject_of_person(ADA))) == 3
    assert (await house.fleet.get(mail_spec(GRACE))).lost == 0


async def test_who_cannot_be_read_is_told_of_and_keeps_nobody_from_being_audited(caplog):
    house = await settled()
    house.graph.refuse("delta", GraphFault(403, "", "no"))

    await house.audit()

    known = (await house.fleet.all()).values()
    assert [one.audited_at is None for one in known].count(True) == 1
    assert len(known) == 3
    assert "subscription.not_audited" in caplog.text


async def test_what_was_audited_longest_ago_goes_first_when_time_is_short(caplog):
    house = await settled()
    house.graph.seconds_per_call = 3_000
    await house.audit()
    assert "audit.unfinished" not in caplog.text  # one group: it is begun, and so it is ended

    first = {one.spec: one.audited_at for one in (await house.fleet.all()).values()}
    assert len({*first.values()} - {None}) == 1


async def test_while_another_audits_nothing_is_read():
    house = await settled()
    house.graph.calls.clear()

    async with try_lease(house.tables, house.clock, name="audit", holder="other"):
        await house.audit()

    assert house.graph.calls == {}


async def test_a_row_that_was_renewed_while_it_was_read_keeps_both():
    house = await settled()
    house.clock.advance(DAY)
    real = house.catch_up.run

    class Slow:
        async def run(self, one):
            if one.spec == mail_spec():
                await house.beside().keep_alive.renew([one.spec])
            return await real(one)

    house.audit.catch_up = Slow()
    await house.audit()

    known = await house.fleet.get(mail_spec())
    assert known.renewed_at == known.touching_at >= house.clock.now() - timedelta(minutes=1)
    assert known.audited_at is not None


async def test_who_is_silent_for_longer_than_ever_is_asked_for_and_told_of(caplog):
    house = await settled()
    await heard_of_daily(house, 3)
    house.graph.calls.clear()

    house.clock.advance(2 * DAY)
    await house.keep_alive.tick()
    await house.audit()
    assert house.graph.calls["get_subscription"] == 0
    house.clock.advance(timedelta(hours=1))
    await house.audit()

    assert house.graph.calls["get_subscription"] == 1
    assert f"subscription.silent spec={mail_spec()}" in caplog.text
    assert "fleet.silent subscriptions=1 of=3" in caplog.text


async def test_who_is_silent_because_graph_has_it_no_more_is_made_anew_and_resynced(caplog):
    house = await settled()
    await heard_of_daily(house, 3)
    gone = await house.fleet.get(mail_spec())
    house.clock.advance(2 * DAY + timedelta(hours=1))
    del house.graph.subscriptions[gone.id]
    house.graph.put_message(ADA, "missed")

    await house.audit()

    known = await house.fleet.get(mail_spec())
    assert (known.state, known.id != gone.id) == (State.LIVE, True)
    assert known.id in house.graph.subscriptions
    assert f"subscription.silently_gone spec={mail_spec()}" in caplog.text
    assert len(await house.rows(subject_of_person(ADA))) == 4


async def test_a_probe_that_fails_changes_nothing():
    house = await settled()
    await heard_of_daily(house, 3)
    before = await house.fleet.get(mail_spec())
    house.clock.advance(2 * DAY + timedelta(hours=1))
    house.graph.refuse("get_subscription", GraphFault(503, "", "down"))

    await house.audit()

    assert (await house.fleet.get(mail_spec())).id == before.id


@pytest.mark.parametrize("spec", [mail_spec(GRACE), people_spec()])
async def test_who_was_never_heard_of_has_no_history_and_is_not_asked_for(spec):
    house = await settled()
    await heard_of_daily(house, 3)
    house.graph.calls.clear()
    house.clock.advance(6 * DAY)

    await house.audit()

    assert house.graph.calls["get_subscription"] <= 1  # the one with a history
    assert (await house.fleet.get(spec)).heard_at is None


async def test_when_last_heard_of_is_written_in_groups_of_33():
    tables = FaultyTables()
    house = House(tables=tables)
    await house.keep_alive.tick()
    await house.receive(mail_event(time=house.clock.now()))
    await house.receive(mail_event(person=GRACE, time=house.clock.now()))
    await house.heard.write()
    tables.sizes.clear()

    await house.audit()

    assert 4 in tables.sizes  # two rows, each with its place in the due index
