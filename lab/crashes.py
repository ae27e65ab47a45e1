"""Storage that fails at a chosen call: the process dies before or after it, or its answer is lost, or it is refused."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shared.adapters.memory import MemoryTables
from shared.ports import Row, StorageFault, Unanswered, Write


class Fault(StrEnum):
    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"
    ANSWER_LOST = "answer_lost"
    REFUSED = "refused"


class Crash(BaseException):
    """The process is gone: nothing that catches exceptions may catch it."""


@dataclass(slots=True)
class CrashingTables:
    """One process's way to the tables. `faults`: what happens at which of its calls, counted from 1."""

    inner: MemoryTables
    faults: Mapping[int, Fault] = field(default_factory=dict)
    calls: int = 0
    is_dead: bool = False

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        fault = self._begin()
        etags = await self.inner.submit(table, writes)
        self._end(fault)
        return etags

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        fault = self._begin()
        found = await self.inner.read(table, partition, row)
        self._end(fault)
        return found

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        fault = self._begin()
        async for row in self.inner.scan(table, partition, first, last, limit):
            yield row
        self._end(fault)

    async def create(self, table: str) -> None:
        fault = self._begin()
        await self.inner.create(table)
        self._end(fault)

    async def drop(self, table: str) -> None:
        fault = self._begin()
        await self.inner.drop(table)
        self._end(fault)

    def _begin(self) -> Fault | None:
        if self.is_dead:
            raise Crash
        self.calls += 1
        fault = self.faults.get(self.calls)
        if fault is Fault.DIES_BEFORE:
            self.is_dead = True
            raise Crash
        if fault is Fault.REFUSED:
            raise StorageFault("503 ServerBusy")
        return fault

    def _end(self, fault: Fault | None) -> None:
        if fault is Fault.DIES_AFTER:
            self.is_dead = True
            raise Crash
        if fault is Fault.ANSWER_LOST:
            raise Unanswered("the connection broke")
