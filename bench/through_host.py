"""The whole way in: POSTs of 50 events to the app under the stand-in host with the real azure-functions-runtime.

The baseline is the bare loop on the same Azurite, in turn. An invocation costs about a millisecond of the worker's CPU,
and host, worker, Azurite and the sender share two cores here: what the way costs shows, not what Azure gives.
"""

import asyncio
import logging
import tempfile
import time
from pathlib import Path

import httpx
from azure.data.tables.aio import TableServiceClient

from bench.bare import bare_round, by_sdk
from bench.hosted import NOTIFICATION, ROOT, URL, hosted, our_settings
from bench.ingest import BASE, signed_events
from bench.rows import Row, row
from shared.adapters.storage.tables import AzureTables
from twin.addresses import Addresses
from twin.azurite.launch import connection_string, start_azurite

EVENTS = 1_500
BATCH = 50
POSTS_AT_ONCE = 4
ROUNDS = 3


def measure() -> list[Row]:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder, addresses = Path(name), Addresses(BASE)
        azurite = start_azurite(addresses, folder / "azurite", None, None, oauth=False)
        try:
            with hosted(ROOT, our_settings(folder), folder) as host, httpx.Client(timeout=30) as http:
                host.deliver(http, f"[{signed_events(1, 0)[0]}]")
                ours, bare = asyncio.run(_rounds(connection_string(addresses)))
        finally:
            azurite.stop()
    note = f"POSTs of {BATCH}, {POSTS_AT_ONCE} at a time; sender, host, worker and Azurite share the machine"
    return [row("ingest_through_runtime_per_s", ours, "events/s", note=note, baseline=("bare_group_commit", bare))]


async def _rounds(storage: str) -> tuple[list[float], list[float]]:
    ours, bare = list[float](), list[float]()
    async with TableServiceClient.from_connection_string(storage) as service, httpx.AsyncClient(timeout=60) as http:
        tables = AzureTables(service)
        for number in range(ROUNDS):
            ours.append(EVENTS / await _poured(http, number))
            bare.append(EVENTS / await bare_round(by_sdk(service), tables, signed_events(EVENTS, number)))
    return ours, bare


async def _poured(http: httpx.AsyncClient, number: int) -> float:
    texts = signed_events(EVENTS, number)
    bodies = [f"[{','.join(texts[start : start + BATCH])}]" for start in range(0, EVENTS, BATCH)]

    async def send() -> None:
        while bodies:
            (await http.post(URL, content=bodies.pop(), headers=NOTIFICATION)).raise_for_status()

    started = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(POSTS_AT_ONCE)))
    return time.perf_counter() - started
