"""Tables and Blobs in memory, with the semantics of Table Storage. Ships for tests and simulations of the flows."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from shared.ports import Entity, NoTable, Row, Stale, StorageFault, Taken, Verb, Write

FORBIDDEN = set("/\\#?") | {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}


@dataclass(slots=True)
class MemoryTables:
    """`transactions` counts what a storage account would bill: each call is one."""

    tables: dict[str, dict[tuple[str, str], Row]] = field(default_factory=dict)
    transactions: int = 0
    _etags: "count[int]" = field(default_factory=lambda: count(1))

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        self.transactions += 1
        _check(writes)
        rows = self.tables.get(table)
        if rows is None:
            raise NoTable(table)
        for index, write in enumerate(writes):
            _check_state(rows.get(_key(write.entity)), write, index)
        return [self._apply(rows, write) for write in writes]

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        self.transactions += 1
        return self.tables.get(table, {}).get((partition, row))

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        self.transactions += 1
        found = [key for key in self.tables.get(table, {}) if key[0] == partition and first <= key[1] < last]
        for key in sorted(found)[:limit]:
            if row := self.tables.get(table, {}).get(key):
                yield row

    async def create(self, table: str) -> None:
        self.transactions += 1
        self.tables.setdefault(table, {})

    async def drop(self, table: str) -> None:
        self.transactions += 1
        self.tables.pop(table, None)

    def _apply(self, rows: dict[tuple[str, str], Row], write: Write) -> str:
        if write.verb is Verb.DELETE:
            del rows[_key(write.entity)]
            return ""
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


def _key(entity: Entity) -> tuple[str, str]:
    return str(entity["PartitionKey"]), str(entity["RowKey"])


def _check(writes: Sequence[Write]) -> None:
    """What Table Storage refuses whatever it holds."""
    keys = [_key(write.entity) for write in writes]
    if not 1 <= len(writes) <= 100 or len(set(keys)) != len(keys) or len({key[0] for key in keys}) != 1:
        raise StorageFault("a transaction takes 1-100 writes of one partition, each row once")
    if any(FORBIDDEN & set(part) or len(part) > 512 for key in keys for part in key):
        raise StorageFault("a key holds a character that tables refuse, or is too long")
    texts = [value for write in writes for value in write.entity.values() if isinstance(value, str)]
    if any(len(text.encode("utf-16-le", "surrogatepass")) > 64 * 1024 for text in texts):
        raise StorageFault("a text is over 64 KiB")


def _check_state(row: Row | None, write: Write, index: int) -> None:
    match write.verb:
        case Verb.INSERT if row:
            raise Taken(index)
        case Verb.REPLACE | Verb.DELETE if row is None or write.etag not in ("*", row.etag):
            raise Stale(index)
        case _:
            return
