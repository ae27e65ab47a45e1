"""The day tables: opened once, alike for all, ahead of midnight; dropped when nothing may enter them any more."""

import asyncio
from datetime import timedelta

import pytest
from builders import ADA, NOW, mail_event
from faulty_tables import Fate, FaultyTables
from house import DAY, House

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.log_layout import KEPT_DAYS, day_of, table_of
from shared.flows.journal import Trimmed
from shared.flows.journal.days import Days, UnknownFormat
from shared.ports import Row, StorageFault, Unanswered

MINE = (subject_of_person(ADA),)
LATER = timedelta(days=KEPT_DAYS + 1)


async def tidy_later(house: House) -> list[str]:
    """On the first day on which today may be dropped."""
    house.clock.advance(LATER)
    return await house.days.tidy()


async def test_the_first_to_open_a_day_says_how_many_lanes_it_has():
    house = House(lanes=4)
    other = house.beside(lanes=16)

    assert await house.days.open(DAY) == 4
    assert await other.days.open(DAY) == 4
    assert (await other.days.calendar()).open == {DAY: 4}


async def test_several_that_open_a_day_at_once_agree():
    houses = [House(tables=(tables := MemoryTables()))] + [House(tables=tables, lanes=number) for number in (2, 3, 4)]

    assert len(set(await asyncio.gather(*(house.days.open(DAY) for house in houses)))) == 1


@pytest.mark.parametrize("fate", [Fate.ANSWER_LOST, Fate.NEVER_ARRIVED, Fate.REFUSED])
async def test_a_day_whose_opening_failed_is_opened_by_the_next_event(fate):
    tables = FaultyTables()
    days = House(tables=tables).days
    tables.fates.append(fate)

    with pytest.raises((Unanswered, StorageFault)):
        await days.open(DAY)

    assert await days.open(DAY) == 1


async def test_an_open_day_costs_nothing():
    tables = MemoryTables()
    days = House(tables=tables).days
    await days.open(DAY)
    before = tables.transactions

    await days.open(DAY)

    assert tables.transactions == before


async def test_a_day_of_a_newer_format_is_not_touched():
    tables = MemoryTables()
    await House(tables=tables).days.open(DAY)
    row = tables.tables["days"]["day", DAY]
    tables.tables["days"]["day", DAY] = Row({**row.entity, "format": 2}, row.etag)

    with pytest.raises(UnknownFormat):
        await House(tables=tables).days.open(DAY)


async def test_tidying_opens_tomorrow_and_drops_nothing_that_is_kept():
    house = House()
    await house.days.open(DAY)
    house.clock.advance(timedelta(days=KEPT_DAYS))

    assert await house.days.tidy() == []
    assert await house.days.tidy() == []
    assert sorted((await house.days.calendar()).open) == [DAY, day_of(house.clock.now() + timedelta(days=1))]


async def test_a_day_that_is_over_is_dropped_whole_and_once():
    house = House()
    await house.receive(mail_event())

    assert await tidy_later(house) == [DAY]
    assert await house.days.tidy() == []
    assert isinstance(house.tables, MemoryTables)
    assert table_of(DAY) not in house.tables.tables
    assert (await house.days.calendar()).dropped == {DAY: {"00": {"w1": 1}}}


async def test_what_another_process_opened_shows_after_20_seconds():
    house = House()
    assert (await house.days.calendar()).open == {}
    await house.beside().days.open(DAY)

    house.clock.advance(timedelta(seconds=20))

    assert list((await house.days.calendar()).open) == [DAY]


async def test_a_clock_that_goes_back_does_not_keep_an_old_calendar():
    house = House()
    assert (await house.days.calendar()).open == {}
    await house.beside().days.open(DAY)

    house.clock.advance(-timedelta(hours=1))

    assert list((await house.days.calendar()).open) == [DAY]


async def test_a_reader_that_saw_all_of_a_dropped_day_goes_on():
    house = House()
    await house.receive(mail_event())
    cursor = (await house.journal.page(MINE, None, limit=10)).cursor

    await tidy_later(house)
    page = await house.journal.page(MINE, cursor, limit=10)

    assert page.rows == []
    assert DAY not in page.cursor.days


async def test_a_reader_that_missed_something_of_a_dropped_day_is_told():
    house = House()
    await house.receive(mail_event(number=1))
    cursor = (await house.journal.page(MINE, None, limit=10)).cursor
    await house.receive(mail_event(number=2))

    await tidy_later(house)

    with pytest.raises(Trimmed):
        await house.journal.page(MINE, cursor, limit=10)


async def test_a_reader_from_before_a_day_that_is_dropped_already_is_told():
    house = House()
    cursor = (await house.journal.page(MINE, None, limit=10)).cursor
    await house.receive(mail_event())
    await tidy_later(house)

    with pytest.raises(Trimmed):
        await house.journal.page(MINE, cursor, limit=10)


async def test_an_empty_day_that_is_dropped_was_missed_by_nobody():
    house = House()
    cursor = (await house.journal.page(MINE, None, limit=10)).cursor
    await house.days.open(DAY)
    await tidy_later(house)

    assert (await house.journal.page(MINE, cursor, limit=10)).rows == []


async def test_a_new_reader_after_a_drop_begins_with_what_is_kept():
    house = House()
    await house.receive(mail_event(number=1))
    await tidy_later(house)
    await house.receive(mail_event(number=2, time=house.clock.now()))

    page = await house.journal.page(MINE, None, limit=10)
    assert len(page.rows) == 1
    house.clock.advance(timedelta(days=1))
    await house.days.tidy()
    assert (await house.journal.page(MINE, page.cursor, limit=10)).rows == []


async def test_a_head_taken_before_a_drop_still_counts_after_it():
    house = House()
    await house.receive(mail_event())
    head = await house.journal.head()

    await tidy_later(house)

    assert (await house.journal.page(MINE, head, limit=10)).rows == []


async def test_a_cursor_that_lives_over_many_drops_grows_no_further():
    house, cursor, sizes = House(), None, []
    for number in range(3 * KEPT_DAYS):
        await house.receive(mail_event(number=number, time=house.clock.now()))
        page = await house.journal.page(MINE, cursor, limit=10)
        assert len(page.rows) == 1
        cursor = page.cursor
        sizes.append(len(cursor.days))
        house.clock.advance(timedelta(days=1))
        await house.days.tidy()

    assert max(sizes) <= KEPT_DAYS + 2


async def test_the_end_of_a_month_is_no_gap():
    house = House()
    house.clock.time = NOW.replace(day=30)
    await house.receive(mail_event(number=1, time=house.clock.now()))
    cursor = (await house.journal.page(MINE, None, limit=10)).cursor
    await tidy_later(house)

    page = await house.journal.page(MINE, cursor, limit=10)
    await house.receive(mail_event(number=2, time=house.clock.now()))

    assert len((await house.journal.page(MINE, page.cursor, limit=10)).rows) == 1


async def test_a_crash_between_writing_the_final_places_and_dropping_the_table_is_healed():
    class CrashingTables(MemoryTables):
        is_healed = False

        async def drop(self, table: str) -> None:
            if not self.is_healed:
                raise StorageFault("crash")
            await super().drop(table)

    tables = CrashingTables()
    house = House(tables=tables)
    await house.receive(mail_event())
    with pytest.raises(StorageFault):
        await tidy_later(house)

    CrashingTables.is_healed = True
    await Days(tables, house.clock, 1).tidy()

    assert table_of(DAY) not in tables.tables
