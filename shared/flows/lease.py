"""One lease for all writing to Graph: whoever holds it works, the others set things due and leave them to the holder.

It saves work and calls; safety never rests on it: PATCH is absolute, and every row is written by its ETag.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from shared.ports import Clock, Stale, Tables, Taken, Verb, Write

TABLE, PARTITION = "leases", "lease"
LENGTH = timedelta(seconds=120)
MARGIN = timedelta(seconds=40)  # a call to Graph may take 30: with less left, the holder stops


class Lease:
    """`has_time` is asked before each step: a lease that runs out is not worked under."""

    def __init__(self, clock: Clock, until: datetime) -> None:
        self._clock, self.until = clock, until

    def has_time(self) -> bool:
        return self._clock.now() + MARGIN < self.until


@asynccontextmanager
async def try_lease(tables: Tables, clock: Clock, *, name: str, holder: str) -> AsyncIterator[Lease | None]:
    """The lease, or None while somebody else holds it."""
    await tables.create(TABLE)
    now = clock.now()
    entity = {"PartitionKey": PARTITION, "RowKey": name, "holder": holder, "until": (now + LENGTH).isoformat()}
    etag = await _take(tables, entity, now)
    if etag is None:
        yield None
        return
    try:
        yield Lease(clock, now + LENGTH)
    finally:
        await asyncio.shield(_give_back(tables, {**entity, "until": ""}, etag))


async def _take(tables: Tables, entity: dict[str, str], now: datetime) -> str | None:
    row = await tables.read(TABLE, PARTITION, entity["RowKey"])
    until = str(row.entity["until"]) if row else ""
    if until and datetime.fromisoformat(until) > now:
        return None
    write = Write(Verb.REPLACE, entity, row.etag) if row else Write(Verb.INSERT, entity)
    try:
        return (await tables.submit(TABLE, [write]))[0]
    except (Taken, Stale):
        return None


async def _give_back(tables: Tables, entity: dict[str, str], etag: str) -> None:
    try:
        await tables.submit(TABLE, [Write(Verb.REPLACE, entity, etag)])
    except Stale:
        return  # it had run out and is somebody else's now
