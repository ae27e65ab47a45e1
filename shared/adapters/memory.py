"""Tables, Blobs and Queues in memory, with the semantics of Azure Storage. For tests and simulations of the flows."""

import re
from bisect import bisect_left, insort
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from shared.ports import MAX_QUEUE_TEXT, Entity, NoTable, Row, Stale, StorageFault, Taken, Verb, Write

QUEUE_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*")
FORBIDDEN = frozenset("/\\#?") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}
MOST_TEXT = 64 * 1024  # bytes of UTF-16: two or four a character


@dataclass(slots=True)
class MemoryTables:
    """`transactions` counts what a storage account would bill: each call is one."""

    tables: dict[str, dict[tuple[str, str], Row]] = field(default_factory=dict)
    transactions: int = 0
    rows_read: int = 0
    _order: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # row keys by table and partition
    _etags: "count[int]" = field(default_factory=lambda: count(1))

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        self.transactions += 1
        _check(writes)
        rows = self.tables.get(table)
        if rows is None:
            raise NoTable(table)
        for index, write in enumerate(writes):
            _check_state(rows.get(_key(write.entity)), write, index)
        return [self._apply(table, rows, write) for write in writes]

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        self.transactions += 1
        found = self.tables.get(table, {}).get((partition, row))
        self.rows_read += found is not None
        return found

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        self.transactions += 1
        order = self._order.get((table, partition), [])
        found = order[bisect_left(order, first) : bisect_left(order, last)]
        for key in found[:limit]:
            if row := self.tables.get(table, {}).get((partition, key)):
                self.rows_read += 1
                yield row

    async def create(self, table: str) -> None:
        self.transactions += table not in self.tables
        self.tables.setdefault(table, {})

    async def drop(self, table: str) -> None:
        self.transactions += 1
        for partition in {key[0] for key in self.tables.pop(table, {})}:
            self._order.pop((table, partition), None)

    def _apply(self, table: str, rows: dict[tuple[str, str], Row], write: Write) -> str:
        partition, row = _key(write.entity)
        order = self._order.setdefault((table, partition), [])
        if write.verb is Verb.DELETE:
            del rows[partition, row]
            del order[bisect_left(order, row)]
            return ""
        if (partition, row) not in rows:
            insort(order, row)
        etag = f'W/"{next(self._etags)}"'
        rows[_key(write.entity)] = Row(dict(write.entity), etag)
        return etag


@dataclass(slots=True)
class MemoryBlobs:
    blobs: dict[str, str] = field(default_factory=dict)

    async def put(self, name: str, text: str) -> None:
        self.blobs[name] = text

    async def get(self, name: str) -> str | None:
        return self.blobs.get(name)

    async def list(self, prefix: str) -> AsyncIterator[str]:
        for name in sorted(self.blobs):
            if name.startswith(prefix):
                yield name

    async def delete(self, name: str) -> None:
        self.blobs.pop(name, None)


@dataclass(slots=True)
class MemoryQueues:
    """What each queue holds, oldest first."""

    queues: dict[str, list[str]] = field(default_factory=dict)

    async def put(self, queue: str, text: str) -> None:
        if not QUEUE_NAME.fullmatch(queue) or len(text.encode()) > MAX_QUEUE_TEXT:
            raise StorageFault("a queue refuses that name, or a text that long")
        self.queues.setdefault(queue, []).append(text)


def _key(entity: Entity) -> tuple[str, str]:
    return str(entity["PartitionKey"]), str(entity["RowKey"])


def _check(writes: Sequence[Write]) -> None:
    """What Table Storage refuses whatever it holds."""
    keys = [_key(write.entity) for write in writes]
    if not 1 <= len(writes) <= 100 or len(set(keys)) != len(keys) or len({key[0] for key in keys}) != 1:
        raise StorageFault("a transaction takes 1-100 writes of one partition, each row once")
    if any(not FORBIDDEN.isdisjoint(part) or len(part) > 512 for key in keys for part in key):
        raise StorageFault("a key holds a character that tables refuse, or is too long")
    texts = (value for write in writes for value in write.entity.values() if isinstance(value, str))
    if any(len(text) > MOST_TEXT // 4 and len(text.encode("utf-16-le", "surrogatepass")) > MOST_TEXT for text in texts):
        raise StorageFault("a text is over 64 KiB")


def _check_state(row: Row | None, write: Write, index: int) -> None:
    match write.verb:
        case Verb.INSERT if row:
            raise Taken(index)
        case Verb.REPLACE | Verb.DELETE if row is None or write.etag not in ("*", row.etag):
            raise Stale(index)
        case _:
            return
