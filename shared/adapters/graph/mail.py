"""The Mailbox port on msgraph-sdk, on behalf of the signed-in user: their token for our app, exchanged for Graph's."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.graph.answers import call
from shared.adapters.graph.client import open_client, pinned
from shared.adapters.graph.letters import OUTBOX, head_of, marked, message_of, page_of, reply_body, text_body
from shared.ports import MailFolder, MailHead, MailMessage, MailPage

if TYPE_CHECKING:
    from msgraph import GraphServiceClient

HEAD = [
    "id", "subject", "from", "receivedDateTime", "isRead", "isDraft", "bodyPreview", "conversationId", "hasAttachments"
]  # fmt: skip
PAGE = 25
KEPT = 64  # mailboxes with an exchanged token


@dataclass(slots=True)
class MsMailboxes:
    """`credential` makes that of a user out of their access token. The latest mailboxes keep their exchanged tokens."""

    credential: Callable[[str], AsyncTokenCredential]
    url: str
    _kept: "OrderedDict[bytes, MsMailbox]" = field(default_factory=OrderedDict)

    def of(self, assertion: str) -> "MsMailbox":
        key = hashlib.sha256(assertion.encode()).digest()
        if key not in self._kept:
            self._kept[key] = MsMailbox(self.credential(assertion), self.url)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]


@dataclass(slots=True)
class MsMailbox:
    credential: AsyncTokenCredential
    url: str
    _client: "GraphServiceClient | None" = None

    async def folders(self) -> Sequence[MailFolder]:
        page = await call(self._me().mail_folders.get(_asking(top=100)))
        return [
            MailFolder(
                id=str(one.id),
                name=one.display_name or "",
                unread=one.unread_item_count or 0,
                total=one.total_item_count or 0,
            )
            for one in page.value or ()
        ]

    async def page(self, folder: str, link: str | None) -> MailPage:
        messages = self._me().mail_folders.by_mail_folder_id(folder).messages
        if link:
            return page_of(await call(messages.with_url(pinned(link, self.url)).get(_asking())))
        return page_of(await call(messages.get(_asking(select=HEAD, top=PAGE, orderby=["receivedDateTime desc"]))))

    async def delta(self, folder: str, link: str | None) -> MailPage:
        delta = self._me().mail_folders.by_mail_folder_id(folder).messages.delta
        if link:
            return page_of(await call(delta.with_url(pinned(link, self.url)).get(_asking())))
        return page_of(await call(delta.get(_asking(select=HEAD))))

    async def message(self, id: str) -> MailMessage:  # noqa: A002
        fields = [*HEAD, "toRecipients", "ccRecipients", "body"]
        return message_of(await call(self._one(id).get(_asking(select=fields))))

    async def head(self, id: str) -> MailHead:  # noqa: A002
        return head_of(await call(self._one(id).get(_asking(select=HEAD))))

    async def mark(self, id: str, *, is_read: bool) -> MailHead:  # noqa: A002
        from msgraph.generated.models.message import Message

        return head_of(await call(self._one(id).patch(Message(is_read=is_read), _asking())))

    async def find(self, outbox_id: str) -> MailHead | None:
        mark = f"singleValueExtendedProperties/Any(ep: ep/id eq '{OUTBOX}' and ep/value eq '{outbox_id}')"
        found = await call(self._me().messages.get(_asking(select=HEAD, filter=mark)))
        return head_of(found.value[0]) if found.value else None

    async def draft(self, outbox_id: str, *, to: Sequence[str], subject: str, text: str) -> MailHead:
        body = marked(text_body(text, to=to, subject=subject), outbox_id)
        return head_of(await call(self._me().messages.post(body, _asking())))

    async def draft_reply(self, outbox_id: str, message_id: str, *, text: str, to_all: bool) -> MailHead:
        """The mark is in the first call, which Graph documents for drafts only, and again in the second."""
        from msgraph.generated.models.message import Message

        one = self._one(message_id)
        kind = one.create_reply_all if to_all else one.create_reply
        made = await call(kind.post(reply_body(text, outbox_id, to_all=to_all), _asking()))
        return head_of(await call(self._one(str(made.id)).patch(marked(Message(), outbox_id), _asking())))

    async def send(self, id: str) -> None:  # noqa: A002
        await call(self._one(id).send.post(_asking()))

    def _one(self, id_: str) -> Any:
        return self._me().messages.by_message_id(id_)

    def _me(self) -> Any:
        if self._client is None:
            self._client = open_client(self.credential, self.url)
        return self._client.me


def _asking(**parameters: Any) -> Any:
    """Ids that stay when a message moves; `parameters` by the SDK's names for the query."""
    from shared.adapters.graph.requests import preferring_immutable_ids

    request = preferring_immutable_ids()
    if parameters:
        request.query_parameters = _Query(**parameters)
    return request


@dataclass(frozen=True, slots=True)
class _Query:
    """Query parameters in the form of the class that the SDK has for each of its paths."""

    select: list[str] | None = None
    filter: str | None = None
    orderby: list[str] | None = None
    top: int | None = None

    def get_query_parameter(self, name: str) -> str:
        return f"%24{name}"
