"""What the port Tables promises, kept alike by memory and by Azure's client against Azurite in both forms."""

import asyncio
from datetime import UTC, datetime

import pytest

from shared.ports import NoTable, Row, Stale, StorageFault, Tables, Taken, Verb, Write

LONG = "x" * 32 * 1024  # 64 KiB of UTF-16


def row(key: str, partition: str = "p", **values) -> dict:
    return {"PartitionKey": partition, "RowKey": key, **values}


def insert(key: str, **values) -> Write:
    return Write(Verb.INSERT, row(key, **values))


def upsert(key: str, **values) -> Write:
    return Write(Verb.UPSERT, row(key, **values))


async def rows(tables: Tables, table: str, first: str = "", last: str = "~", limit: int | None = None) -> list[Row]:
    return [found async for found in tables.scan(table, "p", first, last, limit)]


async def keys(tables: Tables, table: str, *args) -> list[str]:
    return [str(found.entity["RowKey"]) for found in await rows(tables, table, *args)]


@pytest.fixture
async def made(tables: Tables, table: str) -> str:
    await tables.create(table)
    return table


async def test_a_row_comes_back_as_it_was_written(tables, made):
    values = {
        "text": "é \U0001f600 ' \" \\ / ? # \n \u0001",
        "empty": "",
        "long": LONG,
        "number": -7,
        "large": 2**31 - 1,
        "zero": 0,
        "yes": True,
        "no": False,
        "time": datetime(2026, 6, 16, 12, 0, 0, 123456, tzinfo=UTC),
        "midnight": datetime(2026, 6, 16, tzinfo=UTC),
    }
    (etag,) = await tables.submit(made, [insert("r", **values)])

    found = await tables.read(made, "p", "r")

    assert found is not None
    assert found.etag == etag
    assert dict(found.entity) == row("r", **values)
    assert isinstance(found.entity["yes"], bool)
    assert found.entity["time"].tzinfo is not None


@pytest.mark.parametrize("count", [1, 2])
async def test_an_insert_of_a_row_that_exists_is_taken_and_says_which(tables, made, count):
    await tables.submit(made, [insert("there", text="old")])
    writes = [*(insert(f"new{number}") for number in range(count - 1)), insert("there", text="new")]

    with pytest.raises(Taken) as raised:
        await tables.submit(made, writes)

    assert raised.value.index == count - 1
    assert await keys(tables, made) == ["there"]
    assert (await rows(tables, made))[0].entity["text"] == "old"


async def test_an_upsert_writes_a_new_row_and_replaces_an_old_one_whole(tables, made):
    (first,) = await tables.submit(made, [upsert("r", one=1)])
    (second,) = await tables.submit(made, [upsert("r", two=2)])

    (found,) = await rows(tables, made)

    assert dict(found.entity) == row("r", two=2)
    assert found.etag == second != first


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_replace_goes_by_its_etag(tables, made, extra):
    (etag,) = await tables.submit(made, [insert("r", one=1)])
    others = [upsert(f"other{number}") for number in range(extra)]
    (*_, later) = await tables.submit(made, [*others, Write(Verb.REPLACE, row("r", two=2), etag)])

    with pytest.raises(Stale) as raised:
        await tables.submit(made, [*others, Write(Verb.REPLACE, row("r", three=3), etag)])

    found = await tables.read(made, "p", "r")
    assert raised.value.index == extra
    assert found == Row(row("r", two=2), later)


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("verb", [Verb.REPLACE, Verb.DELETE])
async def test_a_write_by_etag_to_a_row_that_is_gone_is_stale(tables, made, verb, extra):
    (etag,) = await tables.submit(made, [insert("r")])
    await tables.submit(made, [Write(Verb.DELETE, row("r"), etag)])

    with pytest.raises(Stale) as raised:
        await tables.submit(made, [*(upsert("other") for _ in range(extra)), Write(verb, row("r"), etag)])

    assert raised.value.index == extra


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_delete_goes_by_its_etag_or_takes_any(tables, made, extra):
    others = [upsert(f"other{number}") for number in range(extra)]
    (old,) = await tables.submit(made, [insert("r")])
    await tables.submit(made, [upsert("r", changed=True)])

    with pytest.raises(Stale) as raised:
        await tables.submit(made, [*others, Write(Verb.DELETE, row("r"), old)])
    assert raised.value.index == extra
    await tables.submit(made, [*others, Write(Verb.DELETE, row("r"), "*")])

    assert await tables.read(made, "p", "r") is None


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_delete_of_any_needs_a_row(tables, made, extra):
    with pytest.raises(Stale) as raised:
        await tables.submit(made, [*(upsert("other") for _ in range(extra)), Write(Verb.DELETE, row("none"), "*")])

    assert raised.value.index == extra
    assert await keys(tables, made) == []


async def test_a_transaction_is_written_whole_or_not_at_all(tables, made):
    (etag,) = await tables.submit(made, [insert("old", value=1)])
    await tables.submit(made, [insert("gone")])
    good = [
        insert("a"),
        upsert("b"),
        Write(Verb.REPLACE, row("old", value=2), etag),
        Write(Verb.DELETE, row("gone"), "*"),
    ]

    with pytest.raises(Stale) as raised:
        await tables.submit(made, [*good, Write(Verb.REPLACE, row("none"), etag)])
    assert raised.value.index == 4
    assert await keys(tables, made) == ["gone", "old"]

    etags = await tables.submit(made, good)
    assert await keys(tables, made) == ["a", "b", "old"]
    assert etags == [*(found.etag for found in await rows(tables, made)), ""]


async def test_a_transaction_takes_100_writes_and_gives_their_etags_in_order(tables, made):
    etags = await tables.submit(made, [insert(f"{number:03}", body="y" * 1000) for number in range(100)])

    assert [found.etag for found in await rows(tables, made)] == etags


async def test_the_largest_group_of_the_journal_fits(tables, made):
    writes = [insert("w"), *(insert(f"{number:03}", body=LONG if number % 2 else "") for number in range(98))]

    assert len(await tables.submit(made, writes)) == 99


async def test_a_scan_gives_its_range_in_order_of_text(tables, made):
    names = ["a", "b", "c|1", "c|2", "c|A", "c|a", "d"]
    await tables.submit(made, [insert(name) for name in reversed(names)])
    await tables.submit(made, [Write(Verb.INSERT, row("b", partition="q"))])

    assert await keys(tables, made) == names
    assert await keys(tables, made, "b", "d") == names[1:6]
    assert await keys(tables, made, "c|", "c~") == names[2:6]
    assert await keys(tables, made, "b", "b") == []
    assert await keys(tables, made, "", "~", 3) == names[:3]
    assert await keys(tables, made, "e'; --", "~") == []


async def test_a_scan_of_more_than_a_thousand_rows_goes_on(tables, made):
    for start in range(0, 1100, 100):
        await tables.submit(made, [insert(f"{number:05}") for number in range(start, start + 100)])

    assert await keys(tables, made) == [f"{number:05}" for number in range(1100)]
    assert len(await keys(tables, made, "", "~", 1050)) == 1050


async def test_what_a_missing_table_answers(tables, table):
    for writes in ([insert("r")], [insert("r"), insert("s")], [upsert("r")]):
        with pytest.raises(NoTable):
            await tables.submit(table, writes)
    assert await tables.read(table, "p", "r") is None
    assert await rows(tables, table) == []


async def test_a_missing_row_is_none(tables, made):
    assert await tables.read(made, "p", "r") is None


async def test_making_and_dropping_twice_is_harmless(tables, table):
    await tables.create(table)
    await tables.submit(table, [insert("r")])
    await tables.create(table)
    assert await keys(tables, table) == ["r"]

    await tables.drop(table)
    await tables.drop(table)
    assert await rows(tables, table) == []


async def test_of_many_inserts_of_one_row_at_once_one_wins(tables, made):
    outcomes = await asyncio.gather(*(tables.submit(made, [insert("r")]) for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Taken) for outcome in outcomes) == 7


@pytest.mark.parametrize(
    "writes",
    [
        [insert("a/b")],
        [insert("a"), insert("b#c")],
        [insert("a"), upsert("a")],
        [insert("a", text=LONG + "x")],
    ],
)
async def test_what_storage_refuses_is_a_fault_and_writes_nothing(tables, made, writes):
    with pytest.raises(StorageFault):
        await tables.submit(made, writes)

    assert await keys(tables, made) == []
