"""One lease for all writing to Graph: whoever holds it works, the others set things due and leave them to the holder.

It saves work and calls; safety never rests on it: PATCH is absolute, and every row is written by its ETag.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from shared.flows.journal.rows import keys
from shared.ports import Clock, Entity, Stale, Tables, Taken, Verb, Write

TABLE, PARTITION = "leases", "lease"
LENGTH = timedelta(seconds=120)
MARGIN = timedelta(seconds=60)  # a call to Graph may take 30: with less than twice that left, the lease is prolonged


class Lease:
    """Held from `_take` until its time is over. Ask `still_ours` before each step: it prolongs the lease as needed."""

    def __init__(self, tables: Tables, clock: Clock, entity: Entity, etag: str, until: datetime) -> None:
        self._tables, self._clock, self._entity, self._etag, self._until = tables, clock, entity, etag, until

    async def still_ours(self) -> bool:
        """False once somebody else may have taken it: then nothing more is written to Graph."""
        now = self._clock.now()
        return now + MARGIN < self._until or await self._write((now + LENGTH).isoformat(), now + LENGTH)

    async def give_back(self) -> None:
        await self._write("", self._until)  # Stale: it had run out and is somebody else's

    async def _write(self, text: str, until: datetime) -> bool:
        try:
            write = Write(Verb.REPLACE, {**self._entity, "until": text}, self._etag)
            self._etag = (await self._tables.submit(TABLE, [write]))[0]
        except Stale:
            return False
        self._until = until
        return True


@asynccontextmanager
async def try_lease(tables: Tables, clock: Clock, *, name: str, holder: str) -> AsyncIterator[Lease | None]:
    """The lease, or None while somebody else holds it."""
    lease = await _take(tables, clock, name=name, holder=holder)
    try:
        yield lease
    finally:
        if lease:
            await asyncio.shield(lease.give_back())


async def _take(tables: Tables, clock: Clock, *, name: str, holder: str) -> Lease | None:
    await tables.create(TABLE)
    row, now = await tables.read(TABLE, PARTITION, name), clock.now()
    until = str(row.entity["until"]) if row else ""
    if until and datetime.fromisoformat(until) > now:
        return None
    entity: Entity = {**keys(PARTITION, name), "holder": holder, "until": (now + LENGTH).isoformat()}
    write = Write(Verb.REPLACE, entity, row.etag) if row else Write(Verb.INSERT, entity)
    try:
        etag = (await tables.submit(TABLE, [write]))[0]
    except (Taken, Stale):
        return None
    return Lease(tables, clock, entity, etag, now + LENGTH)
