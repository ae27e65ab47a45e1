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


async def test_duplicates_that_another_process_took_in_cost_one_refusal_and_one_read_each_of_the_batch():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    await first.receive(batch(events[:KNOWN]))
    random.Random(7).shuffle(events)
    second = await primed(first.beside())

    await second.receive(batch(events))
    operations = second.tables.submits + second.tables.reads
    await second.receive(batch(events))

    assert operations == 2 + 49
    assert second.tables.submits + second.tables.reads == operations  # known now
    assert len(await second.rows(MINE)) == 50


async def test_a_whole_payload_that_another_process_took_in_writes_nothing():
    events = [mail_event(number=number) for number in range(49)]
    first = House(tables=FaultyTables())
    await first.receive(batch(events))
    second = await primed(first.beside())

    await second.receive(batch(events))

    assert second.tables.submits == 1
    assert len(await second.rows(MINE)) == 50
