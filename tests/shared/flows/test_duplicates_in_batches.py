"""Event Grid redelivers whole payloads: batches in which many events are known cost few operations."""

import random

from builders import ADA, mail_event
from faulty_tables import FaultyTables
from house import House

from shared.domain.events.client_state import subject_of_person

MINE = subject_of_person(ADA)
KNOWN = 15  # of 49: 30 %


def batch(events: list[str]) -> str:
    return "[" + ",".join(events) + "]"


async def primed(house: House) -> House:
    """A process that has met its first event of the day: what it reads once it has read."""
    await house.receive(mail_event(number=999))
    tables = house.tables
    assert isinstance(tables, FaultyTables)
    tables.submits = tables.reads = 0
    return house


async def test_duplicates_within_a_batch_cost_nothing():
    events = [mail_event(number=number) for number in range(49 - KNOWN)]
    house = await primed(House(tables=FaultyTables()))

    await house.receive(batch(events + events[:KNOWN]))

    assert (house.tables.submits, house.tables.reads) == (1, 0)
    assert len(await house.rows(MINE)) == 49 - KNOWN + 1


async def test_duplicates_that_this_process_took_in_cost_nothing():
    events = [mail_event(number=number) for number in range(49)]
    house = await primed(House(tables=FaultyTables()))
    await house.receive(batch(events[:KNOWN]))
    house.tables.submits = house.tables.reads = 0

    await house.receive(batch(events))

    assert (house.tables.submits, house.tables.reads) == (1, 0)


async def test_duplicates_that_another_process_took_in_are_learned_from_what_it_tells_of_its_groups():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    await first.receive(batch(events[:KNOWN]))
    random.Random(7).shuffle(events)
    second = await primed(first.beside())
    before = second.tables.inner.transactions

    await second.receive(batch(events))
    operations = second.tables.inner.transactions - before
    await second.receive(batch(events))

    assert operations == 5  # refused; the claim that was named, the groups beside it, what is pending; written
    assert second.tables.inner.transactions - before == operations  # known now
    assert len(await second.rows(MINE)) == 50


async def test_what_was_learned_from_one_batch_serves_the_next():
    events = [mail_event(number=number) for number in range(90)]
    first = House(tables=FaultyTables())
    for start in range(0, 45, 15):
        await first.receive(batch(events[start : start + 15]))
    second = await primed(first.beside())
    await second.receive(batch(events[:5] + events[45:60]))
    second.tables.submits = second.tables.reads = 0

    await second.receive(batch(events[5:45] + events[60:69]))

    assert (second.tables.submits, second.tables.reads) == (1, 0)
    assert len(await second.rows(MINE)) == 45 + 15 + 9 + 1


async def test_duplicates_of_several_writers_are_learned_from_each():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    for number, writer in enumerate([first, first.beside(writer="w3"), first.beside(writer="w4")]):
        await writer.receive(batch(events[number * 5 : number * 5 + 5]))
    last = await primed(first.beside())
    before = last.tables.inner.transactions

    await last.receive(batch(events))

    assert last.tables.inner.transactions - before == 3 * 4 + 1
    assert len(await last.rows(MINE)) == 50


async def test_duplicates_that_came_alone_are_told_of_by_nobody_and_all_claims_are_read_at_the_second_refusal():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    for event in events[:KNOWN]:
        await first.receive(event)
    second = await primed(first.beside())

    await second.receive(batch(events))

    assert (second.tables.submits, second.tables.reads) == (3, 1 + 48)
    assert len(await second.rows(MINE)) == 50


async def test_a_whole_payload_that_another_process_took_in_writes_nothing():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    await first.receive(batch(events))
    second = await primed(first.beside())

    await second.receive(batch(events))

    assert second.tables.submits == 1
    assert len(await second.rows(MINE)) == 50
