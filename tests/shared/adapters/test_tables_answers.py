"""What is asked of Table Storage, and what is made of each answer: refused, perhaps written, broken off, or none."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableServiceClient

from shared.adapters.storage.tables import AzureTables
from shared.ports import Entity, StorageFault, Tables, Unanswered, Verb, Write

TABLE = "log20260616"
WRITE = Write(Verb.INSERT, {"PartitionKey": "p", "RowKey": "r"})
REFUSED = "HTTP/1.1 {} x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def answering(answer: str | None) -> AsyncIterator[tuple[TableServiceClient, list[tuple[str, bytes]]]]:
    """A client of a server that answers so and hangs up, or with None waits; what it is asked: heads and bodies."""
    asked: list[tuple[str, bytes]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        asked.append((head, await reader.readexactly(int(length[1]) if length else 0)))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer.encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, TableServiceClient.from_connection_string(_at(server.sockets[0].getsockname()[1])) as service:
        yield service, asked


async def read_one(tables: Tables) -> object:
    return await tables.read(TABLE, "p", "r")


async def read_many(tables: Tables) -> object:
    return [row async for row in tables.scan(TABLE, "p", "", "~")]


async def make(tables: Tables) -> object:
    return await tables.create(TABLE)


async def drop(tables: Tables) -> object:
    return await tables.drop(TABLE)


async def submit(tables: Tables) -> object:
    return await tables.submit(TABLE, [WRITE])


async def test_a_server_that_cannot_be_reached_has_written_nothing():
    async with TableServiceClient.from_connection_string(_at(1)) as service:
        with pytest.raises(StorageFault):
            await submit(AzureTables(service))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "HTTP/1.1 20",
        "HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n--batchresponse_1\r\n",
        "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone",
        "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n--batch",
    ],
)
async def test_an_answer_that_breaks_off_or_says_nothing_leaves_it_open(answer):
    async with answering(answer) as (service, _):
        with pytest.raises(Unanswered):
            await submit(AzureTables(service))


@pytest.mark.parametrize(
    ("status", "fault"), [(500, Unanswered), (503, Unanswered), (504, Unanswered), (403, StorageFault)]
)
async def test_what_a_status_says_of_the_write(status, fault):
    async with answering(REFUSED.format(status)) as (service, asked):
        with pytest.raises(fault):
            await submit(AzureTables(service))

    assert len(asked) == 1  # no retries: a second try might meet the first one's write


@pytest.mark.parametrize("ask", [read_one, read_many, make, drop])
async def test_what_storage_refuses_is_given_up_after_three_tries(ask):
    """By itself the SDK tries eleven times, in minutes: all that time a lane would stand still."""
    async with answering(REFUSED.format(503)) as (service, asked):
        with pytest.raises(Unanswered):
            await ask(AzureTables(service))

    assert len(asked) == 3


@pytest.mark.parametrize("ask", [read_one, read_many, make, drop, submit])
async def test_a_server_that_says_nothing_is_not_waited_for_longer_than_said(ask):
    async with answering(None) as (service, _):
        with pytest.raises(Unanswered):
            await ask(AzureTables(service, patience_s=0.02))


async def test_a_transaction_asks_for_what_the_sdk_would_ask_for():
    """The SDK's own submit_transaction is the witness: it is known to work where nothing of ours was tried."""
    at, etag = datetime(2026, 6, 16, 12, 0, 0, 123456, tzinfo=UTC), "W/\"datetime'2026-06-16T12%3A00%3A00Z'\""
    values = {"text": "é'\U0001f600\n", "empty": "", "number": -7, "yes": True, "at": at}
    one, two, three, four = (_row(f"o'k|{number}", **values) for number in range(4))
    replace, condition = {"mode": UpdateMode.REPLACE}, {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    by_sdk = [
        ("create", one),
        ("upsert", two, replace),
        ("update", three, {**replace, **condition}),
        ("delete", four, condition),
    ]
    by_us = [
        Write(Verb.INSERT, one),
        Write(Verb.UPSERT, two),
        Write(Verb.REPLACE, three, etag),
        Write(Verb.DELETE, four, etag),
    ]
    async with answering(REFUSED.format(403)) as (service, asked):
        with pytest.raises(HttpResponseError):
            await service.get_table_client(TABLE).submit_transaction(by_sdk)
        with pytest.raises(StorageFault):
            await AzureTables(service).submit(TABLE, by_us)
    (sdk_head, sdk_body), (our_head, our_body) = asked

    assert _parts(our_body) == _parts(sdk_body)
    assert len(_parts(our_body)) == 4
    assert our_head.splitlines()[0] == sdk_head.splitlines()[0]
    for name in ("x-ms-version", "DataServiceVersion", "MaxDataServiceVersion", "Accept"):
        ours, theirs = (re.findall(rf"(?im)^{name}: (.*)$", head) for head in (our_head, sdk_head))
        assert ours == theirs != [], name


def _row(key: str, **values: object) -> Entity:
    return {"PartitionKey": "p", "RowKey": key, **values}


def _parts(body: bytes) -> list[tuple[str, str | None, object]]:
    """Of each part its request line, its condition and its values; all text is text, so its type says nothing."""
    found = []
    for part in re.split(rb"\r\n(?=(?:POST|PUT|DELETE) http)", body)[1:]:
        head, _, rest = part.partition(b"\r\n\r\n")
        line, *headers = head.decode().split("\r\n")
        condition = next((header.partition(": ")[2] for header in headers if header.startswith("If-Match")), None)
        text = rest.partition(b"\r\n--")[0].strip().decode()
        values = {name: value for name, value in json.loads(text or "{}").items() if value != "Edm.String"}
        found.append((line, condition, values))
    return found


def _at(port: int) -> str:
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};TableEndpoint={endpoint};"
