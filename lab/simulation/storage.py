"""A life's way to the tables: slow, and in trouble. The tables themselves outlive everybody."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import override

from lab.simulation.machine import Life, Spawn
from lab.simulation.troubles import Trouble, Troubles
from shared.adapters.memory import MemoryTables
from shared.ports import Row, StorageFault, Unanswered, Write


class DatedTables(MemoryTables):
    """Knows when a row was there for the first time, and each time that it said `complete`: by table and keys."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now, self.first_written = now, dict[tuple[str, str, str], datetime]()
        self.completed: defaultdict[tuple[str, str, str], list[datetime]] = defaultdict(list)

    @override
    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        etags = await super().submit(table, writes)
        for write in writes:
            key = (table, str(write.entity["PartitionKey"]), str(write.entity["RowKey"]))
            self.first_written.setdefault(key, self._now())
            if write.entity.get("complete"):
                self.completed[key].append(self._now())
        return etags


@dataclass(slots=True)
class TroubledTables:
    inner: MemoryTables
    life: Life
    troubles: Troubles
    spawn: Spawn

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        trouble = await self._begin()
        if trouble is Trouble.LATE:
            await self._give_up(self._land_late(table, writes))
        etags = await self.inner.submit(table, writes)
        if trouble is Trouble.SENT_TWICE:
            etags = await self.inner.submit(table, writes)
        await self._end(trouble)
        return etags

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        trouble = await self._begin()
        found = await self.inner.read(table, partition, row)
        await self._end(trouble)
        return found

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        trouble = await self._begin()
        async for row in self.inner.scan(table, partition, first, last, limit):
            self.life.check()
            yield row
        await self._end(trouble)

    async def create(self, table: str) -> None:
        trouble = await self._begin()
        await self.inner.create(table)
        await self._end(trouble)

    async def drop(self, table: str) -> None:
        trouble = await self._begin()
        await self.inner.drop(table)
        await self._end(trouble)

    async def _begin(self) -> Trouble | None:
        self.life.check()
        trouble = self.troubles.strike(asyncio.get_running_loop().time())
        await self._travel()
        match trouble:
            case Trouble.DIES_BEFORE:
                self.life.die()
                self.life.check()
            case Trouble.REFUSED:
                raise StorageFault("503 ServerBusy")
            case Trouble.UNANSWERED:
                raise Unanswered("the connection broke before the request was read")
        return trouble

    async def _end(self, trouble: Trouble | None) -> None:
        if trouble is Trouble.DIES_AFTER:
            self.life.die()
        elif trouble is Trouble.SLOW:
            await asyncio.sleep(self.troubles.rng.uniform(0.1, 8))
        elif self.troubles.rng.random() < 0.3:
            await self._travel()
        self.life.check()
        if trouble is Trouble.ANSWER_LOST:
            raise Unanswered("the connection broke after the request was carried out")

    async def _travel(self) -> None:
        await asyncio.sleep(self.troubles.rng.choice((0, 0.002, 0.005, 0.03)))
        self.life.check()

    async def _land_late(self, table: str, writes: Sequence[Write]) -> None:
        await asyncio.sleep(self.troubles.rng.uniform(0.1, 40))
        try:
            await self.inner.submit(table, writes)
        except StorageFault:
            return  # the row has moved on: what comes late is refused

    async def _give_up(self, landing: Coroutine[object, object, object]) -> None:
        self.spawn(landing)
        await asyncio.sleep(self.troubles.rng.uniform(0.1, 6))
        self.life.check()
        raise Unanswered("no answer in time")
