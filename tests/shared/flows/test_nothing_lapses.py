"""What goes wrong with one subscription, or beside all of them, costs no other its life."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import ADA, GRACE, WATCH, mail_spec, watch_of
from fakes import FakeGraph
from house import House
from mortal import Blow, Fate, MortalGraph

from shared.adapters.memory import MemoryTables
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.transitions import behind, missing, retired
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.keep_alive.lease import LENGTH
from shared.ports import GraphFault, GraphSubscription

URL = parse_watch(WATCH, {}).topic.url
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Senseless:
    """Graph, but nobody can make sense of what it says of Ada, nor of its list."""

    def __init__(self, inner: FakeGraph) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def collection_ids(self, path: str) -> Sequence[str]:
        if ADA in path:
            raise ValueError("no such shape")
        return await self._inner.collection_ids(path)

    async def list_subscriptions(self) -> Sequence[GraphSubscription]:
        raise ValueError("no such shape")


def mail_of(*people: str, resource: str = "users/{user}/messages", topic: str = "pt-sample") -> Watch:
    among = ",".join(f'"{person}"' for person in people)
    entry = f'name = "mail"\nresource = "{resource}"\nfor_each = [{among}]\nchange_types = ["created", "updated"]'
    return parse_watch(watch_of(entry).replace("pt-sample", topic), {})


async def settled(*people: str) -> House:
    house = House(watch=mail_of(*people))
    await house.keep_alive.tick()
    house.graph.calls.clear()
    return house


async def row(house: House, person: str = ADA) -> Subscription:
    found = await house.fleet.get(mail_spec(person))
    assert found is not None
    return found


async def test_one_that_cannot_be_read_is_renewed_in_time_and_its_pause_is_kept():
    house = await settled(ADA)
    known = await row(house)
    await house.fleet.update(known, behind(known, why="missed", now=house.clock.now()))
    house.graph.refuse("collection_ids", GraphFault(404, "ErrorItemNotFound", "no such mailbox"), times=10_000)

    renew_at = known.renew_at
    while house.clock.now() < renew_at + 5 * MINUTE:
        house.clock.advance(5 * MINUTE)
        await house.keep_alive.tick()

    found = await row(house)
    assert found.state is State.RESYNCING
    assert renew_at <= found.renewed_at <= renew_at + 5 * MINUTE
    assert house.graph.calls["renew_subscriptions"] == 1
    assert house.graph.calls["create_subscriptions"] == 0


async def test_one_that_is_paused_keeps_no_batch_from_being_filled():
    people = [f"00000000-0000-4000-8000-{number:012}" for number in range(20)]
    house = await settled(*people)
    first, second, *rest = [await row(house, person) for person in people]
    now = house.clock.now() + 4 * DAY
    later = [
        replace(one, renew_at=now + 5 * MINUTE * nth, due_at=now + 5 * MINUTE * nth) for nth, one in enumerate(rest)
    ]
    parked = replace(second, state=State.PARKED, id="", due_at=now + MINUTE)
    due = replace(first, renew_at=now, due_at=now)
    await house.fleet.update_all(list(zip([first, second, *rest], [due, parked, *later], strict=True)))
    house.clock.advance(now - house.clock.now())

    await house.keep_alive.work()

    assert house.graph.batches[-1] == 19


async def test_a_mailbox_that_delta_cannot_make_sense_of_keeps_no_other_from_being_read(caplog):
    house = await settled(ADA, GRACE)
    for person in (ADA, GRACE):
        known = await row(house, person)
        await house.fleet.update(known, behind(known, why="missed", now=house.clock.now()))
    house.catch_up.graph = Senseless(house.graph)  # type: ignore[assignment]

    await house.keep_alive.tick()

    assert (await row(house, GRACE)).state is State.LIVE
    assert (await row(house)).note == "ValueError: no such shape"


async def test_renewals_do_not_wait_for_taking_stock_that_fails():
    house = await settled(ADA)
    house.clock.advance(6 * DAY)

    house.inventory.graph = Senseless(house.graph)  # type: ignore[assignment]

    with pytest.raises(ValueError, match="no such shape"):
        await house.keep_alive.tick()

    assert (await row(house)).renewed_at == house.clock.now()


async def test_who_stood_still_before_the_call_does_not_delete_what_the_next_holder_made():
    tables, fate = MemoryTables(), Fate()
    house = House(tables=tables, watch=mail_of(ADA), writer="a")
    other = house.beside(writer="b")
    house.tending.graph = MortalGraph(house.graph, fate)  # type: ignore[assignment]
    await house.keep_alive.reconcile()

    async def meanwhile() -> None:
        house.clock.advance(LENGTH)
        await other.keep_alive.tick()

    fate.at, fate.blow, fate.meanwhile = 1, Blow.OVERTAKEN, meanwhile
    await house.keep_alive.work()

    (living,) = house.graph.living()
    assert (await row(house)).id == living.id


async def test_a_removal_that_somebody_else_overtook_stops_nobody_else():
    house = await settled(ADA, GRACE)
    now = house.clock.now()
    for person in (ADA, GRACE):
        known = await row(house, person)
        await house.fleet.update(known, retired(known, now=now))
    stale = await row(house)
    batch = [stale, await row(house, GRACE)]
    await house.fleet.update(stale, replace(stale, note="heard of"))

    faults = await house.tending.remove(batch)

    assert list(faults) == [mail_spec(ADA)]
    assert list(await house.fleet.all()) == [mail_spec(ADA)]


async def test_one_that_a_list_lacked_and_nobody_wants_any_more_is_deleted_all_the_same():
    house = await settled(ADA)
    known = await row(house)
    lacking = await house.fleet.update(known, missing(known, now=house.clock.now()))

    await house.fleet.update(lacking, retired(lacking, now=house.clock.now()))
    await house.keep_alive.work()

    assert (house.graph.living(), await house.fleet.all()) == ([], {})


async def test_one_whose_events_go_to_another_url_is_made_anew():
    house = await settled(ADA)
    known = await row(house)
    house.graph.subscriptions[known.id] = replace(house.graph.subscriptions[known.id], url="https://elsewhere.example")

    await house.keep_alive.reconcile()
    await house.keep_alive.work()

    (living,) = house.graph.living()
    assert (living.url, living.id != known.id) == (URL, True)
    assert (await row(house)).id == living.id


async def test_what_a_crash_left_at_the_topic_before_makes_place_at_once():
    house = House(watch=mail_of(ADA))
    await house.keep_alive.reconcile()
    house.graph.lose_answer("create_subscriptions")
    await house.keep_alive.work()
    moved = house.beside(watch=mail_of(ADA, topic="pt-other"))
    house.clock.advance(timedelta(hours=1))

    await moved.keep_alive.tick()

    (living,) = house.graph.living()
    assert living.url == moved.watch.topic.url
    assert (await row(house)).state is State.LIVE


async def test_a_person_who_is_gone_is_not_asked_for_at_every_tick():
    house = await settled(ADA)
    known = await row(house)
    house.clock.advance(30 * DAY)
    await house.fleet.update(known, replace(known, id="", state=State.WANTED, due_at=house.clock.now()))
    house.graph.refuse("create_subscriptions", GraphFault(404, "ResourceNotFound", "no such user"), times=10_000)

    for _ in range(288):
        house.clock.advance(5 * MINUTE)
        await house.keep_alive.tick()

    assert house.graph.calls["create_subscriptions"] <= 12
    assert (await row(house)).state is State.PARKED


async def test_what_graph_refused_for_hours_is_renewed_before_its_end_once_it_does_so_no_more():
    house = await settled(ADA)
    known = await row(house)
    end = known.expires_at
    refusal = GraphFault(403, "Authorization_RequestDenied", "consent was withdrawn")
    house.graph.refuse("renew_subscriptions", refusal, times=10_000)
    while house.clock.now() < end - timedelta(hours=1):
        house.clock.advance(5 * MINUTE)
        await house.keep_alive.tick()

    house.graph.refusals_end()
    while house.clock.now() < end:
        house.clock.advance(5 * MINUTE)
        await house.keep_alive.tick()

    assert house.graph.calls["create_subscriptions"] == 0
    assert (await row(house)).expires_at > end


async def test_an_entry_that_comes_to_watch_another_list_is_read_there_from_now_on():
    lists = "users/{user}/todo/lists/%s/tasks"
    house = House(watch=mail_of(ADA, resource=lists % "one"))
    await house.keep_alive.tick()
    tasks = f"users/{ADA}/todo/lists/two/tasks"
    house.graph.collections.put(tasks, "before", at=house.clock.now())
    other = house.beside(watch=mail_of(ADA, resource=lists % "two"))
    await other.keep_alive.tick()
    house.graph.collections.put(tasks, "after", at=house.clock.now())

    found = await other.catch_up.run(await row(other))

    assert found.recovered == 1
