"""Microsoft Graph by the app's own identity. Protocols and values; nothing here does anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


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
