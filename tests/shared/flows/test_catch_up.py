"""What was missed comes back once; what was never missed isn't reported."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, RING, FixedClock, mail_event, mail_spec, state_of, watch_of
from faulty_tables import Fate, FaultyTables
from house import House

from shared.domain.events.client_state import prove, subject_of_person
from shared.domain.events.router import Router
from shared.domain.watching.subscriptions import Subscription
from shared.domain.watching.transitions import wanted
from shared.domain.watching.watch import parse_watch
from shared.flows.catch_up import CaughtUp
from shared.ports import GraphFault, StorageFault, Unanswered

MINE = subject_of_person(ADA)
MINUTE = timedelta(minutes=1)


def subscription(house: House, spec: str = mail_spec()) -> Subscription:
    return wanted(house.watch.specs[spec], now=house.clock.now())


async def run(house: House) -> CaughtUp:
    house.clock.advance(MINUTE)
    return await house.catch_up.run(subscription(house))


async def at_rest(**kwargs) -> House:
    """A mailbox whose mark is set."""
    house = House(**kwargs)
    await run(house)
    house.clock.advance(MINUTE)
    return house


async def changes(house: House) -> list[tuple[str, str]]:
    rows = await house.rows(MINE)
    return [(str(row.entity["resource"]).rpartition("/")[2], str(row.entity["change_type"])) for row in rows]


async def announce(house: House, item: int, etag: str, change: str = "created", time=None) -> None:
    """Graph's own notification of what put_message did."""
    event = mail_event(number=item, change=change, time=time or house.clock.now())
    await house.receive(event.replace(f'W/\\"{item}-1\\"', etag.replace('"', '\\"')))


def name(item: int) -> str:
    return f"AAMk{item:06}="


async def test_the_first_reading_reports_nothing_of_what_lay_there():
    house = House()
    for number in range(25):
        house.graph.put_message(ADA, name(number))

    result = await run(house)

    assert (result.recovered, result.changes) == (0, 0)
    assert result.pages == 4
    assert await changes(house) == []


async def test_missed_changes_are_recovered_once():
    house = House()
    for number in range(3):
        house.graph.put_message(ADA, name(number))
    await run(house)
    house.clock.advance(MINUTE)
    house.graph.put_message(ADA, name(0))
    house.graph.delete_message(ADA, name(1))
    house.graph.put_message(ADA, name(3))

    first, second = await run(house), await run(house)

    assert sorted(await changes(house)) == [(name(0), "updated"), (name(1), "deleted"), (name(3), "created")]
    assert (first.recovered, first.already_seen) == (3, 0)
    assert (second.recovered, second.changes) == (0, 0)


async def test_recovered_rows_say_so():
    house = await at_rest()
    house.graph.put_message(ADA, name(1))

    await run(house)

    (row,) = await house.rows(MINE)
    assert row.as_json()["recovered"] is True


async def test_what_was_announced_is_not_recovered():
    house = await at_rest()
    for number in (1, 2):
        await announce(house, number, house.graph.put_message(ADA, name(number)))
    await announce(house, 1, house.graph.put_message(ADA, name(1)), "updated")
    house.graph.delete_message(ADA, name(2))
    await announce(house, 2, 'W/"x"', "deleted")

    result = await run(house)

    assert (result.recovered, result.already_seen) == (0, 2)
    assert len(await house.rows(MINE)) == 4


async def test_a_recovered_change_that_is_announced_late_is_refused():
    house = await at_rest()
    etag = house.graph.put_message(ADA, name(1))
    await run(house)

    await announce(house, 1, etag)

    assert len(await house.rows(MINE)) == 1


async def test_a_message_that_only_moved_is_not_deleted():
    house = House()
    house.graph.put_message(ADA, name(1))
    await run(house)
    house.clock.advance(MINUTE)
    house.graph.move_message(ADA, name(1), "archive")

    await run(house)

    assert "deleted" not in {change for _, change in await changes(house)}


async def test_a_message_that_moved_and_was_deleted_is_reported_deleted_once():
    house = House()
    house.graph.put_message(ADA, name(1))
    await run(house)
    house.clock.advance(MINUTE)
    house.graph.move_message(ADA, name(1), "archive")
    house.graph.delete_message(ADA, name(1))

    await run(house)

    assert await changes(house) == [(name(1), "deleted")]


async def test_deleted_restored_and_deleted_again_is_two_deletions():
    house = House()
    house.graph.put_message(ADA, name(1))
    await run(house)
    for step in (house.graph.delete_message, house.graph.put_message, house.graph.delete_message):
        house.clock.advance(MINUTE)
        step(ADA, name(1))
        await run(house)

    assert [change for _, change in await changes(house)] == ["deleted", "created", "deleted"]


async def test_empty_pages_lead_on():
    house = await at_rest()
    house.graph.collections.has_empty_pages = True
    for number in range(12):
        house.graph.put_message(ADA, name(number))

    assert (await run(house)).recovered == 12


async def test_a_folder_that_came_later_holds_news():
    house = await at_rest()
    house.graph.folders[ADA] = ["inbox", "archive", "new"]
    house.graph.put_message(ADA, name(1), folder="new")

    assert (await run(house)).recovered == 1


async def test_an_expired_link_reads_the_folder_anew_and_reports_what_is_news():
    house = await at_rest()
    await announce(house, 1, house.graph.put_message(ADA, name(1)))
    house.graph.put_message(ADA, name(2))
    house.graph.put_message(ADA, name(3), changed_at=NOW - timedelta(days=8, seconds=1))
    house.graph.expire_links()

    result = await run(house)

    assert result.full_resync
    assert (result.recovered, result.already_seen) == (1, 2)
    assert not (await run(house)).full_resync


@pytest.mark.parametrize(
    "fault",
    [GraphFault(410, "Gone", ""), GraphFault(400, "SyncStateNotFound", ""), GraphFault(404, "resyncRequired", "")],
)
async def test_every_way_to_say_that_a_link_is_gone(fault):
    house = await at_rest()
    house.graph.put_message(ADA, name(1))
    house.graph.refuse("delta", fault)

    result = await run(house)

    assert result.full_resync
    assert result.recovered == 1


async def test_another_refusal_is_raised_and_nothing_is_forgotten():
    house = await at_rest()
    house.graph.put_message(ADA, name(1))
    house.graph.refuse("delta", GraphFault(503, "", "down"))

    with pytest.raises(GraphFault):
        await run(house)

    assert (await run(house)).recovered == 1


async def test_after_an_expired_link_a_deletion_shows_against_what_the_journal_knows():
    house = await at_rest()
    await announce(house, 1, house.graph.put_message(ADA, name(1)))
    house.graph.delete_message(ADA, name(1))
    house.graph.expire_links()

    await run(house)

    assert [change for _, change in await changes(house)] == ["created", "deleted"]


async def test_a_removal_found_by_a_long_full_reading_is_later_than_all_that_is_known_of_it():
    """Its time is not told: the reading may have begun before the message came, and must not tell it twice."""
    house = await at_rest()
    house.graph.put_message(ADA, name(2))
    await run(house)
    house.graph.expire_links()
    house.graph.refuse("delta", GraphFault(410, "syncStateNotFound", "gone"))
    house.graph.refuse("delta", GraphFault(503, "", "down"))
    with pytest.raises(GraphFault):
        await run(house)
    house.clock.advance(30 * MINUTE)
    await announce(house, 1, house.graph.put_message(ADA, name(1)))
    house.graph.delete_message(ADA, name(1))

    await run(house)
    house.graph.expire_links()
    await run(house)

    assert (await changes(house)).count((name(1), "deleted")) == 1
    created, deleted = [row.entity for row in await house.rows(MINE) if str(row.entity["resource"]).endswith(name(1))]
    assert str(created["time"]) < str(deleted["time"])


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("fate", [Fate.REFUSED, Fate.NEVER_ARRIVED, Fate.ANSWER_LOST])
async def test_a_crash_at_any_write_loses_nothing_and_repeats_nothing(number, fate):
    tables = FaultyTables()
    house = House(tables=tables)
    for item in range(15):
        house.graph.put_message(ADA, name(item))
    await run(house)
    house.clock.advance(MINUTE)
    for item in range(12):
        house.graph.put_message(ADA, name(item))
    for item in (12, 13, 14):
        house.graph.delete_message(ADA, name(item))
    tables.fates.extend([Fate.FINE] * number + [fate] * 2)

    for _ in range(4):
        with contextlib.suppress(StorageFault, Unanswered):
            await run(house.beside(writer=f"w{house.clock.now().timestamp():.0f}"))

    assert sorted(await changes(house)) == sorted(
        [(name(item), "updated") for item in range(12)] + [(name(item), "deleted") for item in (12, 13, 14)]
    )


async def test_a_crash_between_accepting_a_page_and_saving_its_link_repeats_nothing_even_over_midnight():
    tables = FaultyTables()
    house = House(tables=tables)
    house.clock.time = NOW.replace(hour=23, minute=50)
    house.graph.put_message(ADA, name(1))
    await run(house)
    house.clock.advance(MINUTE)
    house.graph.delete_message(ADA, name(1))
    house.graph.put_message(ADA, name(2))
    await house.days.open(house.clock.now().strftime("%Y%m%d"))
    tables.fates.extend([Fate.FINE, Fate.FINE, Fate.REFUSED])
    with pytest.raises(StorageFault):
        await run(house)

    house.clock.advance(timedelta(hours=1))
    await run(house.beside())

    assert sorted(await changes(house)) == [(name(1), "deleted"), (name(2), "created")]


async def test_a_change_before_midnight_announced_after_it_is_not_recovered():
    house = House()
    house.clock.time = NOW.replace(hour=23, minute=50)
    await run(house)
    house.clock.advance(MINUTE)
    etag = house.graph.put_message(ADA, name(1))
    house.clock.advance(timedelta(hours=1))
    await announce(house, 1, etag)

    assert (await run(house)).recovered == 0
    assert len(await house.rows(MINE)) == 1


async def test_a_change_before_midnight_that_was_recovered_and_is_announced_after_it_is_refused():
    house = House()
    house.clock.time = NOW.replace(hour=23, minute=50)
    await run(house)
    house.clock.advance(MINUTE)
    etag = house.graph.put_message(ADA, name(1))
    await run(house)
    house.clock.advance(timedelta(hours=1))

    await announce(house.beside(), 1, etag)

    assert len(await house.rows(MINE)) == 1


async def test_a_crash_in_the_first_reading_does_not_turn_history_into_news():
    house = House()
    house.graph.put_message(ADA, name(1))
    house.graph.put_message(ADA, name(2), folder="archive")
    spec = subscription(house)
    real = house.graph.delta

    async def failing(path, link):
        if "archive" in path:
            raise GraphFault(503, "", "down")
        return await real(path, link)

    broken = house.beside()
    broken.catch_up.graph = Delta(house.graph, failing)
    with pytest.raises(GraphFault):
        await broken.catch_up.run(spec)

    assert (await run(house)).recovered == 0


class Delta:
    """The fake Graph with another way to answer delta."""

    def __init__(self, graph, delta) -> None:
        self._graph, self.delta = graph, delta

    def __getattr__(self, method):
        return getattr(self._graph, method)


async def test_two_at_once_recover_a_change_once():
    house = await at_rest()
    for number in range(25):
        house.graph.put_message(ADA, name(number))

    await asyncio.gather(run(house), run(house.beside()), return_exceptions=True)
    await run(house)

    assert len(await changes(house)) == len(set(await changes(house))) == 25


async def test_nothing_new_costs_one_call_for_each_folder_and_one_for_their_names():
    house = await at_rest()
    house.graph.calls.clear()

    await run(house)

    assert house.graph.calls == {"collection_ids": 1, "delta": 2}


async def test_the_mailboxes_of_two_people_are_kept_apart():
    house = await at_rest()
    await house.catch_up.run(subscription(house, mail_spec(GRACE)))
    house.graph.put_message(GRACE, name(1))

    assert (await run(house)).recovered == 0
    assert (await house.catch_up.run(subscription(house, mail_spec(GRACE)))).recovered == 1
    assert await house.rows(MINE) == []


@pytest.mark.parametrize(
    ("resource", "folders"),
    [
        ("users/{user}/messages", {"inbox", "archive"}),
        ("Users/{user}/Messages", {"inbox", "archive"}),
        ("users/{user}/mailFolders('inbox')/messages", {"inbox"}),
        ("users/{user}/mailFolders/archive/messages", {"archive"}),
    ],
)
async def test_every_spelling_of_a_mailbox_s_resource_reads_that_mailbox(resource, folders):
    entry = f'name = "mail"\nresource = "{resource}"\nfor_each = ["{ADA}"]\nchange_types = ["created", "updated"]'
    house = House(watch=parse_watch(watch_of(entry), {}))
    (spec,) = house.watch.specs

    async def read(path, link):
        seen.append((path.split("/")[1], path.split("/")[3]))
        return await house.graph.delta(path, link)

    seen: list[tuple[str, str]] = []
    house.catch_up.graph = Delta(house.graph, read)
    await house.catch_up.run(subscription(house, spec))

    assert set(seen) == {(ADA, folder) for folder in folders}


async def test_a_failing_handler_does_not_stop_the_reading():
    router = Router()

    @router.on("*")
    async def fail(notification, context):
        raise ValueError

    house = await at_rest(router=router)
    for number in range(12):
        house.graph.put_message(ADA, name(number))

    assert (await run(house)).recovered == 12


async def test_a_redelivery_that_is_told_otherwise_is_handled_as_it_was_journaled():
    """Recovered as `created`, announced as `updated`: the handler that failed is one for `created`."""
    router, runs = Router(), []

    @router.on("*", change_types=["created"])
    async def fail_once(notification, context):
        runs.append(notification.change_type)
        if len(runs) == 1:
            raise ValueError

    house = await at_rest(router=router)
    etag = house.graph.put_message(ADA, name(1))
    await run(house)

    await announce(house, 1, etag, "updated")

    assert runs == ["created", "created"]
    assert await changes(house) == [(name(1), "created")]


async def test_a_reading_goes_on_though_a_sweep_took_over_what_it_handles():
    """By a clock that is ahead, the lease of who is still at work has run out."""
    router, sweeps = Router(), []

    @router.on("*")
    async def be_overtaken(notification, context):
        if not sweeps:
            sweeps.append(other.handling.sweep())
            await sweeps[0]

    house = await at_rest(router=router)
    ahead = FixedClock(house.clock.now() + 5 * MINUTE)
    other = House(tables=house.tables, blobs=house.blobs, clock=ahead, router=router, writer="w2")
    for number in (1, 2):
        house.graph.put_message(ADA, name(number))

    assert (await run(house)).recovered == 2
    assert sweeps


async def test_a_recovered_event_shows_no_client_state():
    house = await at_rest()
    house.graph.put_message(ADA, name(1))
    await run(house)
    (row,) = await house.rows(MINE)
    found = await house.journal.event(row.id)

    assert found is not None
    assert "client" not in found[1].lower()
    assert prove(RING, state_of(mail_spec()), tenant_id="other") is None
