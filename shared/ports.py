"""What the flows need from the outside, as Protocols. Adapters and tests give it; nothing here does anything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
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
        """Make a table; nothing happens when it exists."""
        ...

    async def drop(self, table: str) -> None:
        """Delete a table; nothing happens when it is missing."""
        ...


class Blobs(Protocol):
    """Text too large for a table row."""

    async def put(self, name: str, text: str) -> None: ...

    async def get(self, name: str) -> str | None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Push(Protocol):
    """Tells readers that there is news. Best effort: it never raises, and what it loses they find by themselves."""

    async def news(self, rows: Mapping[str, int]) -> None:
        """New journal rows by reader."""
        ...


class GraphFault(Exception):
    """Graph refused a call, or could not be reached (`status` 0). `wait_s` is its Retry-After in seconds."""

    def __init__(self, status: int, code: str, message: str, wait_s: float | None = None) -> None:
        self.status, self.code, self.message, self.wait_s = status, code, message, wait_s
        super().__init__(f"{status} {code}: {message}" if status else f"Graph can't be reached: {message}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSubscription:
    """What Graph answers about a subscription; it never shows a client_state again."""

    id: str
    resource: str
    change_types: tuple[str, ...]
    expires_at: datetime
    url: str
    lifecycle_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaItem:
    """One entity of a delta page. `removed`: it is gone, and nothing but `id` is known. Times: None if unsaid."""

    id: str
    etag: str
    created_at: datetime | None
    changed_at: datetime | None
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaPage:
    """`link` leads on: to the next page, or, when `is_last`, to the changes after this reading."""

    items: tuple[DeltaItem, ...]
    link: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What POST /subscriptions asks for. `url` is notificationUrl and lifecycleNotificationUrl alike."""

    resource: str
    change_types: tuple[str, ...]
    url: str
    expires_at: datetime
    client_state: str = field(repr=False)


class Graph(Protocol):
    """Microsoft Graph by the app's own identity. Every call raises GraphFault.

    Methods on several take up to 20 and are one HTTP call; there each has an answer of its own, which may be a fault.
    """

    async def create_subscriptions(
        self, wanted: Sequence[NewSubscription]
    ) -> "Sequence[GraphSubscription | GraphFault]": ...

    async def renew_subscriptions(
        self, expiries: Mapping[str, datetime]
    ) -> "Mapping[str, GraphSubscription | GraphFault]": ...

    async def delete_subscriptions(self, ids: Sequence[str]) -> "Mapping[str, GraphFault | None]":
        """None: it is gone, now or before."""
        ...

    async def get_subscription(self, id: str) -> GraphSubscription: ...  # noqa: A002

    async def list_subscriptions(self) -> Sequence[GraphSubscription]:
        """All of this app's, page by page. The scarcest call: 25 pages in 20 s."""
        ...

    async def reauthorize_subscription(self, id: str) -> None: ...  # noqa: A002

    async def group_members(self, group_id: str) -> Sequence[str]:
        """Object ids of all people in a group and in the groups within it."""
        ...

    async def mail_folders(self, user_id: str) -> Sequence[str]:
        """Ids of all folders of a mailbox."""
        ...

    async def message_delta(self, user_id: str, folder_id: str, link: str | None) -> DeltaPage:
        """A page of changes; from the beginning without a link. GraphFault 410: the link has expired."""
        ...

    async def message_exists(self, user_id: str, message_id: str) -> bool: ...


class Subscriptions(Protocol):
    """What handlers of lifecycle events may ask of keep_alive.

    `spec` is the key that the client_state proved, `subscription_id` whom the event speaks of.
    """

    async def reauthorize(self, spec: str, subscription_id: str) -> None: ...

    async def recreate(self, spec: str, subscription_id: str) -> None: ...

    async def catch_up(self, spec: str, subscription_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerContext:
    """What a handler gets beside its notification.

    `idempotency_key` is the same in every run of this handler for this event: send it along with any effect outside,
    so that a second run can be told from a second event.
    """

    idempotency_key: str
    spec: str
    graph: Graph
    subscriptions: Subscriptions
    clock: Clock
