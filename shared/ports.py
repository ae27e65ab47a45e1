"""What the flows need from the outside, as Protocols. Adapters and tests give it; nothing here does anything."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.domain.rich import EncryptedContent

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


class Tokens(Protocol):
    async def claims(self, token: str, *, audiences: Collection[str]) -> Mapping[str, object] | None:
        """What a token says, None unless our tenant's Entra issued it for one of these audiences and it counts now.

        Raises KeysMissing.
        """
        ...


class Certificates(Protocol):
    async def open(self, content: EncryptedContent) -> bytes:
        """What was encrypted for one of our certificates. Raises Unopened."""
        ...


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


class Telemetry(Protocol):
    """Traces and metrics. It never raises. Attributes are keywords, `messaging__system` for messaging.system."""

    def span(
        self, name: str, *, parent: str = "", links: tuple[str, ...] = (), **attributes: str | int | float | bool
    ) -> AbstractContextManager[None]:
        """`parent` is the traceparent of the hop that brought us here, `links` are those of the events at hand."""
        ...

    def count(self, name: str, amount: int = 1, **attributes: str | int | float | bool) -> None: ...

    def record(self, name: str, value: float, **attributes: str | int | float | bool) -> None:
        """Into a histogram of seconds."""
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
    """One entity of a delta page. Times: None if unsaid.

    `removed`: it is gone; perhaps nothing but `id` is known. `is_restorable`: gone, but not for good. `type` as the
    entity itself says it, `root` for a drive's. `digest` stands for all that the page shows of it.
    """

    id: str
    etag: str
    created_at: datetime | None
    changed_at: datetime | None
    removed: bool
    is_restorable: bool = False
    type: str = ""
    digest: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a list shows of an entity: `title` is its name or subject, `by` its sender or author.

    `outbox_id`: the item of an outbox that we made it for, empty for what others made.
    """

    title: str
    by: str = ""
    outbox_id: str = ""


class Heads(Protocol):
    """What describers may read: fetched together with what others ask for in the same moment."""

    async def head(self, resource: str, version: str) -> Head:
        """`version` tells whether one that was fetched before still holds. Raises GraphFault; 404: it is gone."""
        ...


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

    async def collection_ids(self, path: str) -> Sequence[str]:
        """Ids of all entities of a collection (`users/<id>/mailFolders`), of the folders within its folders too."""
        ...

    async def delta(self, path: str, link: str | None) -> DeltaPage:
        """A page of changes; from `path` without a link. GraphFault 410: the link has expired."""
        ...

    async def exists(self, path: str) -> bool:
        """Is there an entity at this path?"""
        ...

    async def heads(self, resources: Sequence[str]) -> "Sequence[Head | GraphFault]":
        """What a list shows of up to 20 entities of any kind, by their normal resource paths."""
        ...


class Subscriptions(Protocol):
    """What handlers of lifecycle events may ask of keep_alive.

    `spec` is the key that the client_state proved, `subscription_id` whom the event speaks of.
    """

    async def reauthorize(self, spec: str, subscription_id: str) -> None: ...

    async def recreate(self, spec: str, subscription_id: str) -> None: ...

    async def catch_up(self, spec: str, subscription_id: str) -> None: ...


class PublishFault(Exception):
    """A topic refused an event or could not be reached; it may have arrived all the same."""


class Topics(Protocol):
    """Event Grid custom topics that take CloudEvents."""

    async def send(self, endpoint: str, event: str) -> None:
        """One CloudEvent, as JSON text, to https://<topic>.<region>-1.eventgrid.azure.net/api/events, as it is.

        Raises PublishFault.
        """
        ...


class Publish(Protocol):
    """Where handlers send events on. They may arrive twice: receivers tell by the CloudEvent's own id and source."""

    async def to(self, destination: str, event: str) -> None:
        """`topic:<endpoint>` or `queue:<name>`. Raises PublishFault, StorageFault, Unanswered."""
        ...


class Journaled(Protocol):
    """The journal, for handlers."""

    async def cloud_event(self, event_id: str) -> str | None:
        """A journaled CloudEvent as JSON text, without its clientState."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerContext:
    """What a handler gets beside its notification.

    `idempotency_key` is the same in every run of this handler for this event: send it along with any effect outside,
    so that a second run can be told from a second event. `content` opens the encrypted content of a rich notification:
    None where there is none that Graph vouched for; raises Unopened when our certificates don't open it.
    """

    idempotency_key: str
    event_id: str  # under which the journal holds it: `pulse events show ID`
    spec: str
    graph: Graph
    subscriptions: Subscriptions
    publish: "Publish"
    journal: "Journaled"
    clock: Clock
    content: Callable[[], Awaitable[Mapping[str, object] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHead:
    """What a list shows of a message. `version` is its etag, `received_at` None for what was never sent."""

    id: str
    version: str
    subject: str
    sender_name: str
    sender_address: str
    received_at: datetime | None
    is_read: bool
    is_draft: bool
    preview: str
    conversation_id: str
    has_attachments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailMessage:
    """`html` is safe to show: without scripts, forms, styles and anything that would be loaded from elsewhere."""

    head: MailHead
    to: tuple[str, ...]  # addresses
    cc: tuple[str, ...]
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFolder:
    id: str
    name: str
    unread: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPage:
    """`link` leads to the next page; of a delta it leads on for ever, and `is_last` says that nothing waits now."""

    heads: tuple[MailHead, ...]
    removed: tuple[str, ...]  # ids; in a delta only
    link: str
    is_last: bool


class Mailbox(Protocol):
    """The mailbox of the signed-in user, with no more rights than they have. Every call raises GraphFault."""

    async def folders(self) -> Sequence[MailFolder]: ...

    async def page(self, folder: str, link: str | None) -> MailPage:
        """Messages of a folder (its id or a well-known name), newest first."""
        ...

    async def delta(self, folder: str, link: str | None) -> MailPage:
        """Changes since `link`. GraphFault 410: it has expired, begin without one."""
        ...

    async def message(self, id: str) -> MailMessage: ...  # noqa: A002

    async def head(self, id: str) -> MailHead: ...  # noqa: A002

    async def mark(self, id: str, *, is_read: bool) -> MailHead: ...  # noqa: A002

    async def find(self, outbox_id: str) -> MailHead | None:
        """The draft or sent message that was made for that item of an outbox."""
        ...

    async def draft(self, outbox_id: str, *, to: Sequence[str], subject: str, text: str) -> MailHead: ...

    async def draft_reply(self, outbox_id: str, message_id: str, *, text: str, to_all: bool) -> MailHead: ...

    async def send(self, id: str) -> None:  # noqa: A002
        """Send a draft."""
        ...


class Mailboxes(Protocol):
    def of(self, assertion: str) -> Mailbox:
        """Of the user whom this access token for our app is about: exchanged for one for Graph (on-behalf-of)."""
        ...
