"""What one claim teaches of those beside it: which events are done, and which are only in."""

from builders import ADA, NOW

from shared.adapters.memory import MemoryTables
from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.claims import Claim
from shared.domain.journal.log_layout import journal_row, pending_row
from shared.flows.journal.known import PENDING, Known
from shared.flows.journal.rows import group_write, keys
from shared.ports import Verb, Write

TABLE, LANE = "log20260616", "00"
ROW = journal_row(subject_of_person(ADA), "w2", 30, 7)
NAMED = Claim(key="a", row=ROW, owner="w2", is_done=True, lease_until=None, attempts=0, handled=())


async def tables_with(groups: dict[tuple[str, int], list[tuple[str, ...]]], pending: list[str]) -> MemoryTables:
    tables = MemoryTables()
    await tables.create(TABLE)
    for (writer, seq), events in groups.items():
        await tables.submit(TABLE, [group_write(events, lane=LANE, writer=writer, seq=seq)])
    for key in pending:
        await tables.submit(TABLE, [Write(Verb.INSERT, {**keys(LANE, pending_row(key)), "at": NOW})])
    tables.transactions = 0
    return tables


async def test_what_a_writer_took_in_about_then_is_learned_by_two_questions():
    tables = await tables_with({("w2", 29): [("a",), ("b",)], ("w2", 31): [("c",), ("d",)]}, pending=[])
    known = Known()

    told = await known.learn(tables, TABLE, LANE, NAMED)

    assert told == set("abcd")
    assert all(known.of((key,)) for key in "abcd")
    assert tables.transactions == 2


async def test_what_has_a_pending_row_is_told_of_but_not_taken_for_done():
    tables = await tables_with({("w2", 30): [("a",), ("b",)]}, pending=["b"])
    known = Known()

    assert await known.learn(tables, TABLE, LANE, NAMED) == {"a", "b"}

    assert known.of(("a",))
    assert known.of(("b",)) is None


async def test_where_as_much_is_pending_as_one_question_answers_nothing_is_taken_for_done():
    tables = await tables_with({("w2", 30): [("a",), ("b",)]}, [f"{number:04}" for number in range(PENDING)])
    known = Known()

    assert await known.learn(tables, TABLE, LANE, NAMED) == {"a", "b"}

    assert known.of(("a",)) is None


async def test_an_event_of_two_claims_is_known_by_both_and_named_by_the_first():
    tables = await tables_with({("w2", 30): [("a", "b"), ("c",)]}, pending=[])
    known = Known()

    await known.learn(tables, TABLE, LANE, NAMED)

    found = known.of(("b",))
    assert found is not None
    assert found.key == "a"


async def test_other_writers_and_long_gone_groups_are_not_asked_for():
    tables = await tables_with({("w3", 30): [("x",), ("y",)], ("w2", 3): [("z",), ("q",)]}, pending=[])

    assert await Known().learn(tables, TABLE, LANE, NAMED) == set()
    assert tables.transactions == 1
