"""Mail: what the signed-in user sends goes out once, whatever was tried twice.

1. Claim the item (table `outbox`, partition the person, row the item's id): two tabs, or a retry while the first try is
   still under way, can't both send.
2. The draft: the one whose id the row holds, else the one that bears the outbox id, else a new one that bears it.
3. Keep the draft's id, send, say so. A crash between any two steps is taken over by the next try, which finds the draft
   (send it) or the sent message (done).
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.domain.outbox import CLAIM, Kind, Next, OutboxItem, decide
from shared.flows.journal.rows import keys
from shared.ports import Clock, Entity, GraphFault, Mailbox, MailHead, Row, Stale, Tables, Taken, Verb, Write

__all__ = ["GraphFault", "MailHead", "Mailbox", "Outbox", "Sending"]  # what a trigger needs of it

TABLE = "outbox"
log = logging.getLogger("graph_pulse")


class Sending(Exception):
    """Another tab or instance is sending this item right now; ask again in a minute."""


@dataclass(slots=True)
class _Claimed:
    """A row of the outbox that is ours by its ETag."""

    tables: Tables
    entity: Entity
    etag: str

    async def note(self, **columns: str | bool) -> None:
        """Raises Stale when another has taken it over."""
        self.entity = {**self.entity, **columns}
        self.etag = (await self.tables.submit(TABLE, [Write(Verb.REPLACE, self.entity, self.etag)]))[0]


@dataclass(slots=True)
class Outbox:
    tables: Tables
    clock: Clock

    async def send(self, subject: str, item: OutboxItem, mailbox: Mailbox) -> str:
        """The id of the sent message. Raises Sending, GraphFault (nothing is lost: try again with the same id)."""
        await self.tables.create(TABLE)
        row = await self.tables.read(TABLE, subject, item.id)
        if row and (sent := self._sent(row)):
            return sent
        claimed = await self._claim(subject, item, row)
        try:
            head = await self._draft(claimed, item, mailbox)
            if head.is_draft:
                await mailbox.send(head.id)
        except GraphFault as fault:
            await self._give_up(claimed, fault)
            raise
        await claimed.note(is_sent=True)
        log.info("mail.sent outbox_id=%s", item.id)
        return head.id

    def _sent(self, row: Row) -> str:
        """The message's id once it is sent; empty when it is ours to take over. Raises Sending."""
        until = datetime.fromisoformat(str(row.entity["claimed_until"]))
        match decide(is_sent=bool(row.entity["is_sent"]), claimed_until=until, now=self.clock.now()):
            case Next.DONE:
                return str(row.entity["message"])
            case Next.WAIT:
                raise Sending(str(row.entity["RowKey"]))
            case Next.TAKE_OVER:
                return ""

    async def _claim(self, subject: str, item: OutboxItem, row: Row | None) -> _Claimed:
        until = (self.clock.now() + CLAIM).isoformat()
        known = {**row.entity} if row else {**keys(subject, item.id), "is_sent": False, "message": ""}
        entity: Entity = {**known, "claimed_until": until}
        write = Write(Verb.REPLACE, entity, row.etag) if row else Write(Verb.INSERT, entity)
        try:
            return _Claimed(self.tables, entity, (await self.tables.submit(TABLE, [write]))[0])
        except (Taken, Stale):
            raise Sending(item.id) from None

    async def _draft(self, claimed: _Claimed, item: OutboxItem, mailbox: Mailbox) -> MailHead:
        known = str(claimed.entity["message"])
        head = await _known_draft(known, item, mailbox) or await _new_draft(item, mailbox)
        if head.id != known:
            await claimed.note(message=head.id)
        return head

    async def _give_up(self, claimed: _Claimed, fault: GraphFault) -> None:
        """After a refusal the next try may begin at once; a lost answer may still take effect, so it stays claimed."""
        log.warning("mail.not_sent status=%d code=%s", fault.status, fault.code)
        if 400 <= fault.status < 500:
            await claimed.note(claimed_until=self.clock.now().isoformat())


async def _known_draft(known: str, item: OutboxItem, mailbox: Mailbox) -> MailHead | None:
    """What an earlier try made: by the id that it kept, else by the mark that the draft bears."""
    if known:
        try:
            return await mailbox.head(known)
        except GraphFault as fault:
            if fault.status != 404:
                raise
    return await mailbox.find(item.id)


async def _new_draft(item: OutboxItem, mailbox: Mailbox) -> MailHead:
    if item.kind is Kind.NEW:
        return await mailbox.draft(item.id, to=item.to, subject=item.subject, text=item.text)
    to_all = item.kind is Kind.REPLY_ALL
    return await mailbox.draft_reply(item.id, item.message_id, text=item.text, to_all=to_all)
