"""Tables that fail the way storage does, around MemoryTables. What is written, is written; only answers go wrong."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from shared.adapters.memory import MemoryTables
from shared.ports import Row, Stale, StorageFault, Tables, Unanswered, Write


class Fate(Enum):
    """What becomes of one transaction."""

    FINE = "fine"
    REFUSED = "refused"  # StorageFault, not written
    OVERTAKEN = "overtaken"  # Stale, not written: somebody else was quicker
    NEVER_ARRIVED = "never arrived"  # Unanswered, not written
    ANSWER_LOST = "answer lost"  # Unanswered, written
    TIMED_OUT = "timed out"  # TimeoutError, written: what asyncio.timeout makes of a slow answer
    LATE = "late"  # Unanswered; written when `land` is called, if its conditions still hold
    AFTER_LATE = "after late"  # what was late lands just before this one


@dataclass(slots=True)
class FaultyTables:
    """`fates` are used up by `submit`, one each; `submits` counts the calls, `reads` those of single rows."""

    inner: MemoryTables = field(default_factory=MemoryTables)
    fates: deque[Fate] = field(default_factory=deque)
    submits: int = 0
    reads: int = 0
    sizes: list[int] = field(default_factory=list)  # writes of each transaction
    _late: list[tuple[str, list[Write]]] = field(default_factory=list)

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        self.submits += 1
        self.sizes.append(len(writes))
        fate = self.fates.popleft() if self.fates else Fate.FINE
        await asyncio.sleep(0)
        match fate:
            case Fate.REFUSED:
                raise StorageFault("503 ServerBusy")
            case Fate.OVERTAKEN:
                raise Stale(0)
            case Fate.NEVER_ARRIVED:
                raise Unanswered("no answer")
            case Fate.LATE:
                self._late.append((table, list(writes)))
                raise Unanswered("no answer yet")
            case Fate.AFTER_LATE:
                await self.land()
        etags = await self.inner.submit(table, writes)
        if fate is Fate.ANSWER_LOST:
            raise Unanswered("the answer was lost")
        if fate is Fate.TIMED_OUT:
            raise TimeoutError
        return etags

    async def land(self) -> bool:
        """The late transactions arrive now. Whether they were written."""
        late, self._late = self._late, []
        try:
            for table, writes in late:
                await self.inner.submit(table, writes)
        except StorageFault:
            return False
        return True

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        self.reads += 1
        await asyncio.sleep(0)
        return await self.inner.read(table, partition, row)

    def scan(self, table: str, partition: str, first: str, last: str, limit: int | None = None) -> AsyncIterator[Row]:
        return self.inner.scan(table, partition, first, last, limit)

    async def create(self, table: str) -> None:
        await self.inner.create(table)

    async def drop(self, table: str) -> None:
        await self.inner.drop(table)


@dataclass(slots=True)
class HeldTables(FaultyTables):
    """`submit` waits until `release` is set; `arrived` is set when the first one waits."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        self.arrived.set()
        await self.release.wait()
        return await FaultyTables.submit(self, table, writes)


@dataclass(slots=True)
class SilentTables(FaultyTables):
    """While `is_silent`, whoever reads waits for ever."""

    is_silent: bool = False

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        if self.is_silent:
            await asyncio.Event().wait()
        return await FaultyTables.read(self, table, partition, row)


@dataclass(slots=True)
class OvertakenTables(FaultyTables):
    """`meanwhile` happens once, before a row is read: others are quicker than who asks what became of its commit."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        if self.meanwhile:
            work, self.meanwhile = self.meanwhile, None
            await work()
        return await FaultyTables.read(self, table, partition, row)


@dataclass(slots=True)
class InterleavedTables:
    """Each call waits a number of turns of the loop before it is done and before it answers: any order may happen."""

    inner: Tables
    turns: Iterator[int]

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        await self._wait()
        try:
            return await self.inner.submit(table, writes)
        finally:
            await self._wait()

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        await self._wait()
        found = await self.inner.read(table, partition, row)
        await self._wait()
        return found

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        await self._wait()
        async for row in self.inner.scan(table, partition, first, last, limit):
            yield row
            await self._wait()

    async def create(self, table: str) -> None:
        await self.inner.create(table)

    async def drop(self, table: str) -> None:
        await self.inner.drop(table)

    async def _wait(self) -> None:
        for _ in range(next(self.turns, 0)):
            await asyncio.sleep(0)


def rows_of(tables: MemoryTables, table: str, prefix: str = "r|") -> list[Row]:
    """The rows of a table whose key begins with `prefix`: journal rows unless said otherwise."""
    return [row for key, row in sorted(tables.tables.get(table, {}).items()) if key[1].startswith(prefix)]
