"""What is kept goes in time; all that is kept of one person goes when asked, and nothing of anybody else's."""

from datetime import timedelta

import pytest
from builders import ADA, GRACE, mail_event, watch_of
from house import DAY, House

from shared.adapters.memory import MemoryBlobs
from shared.domain.events.client_state import subject_of_person
from shared.domain.events.router import Router
from shared.domain.events.trust import ACCEPTED_FOR
from shared.domain.journal.log_layout import KEPT_DAYS, OPERATORS
from shared.domain.journal.retention import FOLDERS, QUARANTINE_DAYS
from shared.domain.watching.watch import parse_watch
from shared.flows.upkeep.retention import StillWatched
from shared.ports import Verb, Write

MINE, HERS = subject_of_person(ADA), subject_of_person(GRACE)
NOBODY = parse_watch(watch_of('name = "people"\nresource = "users"\nchange_types = ["updated"]'), {})


def large(event: str) -> str:
    return event.replace('"data": {', '"data": {"filling": "' + "x" * 40_000 + '", ', 1)


async def stored(house: House, text: str) -> list[str]:
    """Where a text stands, over all tables and blobs."""
    tables = [
        f"{table} {key}"
        for table, rows in house.tables.tables.items()
        for key, row in rows.items()
        if text in str((key, dict(row.entity))).lower()
    ]
    blobs = [name for store in (house.blobs, house.letters) for name, body in store.blobs.items()]
    bodies = [body for store in (house.blobs, house.letters) for body in store.blobs.values()]
    return tables + [name for name, body in zip(blobs, bodies, strict=True) if text in (name + body).lower()]


async def test_quarantine_is_kept_a_month_with_its_blobs():
    house = House()
    await house.receive("x" * 100_000)
    house.clock.advance(timedelta(days=QUARANTINE_DAYS))
    await house.retention.tidy()
    kept = len(await house.quarantine.list(DAY))

    house.clock.advance(timedelta(days=1))
    await house.retention.tidy()

    assert (kept, len(await house.quarantine.list(DAY))) == (1, 0)
    assert house.blobs.blobs == {}


async def test_bodies_go_with_their_day():
    house = House()
    await house.receive(large(mail_event()))
    house.clock.advance(timedelta(days=KEPT_DAYS))
    await house.retention.tidy()
    kept = len(house.blobs.blobs)

    house.clock.advance(timedelta(days=1))
    await house.retention.tidy()

    assert (kept, len(house.blobs.blobs)) == (1, 0)


async def test_what_a_crash_left_of_a_rejection_without_its_row_goes_too():
    house = House(blobs=MemoryBlobs({f"quarantine/{DAY}/abc": "text"}))
    house.clock.advance(timedelta(days=QUARANTINE_DAYS + 1))

    await house.retention.tidy()

    assert house.blobs.blobs == {}


async def test_an_app_that_stood_still_for_weeks_catches_up_on_tidying():
    house = House()
    await house.receive("no json")
    house.clock.advance(timedelta(days=QUARANTINE_DAYS + 20))

    await house.retention.tidy()

    assert await house.quarantine.list(DAY) == []


async def test_tidying_is_done_once_a_day():
    house = House()
    await house.retention.tidy()
    before = house.tables.transactions

    await house.retention.tidy()

    assert house.tables.transactions == before


async def left_behind() -> House:
    """Ada and Grace have mail, forged mail and dead letters; then nobody watches them any more."""
    router = Router()

    @router.on("Microsoft.Graph.MessageUpdated")
    async def fail(notification, context):
        raise ValueError

    house = House(router=router)
    for person in (ADA, GRACE):
        await house.receive(mail_event(person=person))
        await house.receive(large(mail_event(person=person, number=2)))
        await house.receive(mail_event(person=person, number=3, state="forged"))
        with pytest.raises(ExceptionGroup):
            await house.receive(mail_event(person=person, number=4, change="updated"))
        await house.tables.create("delta")
        subject = subject_of_person(person)
        await house.tables.create("outbox")
        row = {"PartitionKey": subject, "RowKey": "item", "is_sent": True}
        await house.tables.submit("outbox", [Write(Verb.UPSERT, row)])
        link = {"PartitionKey": f"mail~{subject}", "RowKey": "folder", "link": "x"}
        await house.tables.submit("delta", [Write(Verb.UPSERT, link)])
    await house.tables.create("subscriptions")
    await house.heard.write()
    events = ",".join(mail_event(person=person, number=9) for person in (ADA, GRACE))
    return house.beside(watch=NOBODY, letters=MemoryBlobs({"A.json": f"[{events}]"}))


async def test_all_that_is_kept_of_a_person_goes_and_of_nobody_else():
    house = await left_behind()
    graces = len(await stored(house, HERS.lower())) + len(await stored(house, GRACE))

    purged = await house.retention.purge(ADA)

    assert (purged.rows, purged.quarantined, purged.dead_letters) == (3, 1, 1)
    assert (purged.delta, purged.outbox, purged.subscriptions) == (1, 1, 1)
    assert await stored(house, ADA) == []
    assert await stored(house, MINE.lower()) == []
    assert len(await stored(house, HERS.lower())) + len(await stored(house, GRACE)) == graces
    assert len(await house.rows(HERS)) == 3


async def test_a_purge_that_was_done_finds_nothing_more():
    house = await left_behind()
    await house.retention.purge(ADA)

    again = await house.retention.purge(ADA)

    assert (again.rows, again.quarantined, again.dead_letters, again.delta, again.outbox) == (0, 0, 0, 0, 0)


async def test_an_event_that_comes_after_the_purge_is_not_believed_any_more():
    house = await left_behind()
    await house.retention.purge(ADA)

    await house.receive(mail_event())

    assert await house.rows(MINE, OPERATORS) == []


async def test_a_person_who_is_watched_is_not_purged():
    house = House()
    await house.keep_alive.tick()

    with pytest.raises(StillWatched):
        await house.retention.purge(ADA)


@pytest.mark.parametrize("person", ["", "ada", "../x"])
async def test_only_an_object_id_names_a_person(person):
    with pytest.raises(ValueError):  # noqa: PT011
        await House().retention.purge(person)


@pytest.mark.parametrize("folder", FOLDERS)
async def test_what_a_queue_left_in_a_blob_goes_once_no_message_can_want_it(folder):
    """A crash between the queue and the blob's deletion leaves it behind; nobody deletes a route's but retention."""
    house = House(blobs=MemoryBlobs({f"{folder}{DAY}/abc.json": "text"}))
    house.clock.advance(timedelta(days=FOLDERS[folder]))
    await house.retention.tidy()
    kept = len(house.blobs.blobs)

    house.clock.advance(timedelta(days=1))
    await house.retention.tidy()

    assert (kept, len(house.blobs.blobs)) == (1, 0)
    assert FOLDERS["work/"] > ACCEPTED_FOR.days
