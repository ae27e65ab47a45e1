"""Odd loads: a lone event, hot duplicates, batches of which 30 % are duplicates; and what is deployed, in MiB."""

import asyncio
import json
import logging
import random
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

from azure.data.tables.aio import TableServiceClient

from bench.bare import by_sdk, group_of
from bench.ingest import BASE, Counting, app_over, signed_events, timed
from bench.rows import Row, row, rows_beside
from pulse.package import deployed
from shared.adapters.storage.tables import AzureTables
from twin.addresses import Addresses
from twin.azurite.launch import connection_string, start_azurite

LONE = 150
LOADED = 1_000
SHARE = 0.3
BATCH = 50


def measure() -> list[Row]:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        addresses = Addresses(BASE)
        azurite = start_azurite(addresses, Path(folder), None, None, oauth=False)
        try:
            return [*asyncio.run(_measure(connection_string(addresses))), _package()]
        finally:
            azurite.stop()


async def _measure(storage: str) -> list[Row]:
    async with TableServiceClient.from_connection_string(storage) as service:
        tables = AzureTables(service)
        return [*await _lone(tables), *await _duplicates(tables), await _mixed(tables)]


async def _lone(tables: AzureTables) -> list[Row]:
    """One event at a time, in turn with bare transactions of the same rows."""
    app, texts = app_over(tables), signed_events(LONE + 1, 0)
    await app.receive(texts.pop())
    table = f"bare{uuid.uuid4().hex}"
    await tables.create(table)
    bare = {"bare_transaction": by_sdk(tables.service), "bare_own_batch": tables.submit}
    took: dict[str, list[float]] = {name: [] for name in ("ours", *bare)}
    for text in texts:
        took["ours"].append(await _ms(app.receive(text)))
        for name, commit in bare.items():
            took[name].append(await _ms(commit(table, group_of(signed_events(1, 0)))))
    note = "median of one at a time; the baselines are one transaction of the same three rows, by the SDK and by us"
    return rows_beside("lone_event_ms", took.pop("ours"), "ms", note=note, baselines=took.items())


async def _duplicates(tables: AzureTables) -> Iterator[Row]:
    """Again in the process that took them in, and in one that knows nothing."""
    counting, texts = Counting(tables), signed_events(LOADED, 1)
    app, cold = app_over(counting), app_over(counting)
    await timed(app.receive, list(texts))
    hot = await _operations(counting, app.receive(_array(texts)))
    elsewhere = await _operations(counting, cold.receive(_array(texts)))
    return iter(
        [
            row("duplicate_storage_ops", [hot / LOADED], "transactions", note="again in the same process"),
            row("cold_duplicate_storage_ops", [elsewhere / LOADED], "transactions", note="again in another process"),
        ]
    )


async def _mixed(tables: AzureTables) -> Row:
    """Batches of 50 to a fresh process, 30 % of each known to another one."""
    counting, rng = Counting(tables), random.Random(1)
    known, new = signed_events(int(LOADED * SHARE), 2), signed_events(LOADED - int(LOADED * SHARE), 2)
    await timed(app_over(tables).receive, list(known))
    texts = [*known, *new]
    rng.shuffle(texts)
    app = app_over(counting)
    counting.count = 0
    for start in range(0, LOADED, BATCH):
        await app.receive(_array(texts[start : start + BATCH]))
    note = f"batches of {BATCH}, {SHARE:.0%} of them taken in by another process before"
    return row("mixed_batch_storage_ops", [counting.count / LOADED], "transactions per event", note=note)


async def _operations(counting: Counting, work: object) -> int:
    before = counting.count
    await work  # type: ignore[misc]
    return counting.count - before


async def _ms(work: object) -> float:
    started = time.perf_counter()
    await work  # type: ignore[misc]
    return (time.perf_counter() - started) * 1_000


def _array(texts: list[str]) -> str:
    return json.dumps([json.loads(text) for text in texts])


def _package() -> Row:
    """What `make package` zips. Azure installs the packages beside it."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
            paths = list(deployed())
            for path in paths:
                package.write(path)
        size = file.tell() / 2**20
    return row("package_mib", [size], "MiB", note=f"{len(paths)} files, without the packages that Azure installs")
