"""A mailbox in memory, as the flows' port sees it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.ports import GraphFault, MailFolder, MailHead, MailMessage, MailPage


@dataclass(slots=True)
class FakeMailbox:
    """`sent` holds the outbox id of each message that went out, once per sending."""

    heads: dict[str, MailHead] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)  # message id by outbox id
    sent: list[str] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    async def folders(self) -> Sequence[MailFolder]:
        return [MailFolder(id="inbox", name="Inbox", unread=0, total=len(self.heads))]

    async def page(self, folder: str, link: str | None) -> MailPage:
        return MailPage(heads=tuple(self.heads.values()), removed=(), link="", is_last=True)

    async def delta(self, folder: str, link: str | None) -> MailPage:
        return MailPage(heads=tuple(self.heads.values()), removed=(), link="on", is_last=True)

    async def message(self, id: str) -> MailMessage:  # noqa: A002
        return MailMessage(head=await self.head(id), to=(), cc=(), html="")

    async def head(self, id: str) -> MailHead:  # noqa: A002
        self.calls["head"] += 1
        if id not in self.heads:
            raise GraphFault(404, "ErrorItemNotFound", "")
        return self.heads[id]

    async def mark(self, id: str, *, is_read: bool) -> MailHead:  # noqa: A002
        self.heads[id] = replace(await self.head(id), is_read=is_read, version=self.heads[id].version + "'")
        return self.heads[id]

    async def find(self, outbox_id: str) -> MailHead | None:
        self.calls["find"] += 1
        return self.heads.get(self.marks.get(outbox_id, ""))

    async def draft(self, outbox_id: str, *, to: Sequence[str], subject: str, text: str) -> MailHead:
        self.calls["draft"] += 1
        return self._draft(outbox_id, subject)

    async def draft_reply(self, outbox_id: str, message_id: str, *, text: str, to_all: bool) -> MailHead:
        self.calls["draft_reply"] += 1
        return self._draft(outbox_id, "RE: " + (await self.head(message_id)).subject)

    async def send(self, id: str) -> None:  # noqa: A002
        self.calls["send"] += 1
        head = await self.head(id)
        if not head.is_draft:
            raise GraphFault(400, "ErrorInvalidRequest", "it is sent already")
        self.heads[id] = replace(head, is_draft=False)
        self.sent += [outbox for outbox, message in self.marks.items() if message == id]

    def _draft(self, outbox_id: str, subject: str) -> MailHead:
        head = a_head(id=f"draft-{len(self.heads)}", subject=subject, is_draft=True)
        self.heads[head.id] = head
        self.marks[outbox_id] = head.id
        return head


def a_head(**changes: object) -> MailHead:
    head = MailHead(
        id="m1",
        version='W/"1"',
        subject="Lunch",
        sender_name="Grace",
        sender_address="grace@example.test",
        received_at=None,
        is_read=False,
        is_draft=False,
        preview="",
        conversation_id="c1",
        has_attachments=False,
    )
    return replace(head, **changes)  # type: ignore[arg-type]
