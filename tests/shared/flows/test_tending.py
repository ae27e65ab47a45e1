"""Batches of twenty: one call, two transactions, and for each item what its own answer says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, RING, WATCH, mail_spec, watch_of
from faulty_tables import FaultyTables
from house import House

from shared.domain.events.client_state import KeyRing
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive.caps import SLACK
from shared.ports import GraphFault

URL = parse_watch(WATCH, {}).topic.url
OTHER_URL = URL.replace("pt-sample", "pt-other")
MAIL = f"users/{ADA}/messages"


def many(count: int, **members: str) -> Watch:
    people = ",".join(f'"00000000-0000-4000-8000-{number:012}"' for number in range(count))
    entry = f'name = "events"\nresource = "users/{{user}}/events"\nfor_each = [{people}]\nchange_types = ["created"]'
    return parse_watch(watch_of(entry), {})


def mail(**members: object) -> Watch:
    lifetime = f"\nlifetime = {members['lifetime']}" if "lifetime" in members else ""
    entry = f'name = "mail"\nresource = "users/{{user}}/messages"\nfor_each = ["{ADA}"]{lifetime}'
    return parse_watch(watch_of(f'{entry}\nchange_types = ["created", "updated", "deleted"]'), {})


async def known(house: House) -> Subscription:
    (one,) = (await house.fleet.all()).values()
    return one


async def test_a_batch_of_twenty_costs_one_call_and_two_transactions_to_make_and_one_to_renew():
    tables = FaultyTables()
    house = House(tables=tables, watch=many(20))
    await house.keep_alive.reconcile()
    due = await house.fleet.due(house.clock.now())
    await house.caps.lifetime("users", timedelta(days=1))  # the caps are read once
    tables.inner.transactions = 0
    tables.sizes.clear()

    faults, living = await house.tending.create(due, url=URL, is_ours=house.inventory.is_ours)

    assert (faults, len(living)) == ({}, 20)
    assert tables.inner.transactions == 2  # the intents, the answers
    assert house.graph.calls == {"list_subscriptions": 1, "create_subscriptions": 1}

    tables.inner.transactions = 0
    assert await house.tending.renew(living) == {}
    assert tables.inner.transactions == 1
    assert house.graph.calls["renew_subscriptions"] == 1


async def test_each_of_a_batch_has_its_own_outcome():
    house = House(watch=many(4))
    faults = [GraphFault(403, "", "no"), GraphFault(429, "", "slow", 9), GraphFault(503, "", "down")]
    resources = [spec.resource for spec in house.watch.specs.values()]
    house.graph.item_faults |= dict(zip(resources, faults, strict=False))

    await house.keep_alive.tick()

    by_resource = {one.resource: one for one in (await house.fleet.all()).values()}
    found = [by_resource[resource] for resource in resources]
    assert [one.state for one in found] == [State.PARKED, State.CREATING, State.CREATING, State.LIVE]
    now = house.clock.now()
    assert [(one.due_at - now).total_seconds() for one in found[:3]] == [300, 9, 300]


async def test_a_stranger_in_our_place_is_replaced():
    house = House(watch=mail())
    old = house.graph.put_subscription(MAIL, URL, lifecycle_url=URL)

    await house.keep_alive.tick()

    (one,) = house.graph.living()
    assert one.id != old
    assert (await known(house)).id == one.id


async def test_another_deployment_s_subscription_in_our_place_is_left_alone_and_people_are_told():
    house = House(watch=mail())
    theirs = house.graph.put_subscription(MAIL, OTHER_URL, lifecycle_url=OTHER_URL)

    await house.keep_alive.tick()

    assert [one.id for one in house.graph.living()] == [theirs]
    one = await known(house)
    assert (one.state, one.id) == (State.PARKED, "")
    assert theirs in one.note


async def test_one_that_a_list_lacked_but_lives_stays_and_nothing_is_made_beside_it():
    house = House(watch=mail())
    await house.keep_alive.tick()
    (old,) = house.graph.subscriptions
    house.graph.unlisted.add(old)

    await house.keep_alive.reconcile()
    assert (await known(house)).former_id == old
    await house.keep_alive.work()

    assert [one.id for one in house.graph.living()] == [old]
    assert (await known(house)).id == old
    assert house.graph.calls["delete_subscriptions"] == 0


async def test_one_that_a_list_lacked_is_not_adopted_under_a_newer_key():
    house = House(watch=mail())
    await house.keep_alive.tick()
    (old,) = house.graph.subscriptions
    house.graph.unlisted.add(old)
    rotated = house.beside(ring=KeyRing({**RING.keys, 2: b"k" * 32}))

    await rotated.keep_alive.reconcile()
    await rotated.keep_alive.work()

    (one,) = house.graph.living()
    assert one.id != old
    assert house.graph.client_states[one.id].startswith("v2.")


async def test_the_client_state_that_graph_has_is_of_the_key_version_that_the_row_names():
    house = House(watch=mail(), ring=KeyRing({**RING.keys, 2: b"k" * 32}))

    await house.keep_alive.tick()

    assert (await known(house)).key_version == 2
    assert next(iter(house.graph.client_states.values())).startswith("v2.")


async def test_a_life_that_graph_refuses_is_asked_for_shorter_at_once_and_by_everybody_from_then_on():
    house = House(watch=mail())
    house.graph.longest = timedelta(minutes=4_230)

    await house.keep_alive.tick()

    (one,) = house.graph.living()
    assert one.expires_at == NOW + house.graph.longest - SLACK
    assert house.graph.calls["create_subscriptions"] == 2
    await house.keep_alive.renew([mail_spec()])
    house.graph.calls.clear()
    await house.beside().keep_alive.renew([mail_spec()])
    assert house.graph.calls == {"renew_subscriptions": 1}
    assert {one.state for one in (await house.fleet.all()).values()} == {State.LIVE}


async def test_a_life_that_graph_refuses_at_a_renewal_is_learned_too():
    house = House(watch=mail())
    await house.keep_alive.tick()
    house.graph.longest = timedelta(minutes=4_230)

    await house.keep_alive.renew([mail_spec()])

    (one,) = house.graph.living()
    assert one.expires_at <= house.clock.now() + house.graph.longest
    assert (await known(house)).state is State.LIVE


async def test_a_refusal_of_the_life_that_does_not_end_is_parked():
    house = House(watch=mail())
    fault = GraphFault(400, "ValidationError", "Subscription expiration can only be 4230 minutes in the future.")
    house.graph.refuse("create_subscriptions", fault, times=3)

    await house.keep_alive.tick()

    assert (await known(house)).state is State.PARKED


@pytest.mark.parametrize("status", [403, 401])
async def test_a_changed_entry_whose_old_subscription_graph_will_not_delete_is_made_anew_later(status):
    house = House(watch=mail())
    await house.keep_alive.tick()
    (old,) = house.graph.subscriptions
    entry = f'name = "mail"\nresource = "users/{{user}}/messages"\nfor_each = ["{ADA}"]\nchange_types = ["created"]'
    later = house.beside(watch=parse_watch(watch_of(entry), {}))
    house.graph.item_faults[old] = GraphFault(status, "", "no")
    await later.keep_alive.tick()

    house.clock.advance(timedelta(minutes=5))
    await later.keep_alive.tick()

    assert [one.change_types for one in house.graph.living()] == [("created",)]


async def test_a_404_of_what_delta_reads_costs_no_subscription():
    house = House()
    house.graph.refuse("delta", GraphFault(404, "ErrorItemNotFound", "not found in the store"), times=1_000)
    house.graph.refuse("collection_ids", GraphFault(404, "ErrorItemNotFound", "not found in the store"), times=1_000)

    for _ in range(5):
        await house.keep_alive.tick()
        house.clock.advance(timedelta(hours=7))

    assert house.graph.calls["create_subscriptions"] == 1
    known = (await house.fleet.all()).values()
    assert {(one.state, one.note) for one in known} == {(State.RESYNCING, next(iter(known)).note)}
    assert "not found" in next(iter(known)).note


async def test_an_answer_for_a_row_that_somebody_else_changed_is_left_to_them():
    house = House(watch=mail())
    await house.keep_alive.tick()
    one = await known(house)
    await house.fleet.update(one, replace(one, note="theirs"))

    faults = await house.tending.renew([one])

    assert "changed by somebody else" in faults[one.spec]
    assert (await known(house)).note == "theirs"
    assert (await known(house)).due_at > NOW
