"""Pages of the journal: in each writer's order, for their readers alone, never more work than asked for."""

import json
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, lifecycle_event, mail_event
from house import DAY, House, all_pages
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.cursor import decode_cursor
from shared.domain.journal.log_layout import OPERATORS

MINE, HERS = subject_of_person(ADA), subject_of_person(GRACE)


def batch(*numbers: int, person: str = ADA) -> str:
    return "[" + ",".join(mail_event(number=number, person=person) for number in numbers) + "]"


def numbers(rows) -> list[int]:
    return [int(str(row.entity["resource"]).rpartition("AAMk")[2].rstrip("=")) for row in rows]


async def test_readers_see_their_own_rows_and_no_others():
    house = House()
    await house.receive(mail_event(number=1))
    await house.receive(mail_event(number=2, person=GRACE))
    await house.receive(lifecycle_event("missed"))

    assert numbers(await house.rows(MINE)) == [1]
    assert numbers(await house.rows(HERS)) == [2]
    assert [row.entity["type"] for row in await house.rows(OPERATORS)] == ["Microsoft.Graph.Missed"]
    assert len(await house.rows(MINE, HERS, OPERATORS)) == 3


async def test_a_row_names_its_reader():
    house = House()
    await house.receive(mail_event())
    await house.receive(lifecycle_event("missed"))

    shown = [row.as_json() for row in await house.rows(MINE, OPERATORS)]

    assert [row["reader"] for row in shown] == [ADA, OPERATORS]
    assert not {"body", "spec", "claim"} & set(shown[0])


async def test_a_page_ends_with_a_whole_group():
    house = House()
    for start in (0, 10, 20):
        await house.receive(batch(*range(start, start + 10)))

    page = await house.journal.page((MINE,), None, limit=1)
    rest = await house.journal.page((MINE,), page.cursor, limit=100)

    assert len(page.rows) % 10 == 0
    assert page.has_more == (len(page.rows) < 30)
    assert numbers([*page.rows, *rest.rows]) == list(range(30))
    assert not rest.has_more


@settings(max_examples=60, deadline=None)
@given(
    groups=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 49)), max_size=8),
    limit=st.integers(1, 120),
    lanes=st.integers(1, 3),
)
async def test_pages_of_any_size_hold_every_row_once(groups, limit, lanes):
    first = House(lanes=lanes)
    houses = [first, first.beside(writer="w2"), first.beside(writer="w3")]
    number = 0
    for writer, size in groups:
        people = (ADA, GRACE)[number % 2]
        await houses[writer].receive(batch(*range(number, number + size), person=people))
        number += size

    rows = await all_pages(first, (MINE, HERS), None, limit=limit)

    assert sorted(numbers(rows)) == list(range(number))


async def test_a_reader_far_behind_reads_pages_that_hardly_pass_the_limit():
    house = House()
    for start in range(0, 490, 49):
        await house.receive(batch(*range(start, start + 49)))

    page = await house.journal.page((MINE, HERS), None, limit=60)

    assert 60 <= len(page.rows) < 60 + 50
    assert page.has_more


async def test_nothing_new_costs_one_scan_of_places_for_each_lane():
    house = House(lanes=2)
    await house.receive(mail_event())
    cursor = (await house.journal.page((MINE,), None, limit=10)).cursor
    assert isinstance(house.tables, MemoryTables)
    before = house.tables.transactions

    await house.journal.page((MINE,), cursor, limit=10)

    assert house.tables.transactions - before == 2


async def test_rows_of_several_writers_are_merged_by_the_time_of_acceptance():
    house = House()
    other = house.beside()
    for number, process in enumerate((other, house, other, house)):
        await process.receive(mail_event(number=number))
        house.clock.advance(timedelta(seconds=0.5))

    assert numbers(await house.rows(MINE)) == [0, 1, 2, 3]


async def test_a_writer_whose_clock_goes_back_keeps_its_order():
    house = House()
    await house.receive(mail_event(number=0))
    house.clock.advance(-timedelta(seconds=5))
    await house.receive(mail_event(number=1))

    assert numbers(await house.rows(MINE)) == [0, 1]


async def test_the_head_shows_only_what_comes_later():
    house = House()
    await house.receive(mail_event(number=1))
    head = await house.journal.head()
    await house.receive(mail_event(number=2))
    house.clock.advance(timedelta(days=1))
    await house.receive(mail_event(number=3, time=house.clock.now()))

    assert numbers(await all_pages(house, (MINE,), head, limit=10)) == [2, 3]


async def test_the_head_of_an_empty_journal_is_its_beginning():
    house = House()
    head = await house.journal.head()
    await house.receive(mail_event())

    assert len(await all_pages(house, (MINE,), head, limit=10)) == 1


async def test_a_cursor_goes_out_as_text_and_comes_back():
    house = House()
    await house.receive(mail_event(number=1))
    page = await house.journal.page((MINE,), None, limit=10)
    await house.receive(mail_event(number=2))

    assert numbers((await house.journal.page((MINE,), decode_cursor(page.cursor.encode()), limit=10)).rows) == [2]


async def test_an_event_is_found_by_the_id_of_its_row():
    house = House()
    await house.receive(mail_event(event_id="e-1"))
    (row,) = await house.rows(MINE)

    found = await house.journal.event(row.id)

    assert found is not None
    assert found[0] == row
    assert json.loads(found[1])["id"] == "e-1"


@pytest.mark.parametrize(
    "name", ["", ".", "..", f"{DAY}", f"{DAY}.00", f"{DAY}.00.", f"{DAY}.00.x|y", "²0260616.00.aa", "20260616.00.none"]
)
async def test_a_name_that_is_none_finds_nothing(name):
    house = House()
    await house.receive(mail_event())

    assert await house.journal.event(name) is None


async def test_the_newest_change_of_each_resource_of_a_spec():
    house = House()
    await house.receive(mail_event(number=1))
    await house.receive(mail_event(number=1, change="deleted", time=NOW + timedelta(seconds=1)))
    await house.receive(mail_event(number=2))

    newest = await house.journal.changes_of(f"mail~{MINE}", MINE)

    assert {name[-4:-1]: change for name, (_, change) in newest.items()} == {"001": "deleted", "002": "created"}
    assert await house.journal.changes_of(f"other~{MINE}", MINE) == {}
