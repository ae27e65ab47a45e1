"""Tables, blobs and queues. Protocols and values; nothing here does anything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

type Value = str | int | bool | datetime


type Entity = Mapping[str, Value]  # with PartitionKey and RowKey


class Verb(StrEnum):
    INSERT = "insert"  # Taken when the row exists
    UPSERT = "upsert"  # replaces whatever is there
    REPLACE = "replace"  # by ETag; Stale when it changed or went
    DELETE = "delete"  # by ETag; an ETag of "*" takes any


@dataclass(frozen=True, slots=True)
class Write:
    verb: Verb
    entity: Entity
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    entity: Entity
    etag: str


class StorageFault(Exception):
    """Storage refused or failed; nothing was written."""


class Taken(StorageFault):
    """The row of write number `index` exists already. Nothing of its transaction was written."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"write {index}: the row exists")


class Stale(StorageFault):
    """The row of write number `index` changed or went since it was read. Nothing was written."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"write {index}: the row changed since it was read")


class NoTable(StorageFault):
    """The table does not exist."""


class Unanswered(Exception):
    """No answer came, or one that leaves open whether the transaction was written."""


class Tables(Protocol):
    """Table Storage. Tables are named by 3-63 letters and digits; keys hold none of / \\ # ? or control characters."""

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        """Write all or nothing: 1-100 writes of one partition, a row once. The new ETags, empty text for deletions.

        Raises Taken, Stale, NoTable, StorageFault (not written), Unanswered (perhaps written).
        """
        ...

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        """One row, None when it or its table is missing."""
        ...

    def scan(self, table: str, partition: str, first: str, last: str, limit: int | None = None) -> AsyncIterator[Row]:
        """Rows with first <= RowKey < last in order; none when the table is missing."""
        ...

    async def create(self, table: str) -> None:
        """Make a table; nothing happens when it exists, and asking again costs nothing."""
        ...

    async def drop(self, table: str) -> None:
        """Delete a table; nothing happens when it is missing."""
        ...


CONTAINER = "graph-pulse"  # where the app's own blobs lie


class Blobs(Protocol):
    """Text too large for a table row. Every call raises StorageFault."""

    async def put(self, name: str, text: str) -> None: ...

    async def get(self, name: str) -> str | None: ...

    def list(self, prefix: str) -> AsyncIterator[str]:
        """Names that begin so, in order; none when the container is missing."""
        ...

    async def delete(self, name: str) -> None:
        """Nothing happens when it is missing."""
        ...


MAX_QUEUE_TEXT = 48 * 1024  # bytes of UTF-8: 64 KiB, a message's most, once in base64


class Queues(Protocol):
    """Storage queues, named by 3-63 lower-case letters, digits and single hyphens."""

    async def put(self, queue: str, text: str) -> None:
        """Add a text of at most MAX_QUEUE_TEXT bytes in UTF-8, to stay until it is taken. Makes a missing queue.

        Raises StorageFault (not added), Unanswered (perhaps added).
        """
        ...
