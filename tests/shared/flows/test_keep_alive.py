"""Whatever happens between us and Graph: one living subscription for each spec, and nothing touched that isn't ours."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from builders import ADA, GRACE, NOW, RING, TENANT, WATCH, mail_spec, people_spec, watch_of
from faulty_tables import Fate, FaultyTables, InterleavedTables
from house import House
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.events.client_state import prove
from shared.domain.watching.subscriptions import Act, State
from shared.domain.watching.transitions import lost
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive.batches import BATCH
from shared.flows.keep_alive.lease import LENGTH, try_lease
from shared.ports import GraphFault, StorageFault, Unanswered

WATCHED = parse_watch(WATCH, {})
URL = WATCHED.topic.url
OTHER_URL = URL.replace("pt-sample", "pt-other")
PAUSE = timedelta(minutes=5)


def only_mail(**changes: str) -> Watch:
    members = {"name": '"mail"', "resource": '"users/{user}/messages"', "for_each": f'["{ADA}"]'}
    members |= {"change_types": '["created", "updated", "deleted"]', **changes}
    return parse_watch(watch_of("\n".join(f"{name} = {value}" for name, value in members.items())), {})


def many(count: int) -> Watch:
    people = ",".join(f'"00000000-0000-4000-8000-{number:012}"' for number in range(count))
    return only_mail(for_each=f"[{people}]")


async def tick_until(house: House, when) -> None:
    house.clock.time = when
    await house.keep_alive.tick()


async def states(house: House) -> set[str]:
    return {known.state.value for known in (await house.fleet.all()).values()}


async def assert_whole(house: House) -> None:
    """One living subscription for each spec, known to our table by its id, and nothing left to do."""
    known = await house.fleet.all()
    assert set(known) == set(house.watch.specs)
    assert {one.state for one in known.values()} == {State.LIVE}
    assert sorted(one.id for one in known.values()) == sorted(one.id for one in house.graph.living())
    assert {step.act for step in await house.keep_alive.plan()} <= {Act.KEEP}


async def test_the_first_tick_makes_every_subscription_and_sets_the_mark_of_every_mailbox():
    house = House()

    outcomes = await house.keep_alive.tick()

    assert [outcome.fault for outcome in outcomes if outcome.fault] == []
    await assert_whole(house)
    assert house.graph.batches == [3]
    for id_, state in house.graph.client_states.items():
        proof = prove(RING, state, tenant_id=TENANT)
        assert proof is not None
        assert (await house.fleet.get(proof.spec)).id == id_


async def test_a_tick_with_nothing_due_costs_three_transactions_and_no_call():
    tables = FaultyTables()
    house = House(tables=tables)
    await house.keep_alive.tick()
    await house.keep_alive.tick()  # which sees that all is reconciled
    tables.inner.transactions = 0
    house.graph.calls.clear()

    assert await house.keep_alive.tick() == []

    assert tables.inner.transactions == 3  # what is due, that it ticked, the least life left
    assert house.graph.calls == {}


async def test_renewals_go_in_batches_of_20():
    house = House(watch=many(45))
    await house.keep_alive.tick()
    assert house.graph.batches == [20, 20, 5]
    house.graph.batches.clear()
    house.graph.calls.clear()

    await tick_until(house, NOW + timedelta(days=5.5))

    assert house.graph.batches == [20, 20, 5]
    assert house.graph.calls == {"renew_subscriptions": 3, "list_subscriptions": 1}
    assert BATCH == 20
    await assert_whole(house)


async def test_first_renewals_are_spread_up_to_three_quarters_of_the_life():
    house = House(watch=many(60))
    await house.keep_alive.tick()

    known = (await house.fleet.all()).values()
    shares = [(one.renew_at - NOW) / (one.expires_at - NOW) for one in known]

    assert min(shares) >= 0.0499
    assert max(shares) < 0.75
    assert max(shares) - min(shares) > 0.5


async def test_ninety_days_without_a_lapse_by_hourly_ticks():
    house = House(watch=many(5))
    for hour in range(90 * 24):
        await tick_until(house, NOW + timedelta(hours=hour))
        assert len(house.graph.living()) == 5

    rounds = 90 / (6.9375 * 0.75)
    assert house.graph.calls["renew_subscriptions"] <= 2 * rounds + 5  # at most two groups, half a life apart, stay
    assert house.graph.calls["create_subscriptions"] == 1


async def test_a_renewal_takes_the_expiry_out_of_graph_s_answer():
    house = House(watch=only_mail())
    await house.keep_alive.tick()
    await tick_until(house, NOW + timedelta(days=6))

    (known,), (living,) = (await house.fleet.all()).values(), house.graph.living()
    assert known.expires_at == living.expires_at
    assert known.renewed_at == house.clock.now()


async def test_a_subscription_that_graph_lost_is_made_anew_and_resynced():
    house = House(watch=only_mail())
    await house.keep_alive.tick()
    house.graph.subscriptions.clear()
    house.graph.put_message(ADA, "missed")

    await tick_until(house, NOW + timedelta(days=6))

    await assert_whole(house)
    assert len(await house.rows((mail_spec()).partition("~")[2])) == 1


async def test_one_that_expired_unseen_is_made_anew_and_resynced():
    house = House(watch=only_mail())
    await house.keep_alive.tick()

    await tick_until(house, NOW + timedelta(days=30))

    await assert_whole(house)


async def test_after_a_crash_between_intent_and_answer_the_subscription_is_made_anew():
    """GET shows no client_state: with another one than ours, all that it reports would be refused."""
    house = House(watch=only_mail())
    house.graph.lose_answer("create_subscriptions")
    await house.keep_alive.tick()
    assert await states(house) == {"creating"}
    (made,) = house.graph.subscriptions

    house.clock.advance(PAUSE)
    await house.beside().keep_alive.tick()

    await assert_whole(house)
    assert made not in house.graph.subscriptions


async def test_after_a_crash_before_the_id_is_written_the_subscription_is_made_anew():
    tables = FaultyTables()
    house = House(tables=tables, watch=only_mail())
    await house.keep_alive.reconcile()
    tables.fates.extend([Fate.FINE, Fate.FINE, Fate.REFUSED])  # the lease, the intent, the id
    with pytest.raises(ExceptionGroup) as raised:
        await house.keep_alive.tick()
    assert isinstance(raised.value.exceptions[0], StorageFault)

    house.clock.advance(LENGTH)
    await house.beside().keep_alive.tick()

    await assert_whole(house)
    assert house.graph.calls["delete_subscriptions"] == 1


async def test_one_of_unknown_origin_is_replaced_not_adopted():
    house = House(watch=only_mail())
    old = house.graph.put_subscription(f"users/{ADA}/messages", URL, lifecycle_url=URL)

    await house.keep_alive.tick()

    await assert_whole(house)
    assert old not in house.graph.subscriptions


async def test_one_without_our_lifecycle_url_is_replaced_even_after_an_intent():
    house = House(watch=only_mail())
    house.graph.refuse("create_subscriptions", GraphFault(503, "", "down"))
    await house.keep_alive.tick()
    old = house.graph.put_subscription(f"users/{ADA}/messages", URL, lifecycle_url=None)

    house.clock.advance(PAUSE)
    await house.keep_alive.tick()

    await assert_whole(house)
    assert old not in house.graph.subscriptions


async def test_one_that_was_there_before_our_intent_is_not_adopted_for_it():
    house = House(watch=only_mail())
    old = house.graph.put_subscription(f"users/{ADA}/messages", URL, lifecycle_url=URL)
    house.graph.refuse("create_subscriptions", GraphFault(503, "", "down"))
    await house.keep_alive.tick()

    house.clock.advance(PAUSE)
    await house.keep_alive.tick()

    assert old not in house.graph.subscriptions


async def test_what_is_not_ours_is_not_touched():
    house = House()
    strangers = [
        house.graph.put_subscription(f"users/{ADA}/messages", OTHER_URL, lifecycle_url=OTHER_URL),
        house.graph.put_subscription("groups", URL, lifecycle_url=URL),
        house.graph.put_subscription(f"users/{GRACE}/events", "https://elsewhere.example"),
    ]
    before = [house.graph.subscriptions[id_] for id_ in strangers]

    for day in (0, 3, 6, 9):
        house.clock.time = NOW + timedelta(days=day)
        await house.keep_alive.tick()

    assert [house.graph.subscriptions[id_] for id_ in strangers] == before


async def test_a_refusal_parks_with_growing_pauses_and_holds_nobody_else_up():
    house = House()
    house.graph.item_faults["users"] = GraphFault(403, "Forbidden", "no permission")
    await house.keep_alive.tick()
    parked = [known for known in (await house.fleet.all()).values() if known.state is State.PARKED]
    assert len(parked) == 1
    assert parked[0].note == "403 Forbidden: no permission"
    assert len(house.graph.living()) == 2

    pauses = []
    for _ in range(9):
        known = await house.fleet.get(parked[0].spec)
        pauses.append(known.due_at - house.clock.now())
        house.graph.item_faults["users"] = GraphFault(403, "Forbidden", "no permission")
        await tick_until(house, known.due_at)

    assert [round(pause / PAUSE, 2) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64, 72, 72]
    known = await house.fleet.get(parked[0].spec)
    await tick_until(house, known.due_at)
    await assert_whole(house)


async def test_a_refusal_that_lasts_for_weeks_stops_nothing():
    house = House()
    house.graph.refuse("create_subscriptions", GraphFault(403, "Forbidden", "no permission"), times=10_000)
    for day in range(30):
        for hour in range(0, 24, 6):
            await tick_until(house, NOW + timedelta(days=day, hours=hour, minutes=day))

    known = await house.fleet.all()

    assert min(one.faults for one in known.values()) > 39
    assert max(one.due_at for one in known.values()) <= house.clock.now() + timedelta(hours=6)


@pytest.mark.parametrize("way", ["create", "renew", "item"])
async def test_a_429_waits_as_long_as_graph_says(way):
    house = House(watch=only_mail())
    fault = GraphFault(429, "TooManyRequests", "slow down", 37)
    if way == "create":
        house.graph.refuse("create_subscriptions", fault)
        await house.keep_alive.tick()
    else:
        await house.keep_alive.tick()
        (id_,) = house.graph.subscriptions
        house.clock.time = NOW + timedelta(days=6)
        if way == "item":
            house.graph.item_faults[id_] = fault
        else:
            house.graph.refuse("renew_subscriptions", fault)
        await house.keep_alive.tick()

    (known,) = (await house.fleet.all()).values()
    assert known.due_at == house.clock.now() + timedelta(seconds=37)
    house.graph.calls.clear()
    house.clock.advance(timedelta(seconds=36))
    await house.keep_alive.tick()
    assert house.graph.calls == {}
    house.clock.advance(timedelta(seconds=1))
    await house.keep_alive.tick()
    await assert_whole(house)


async def test_a_short_life_does_not_lapse_when_graph_comes_back_in_time():
    house = House(watch=only_mail(lifetime="45"))
    await house.keep_alive.tick()
    (known,) = (await house.fleet.all()).values()
    await tick_until(house, known.renew_at)
    house.graph.refuse("renew_subscriptions", GraphFault(503, "", "down"), times=2)
    (known,) = (await house.fleet.all()).values()
    await tick_until(house, known.renew_at)

    while house.clock.now() < known.expires_at + timedelta(hours=1):
        house.clock.advance(timedelta(minutes=1))
        await house.keep_alive.tick()

    assert house.graph.calls["create_subscriptions"] == 1


async def test_a_spec_that_nobody_wants_any_more_is_deleted_at_graph_and_forgotten():
    house = House()
    await house.keep_alive.tick()

    later = house.beside(watch=only_mail())
    await later.keep_alive.tick()

    await assert_whole(later)


async def test_a_retired_one_that_graph_will_not_delete_is_tried_again():
    house = House()
    await house.keep_alive.tick()
    later = house.beside(watch=only_mail())
    house.graph.refuse("delete_subscriptions", GraphFault(503, "", "down"))
    await later.keep_alive.tick()
    assert "retired" in await states(later)

    later.clock.advance(PAUSE)
    await later.keep_alive.tick()

    await assert_whole(later)


async def test_a_retired_one_that_is_wanted_again_lives_again():
    house = House()
    await house.keep_alive.tick()
    house.graph.refuse("delete_subscriptions", GraphFault(503, "", "down"))
    await house.beside(watch=only_mail()).keep_alive.tick()

    house.clock.advance(PAUSE)
    await house.keep_alive.tick()

    await assert_whole(house)


@pytest.mark.parametrize(
    "changes", [{"change_types": '["created"]'}, {"resource": "\"users/{user}/mailFolders('inbox')/messages\""}]
)
async def test_a_changed_entry_is_made_anew(changes):
    house = House(watch=only_mail())
    await house.keep_alive.tick()
    (old,) = house.graph.subscriptions
    later = house.beside(watch=only_mail(**changes))

    await later.keep_alive.tick()

    await assert_whole(later)
    assert old not in house.graph.subscriptions
    (spec,), (living,) = later.watch.specs.values(), house.graph.living()
    assert (living.resource, living.change_types) == (spec.resource, spec.change_types)


async def test_another_topic_makes_all_anew_there():
    house = House()
    await house.keep_alive.tick()
    later = house.beside(watch=parse_watch(WATCH.replace("pt-sample", "pt-other"), {}))

    await later.keep_alive.tick()

    await assert_whole(later)
    assert {one.url for one in house.graph.living()} == {OTHER_URL}


async def test_a_spec_that_changed_while_its_row_was_written_is_noted_at_the_next_tick():
    """Another process renews the row between the plan and the note of it."""
    house = House()
    await house.keep_alive.tick()
    later = house.beside(watch=only_mail())
    known = await house.fleet.get(people_spec())
    real = later.fleet.all

    async def all_and_then_a_renewal():
        found = await real()
        await house.fleet.update(known, replace(known, note="renewed meanwhile"))
        return found

    stale = StaleFleet(later.fleet.tables, all_and_then_a_renewal)
    later.keep_alive.fleet = stale
    await later.keep_alive.tick()
    later.keep_alive.fleet = later.fleet
    await later.keep_alive.tick()

    await assert_whole(later)


class StaleFleet:
    def __init__(self, tables, all_once) -> None:
        from shared.flows.keep_alive.fleet import Fleet

        self._fleet, self.all = Fleet(tables), all_once

    def __getattr__(self, name):
        return getattr(self._fleet, name)


async def test_a_row_that_only_a_newer_version_knows_stops_nobody():
    house = House()
    await house.keep_alive.tick()
    old = house.beside(watch=only_mail())
    await old.keep_alive.reconcile()
    known = await house.fleet.get(people_spec())
    await house.fleet.update(known, replace(lost(known, why="test", now=NOW), id=""))
    house.graph.subscriptions.pop(known.id)
    mail = await house.fleet.get(mail_spec())
    await house.fleet.update(mail, replace(lost(mail, why="test", now=NOW), due_at=NOW + timedelta(seconds=1)))
    house.clock.advance(timedelta(seconds=1))

    await old.keep_alive.work()

    assert (await house.fleet.get(mail_spec())).state is State.LIVE
    house.clock.advance(timedelta(hours=6))
    await house.keep_alive.reconcile()
    await house.keep_alive.work()
    await assert_whole(house)


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("calls", '"communications/callRecords"'),
        ("chats", f'"users/{{user}}/chats/getAllMessages"\nfor_each = ["{ADA}"]'),
    ],
)
async def test_without_delta_a_gap_is_noted_and_no_mailbox_is_read(name, resource):
    types = '["updated"]'
    watch = parse_watch(watch_of(f'name = "{name}"\nresource = {resource}\nchange_types = {types}'), {})
    house = House(watch=watch)
    await house.keep_alive.tick()
    (spec,) = watch.specs

    (known,) = (await house.fleet.all()).values()
    await house.lifecycle.catch_up(spec, known.id)

    assert house.graph.calls["collection_ids"] == house.graph.calls["delta"] == 0
    await assert_whole(house)
    assert "no delta" in (await house.fleet.get(spec)).note


async def test_work_that_takes_longer_than_a_lease_goes_on_under_it():
    house = House(watch=many(200))
    await house.keep_alive.tick()
    house.clock.time = NOW + timedelta(days=5.5)
    house.graph.batches.clear()
    house.graph.seconds_per_call = 25

    await house.keep_alive.tick()

    assert house.graph.batches == [20] * 10
    await assert_whole(house)


async def test_who_lost_the_lease_writes_no_more_to_graph():
    house = House(watch=many(60))
    await house.keep_alive.tick()
    house.clock.time = NOW + timedelta(days=5.5)
    house.graph.batches.clear()
    other = house.beside()
    real = house.graph.renew_subscriptions

    async def renew_while_another_takes_over(expiries):
        house.clock.advance(LENGTH)
        async with try_lease(other.tables, other.clock, name="keep_alive", holder="other") as lease:
            assert lease is not None
        return await real(expiries)

    house.tending.graph = SimpleNamespace(renew_subscriptions=renew_while_another_takes_over)
    await house.keep_alive.work()

    assert house.graph.batches == [20]
    await other.keep_alive.tick()
    await assert_whole(house)


async def test_while_another_holds_the_lease_nothing_is_called():
    house = House()

    async with try_lease(house.tables, house.clock, name="keep_alive", holder="other"):
        assert await house.keep_alive.tick() == []

    assert not house.graph.calls
    await house.keep_alive.tick()
    await assert_whole(house)


async def test_graph_s_demand_for_reauthorization_is_one_patch():
    house = House(watch=only_mail())
    await house.keep_alive.tick()
    house.graph.calls.clear()

    await house.lifecycle.reauthorize(mail_spec(), next(iter(house.graph.subscriptions)))

    assert house.graph.calls == {"renew_subscriptions": 1}
    await assert_whole(house)


async def test_what_is_asked_for_while_another_works_is_done_by_the_next_tick():
    house = House(watch=only_mail())
    await house.keep_alive.tick()
    house.graph.calls.clear()
    async with try_lease(house.tables, house.clock, name="keep_alive", holder="other"):
        await house.lifecycle.reauthorize(mail_spec(), next(iter(house.graph.subscriptions)))
    assert house.graph.calls == {}

    await house.keep_alive.tick()

    assert house.graph.calls == {"renew_subscriptions": 1}


async def test_what_is_asked_of_an_unknown_spec_does_nothing():
    house = House()

    await house.lifecycle.recreate("nobody~x", "sub-1")

    assert house.graph.calls == {}


async def test_an_outage_of_half_a_day_costs_no_subscription():
    house = House(watch=many(10))
    await house.keep_alive.tick()
    start = NOW + timedelta(days=4)
    house.graph.refuse("renew_subscriptions", GraphFault(503, "", "down"), times=0)
    for minute in range(0, 3 * 24 * 60, 10):
        now = start + timedelta(minutes=minute)
        if minute < 12 * 60:
            house.graph.refuse("renew_subscriptions", GraphFault(503, "", "down"))
        else:
            house.graph._scripts.clear()
        await tick_until(house, now)

    assert house.graph.batches[0] == 10
    assert house.graph.calls["create_subscriptions"] == 1
    await assert_whole(house)


@settings(max_examples=60, deadline=None)
@given(turns=st.lists(st.integers(0, 5), max_size=150))
def test_two_at_once_leave_one_living_subscription_for_each_spec(turns):
    async def run() -> None:
        house = House()
        tables = InterleavedTables(house.tables, iter(turns))
        one, two = house.beside(tables=tables), house.beside(tables=tables, writer="w3")
        await asyncio.gather(one.keep_alive.tick(), two.keep_alive.tick())
        house.clock.advance(LENGTH)
        await house.keep_alive.tick()
        await assert_whole(house)

    asyncio.run(run())


METHODS = ["create_subscriptions", "renew_subscriptions", "delete_subscriptions", "list_subscriptions"]
METHODS += ["delta", "collection_ids", "get_subscription"]


@settings(max_examples=120, deadline=None)
@given(
    fates=st.lists(
        st.sampled_from([Fate.FINE] * 3 + [Fate.REFUSED, Fate.NEVER_ARRIVED, Fate.ANSWER_LOST]), max_size=30
    ),
    script=st.lists(st.tuples(st.sampled_from(METHODS), st.sampled_from([0, 403, 429, 503, -1])), max_size=8),
    hours=st.lists(st.integers(0, 100), max_size=8),
    removed=st.sets(st.integers(0, 6)),
)
def test_after_any_faults_it_comes_to_rest_with_one_living_subscription_for_each_spec(fates, script, hours, removed):
    async def run() -> None:
        tables = FaultyTables()
        house = House(tables=tables)
        processes = [house, house.beside()]
        tables.fates.extend(fates)
        for method, status in script:
            if status == -1:
                house.graph.lose_answer(method)
            else:
                house.graph.refuse(method, GraphFault(status, "x", "scripted"))
        for number, pause in enumerate(hours):
            if number in removed and house.graph.subscriptions:
                house.graph.subscriptions.pop(sorted(house.graph.subscriptions)[0])
            with suppress(StorageFault, Unanswered, ExceptionGroup):  # the timer comes again
                await processes[number % 2].keep_alive.tick()
            house.clock.advance(timedelta(hours=pause))
        tables.fates.clear()
        house.graph._scripts.clear()
        for _ in range(26):  # longer than any life: what was lost unseen shows at its renewal
            house.clock.advance(timedelta(hours=30))
            await house.keep_alive.tick()
        await assert_whole(house)

    asyncio.run(run())
