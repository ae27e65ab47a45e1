"""The signed-in user's mailbox. Protocols and values; nothing here does anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
