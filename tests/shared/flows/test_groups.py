"""Members of groups come and go; what their subscriptions report is wanted as long as they are members."""

from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, WATCH, lifecycle_event, mail_event, mail_spec, people_spec, watch_of
from faulty_tables import FaultyTables
from house import DAY, House

from shared.domain.events.client_state import subject_of_person
from shared.domain.watching.subscriptions import Act, State
from shared.domain.watching.watch import parse_watch
from shared.flows.keep_alive.groups import HOURLY
from shared.handlers import find_handlers
from shared.ports import GraphFault

GROUP = "e9b0c1d2-4f53-4a67-8b90-a1b2c3d4e5f6"
MAIL = 'name = "mail"\nresource = "users/{user}/messages"\nchange_types = ["created", "updated", "deleted"]'
PEOPLE = 'name = "people"\nresource = "users"\nchange_types = ["updated"]'
WATCHED = parse_watch(watch_of(PEOPLE, f'{MAIL}\nfor_each = "group:{GROUP}"'), {})


async def house_of(*members: str) -> House:
    house = House(watch=WATCHED, router=find_handlers())
    house.graph.members[GROUP] = list(members)
    await house.keep_alive.tick()
    return house


async def a_day_later(house: House) -> None:
    house.clock.advance(timedelta(days=1))
    await house.keep_alive.tick()


async def test_every_member_is_watched():
    house = await house_of(ADA, GRACE)

    assert set(await house.fleet.all()) == {people_spec(), mail_spec(ADA), mail_spec(GRACE)}
    assert len(house.graph.living()) == 3
    assert {step.act for step in await house.keep_alive.plan()} == {Act.KEEP}


@pytest.mark.parametrize("later", [HOURLY, timedelta(days=1)])
async def test_who_comes_is_watched_and_who_goes_is_not_within_the_hour(later):
    house = await house_of(ADA)
    house.graph.members[GROUP] = [GRACE]
    house.clock.advance(later)

    await house.keep_alive.tick()

    assert set(await house.fleet.all()) == {people_spec(), mail_spec(GRACE)}
    assert sorted(one.resource for one in house.graph.living()) == ["users", f"users/{GRACE}/messages"]


@pytest.mark.parametrize("fault", [GraphFault(403, "", "no"), GraphFault(0, "ReadTimeout", "")])
async def test_a_group_that_cannot_be_read_costs_nobody_the_subscription(fault):
    house = await house_of(ADA)
    house.graph.refuse("group_members", fault)

    await a_day_later(house)

    assert set(await house.fleet.all()) == {people_spec(), mail_spec(ADA)}
    assert len(house.graph.living()) == 2


async def test_within_the_hour_no_group_is_read_again_and_one_that_is_as_it_was_costs_one_call():
    house = await house_of(ADA)
    house.graph.calls.clear()

    house.clock.advance(HOURLY - timedelta(seconds=1))
    await house.keep_alive.tick()
    assert house.graph.calls == {}
    house.clock.advance(timedelta(seconds=1))
    await house.keep_alive.tick()

    assert house.graph.calls == {"group_members": 1}


async def test_a_group_that_cannot_be_read_does_not_stop_the_rest_and_people_are_told(caplog):
    house = await house_of(ADA)
    house.graph.refuse("group_members", GraphFault(403, "", "no"), times=10)
    (orphan, people) = house.graph.put_subscription("groups", WATCHED.topic.url), await house.fleet.get(people_spec())
    del house.graph.subscriptions[people.id]

    await a_day_later(house)
    assert orphan in house.graph.subscriptions
    house.clock.advance(HOURLY)
    await house.keep_alive.reconcile()
    await house.keep_alive.work()

    assert orphan not in house.graph.subscriptions
    assert (await house.fleet.get(people_spec())).id in house.graph.subscriptions
    assert f"group.unreadable entry=mail group={GROUP}" in caplog.text
    steps = {step.spec: step for step in await house.keep_alive.plan()}
    assert steps[mail_spec()].act is Act.KEEP
    assert "can't be read" in steps[mail_spec()].why


async def test_a_group_that_cannot_be_read_keeps_no_renewal_from_being_done():
    house = await house_of(ADA)
    del house.graph.members[GROUP]

    for _ in range(30):
        await a_day_later(house)

    assert len(house.graph.living()) == 2
    assert house.graph.calls["create_subscriptions"] == 1


async def test_events_of_a_member_are_believed_and_cost_one_read_in_five_minutes():
    house = await house_of(ADA)
    tables = FaultyTables(inner=house.tables)
    house.wanted.fleet.tables = tables

    await house.receive(mail_event(number=1))
    await house.receive(mail_event(number=2))
    assert tables.reads == 1
    house.clock.advance(timedelta(minutes=5))
    await house.receive(mail_event(number=3))

    assert tables.reads == 2
    assert len(await house.rows(subject_of_person(ADA))) == 3


async def test_events_of_people_outside_of_it_are_not_wanted():
    house = await house_of(ADA)

    await house.receive(mail_event(person=GRACE))

    assert [row["reason"] for row in await house.quarantine.list(DAY)] == ["not_wanted"]


async def test_events_of_a_member_that_is_retired_are_not_wanted():
    house = await house_of(ADA)
    house.graph.members[GROUP] = []
    house.graph.refuse("delete_subscriptions", GraphFault(503, "", "down"))
    await a_day_later(house)
    assert (await house.fleet.get(mail_spec())).state is State.RETIRED

    await house.receive(mail_event(time=house.clock.now()))

    day = house.clock.now().strftime("%Y%m%d")
    assert [row["reason"] for row in await house.quarantine.list(day)] == ["not_wanted"]


async def test_a_member_s_subscription_that_graph_removed_after_it_was_retired_stays_gone():
    """The process that handles it still believes that it is wanted: it looked less than five minutes ago."""
    house = await house_of(ADA)
    known = await house.fleet.get(mail_spec())
    await house.receive(mail_event())
    house.graph.members[GROUP] = []
    await house.keep_alive.reconcile()
    del house.graph.subscriptions[known.id]

    await house.receive(lifecycle_event("subscriptionRemoved", subscription=known.id))

    assert set(await house.fleet.all()) == {people_spec()}
    assert len(house.graph.living()) == 1


async def test_what_subscriptions_toml_names_costs_no_read():
    tables = FaultyTables()
    house = House(tables=tables, watch=parse_watch(WATCH, {}))

    assert await house.wanted.resource(mail_spec()) == f"users/{ADA}/messages"
    assert await house.wanted.resource("gone~x") is None
    assert (tables.reads, house.clock.now()) == (0, NOW)
