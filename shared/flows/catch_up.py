"""Catch up: what was missed, read by delta and accepted as recovered notifications.

Each page is accepted first, then the link to the next is saved by ETag, the link to the future last: a crash repeats a
page, and a repeated change is refused by its claim. The first reading of a mailbox only sets the mark: what lay there
before was never a change to report. Once a link has expired (410) its folder is read anew, and what changed within the
days that the journal accepts is reported; deletions then show only against what the journal knows.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.client_state import Proof
from shared.domain.log_layout import day_of, entry_of
from shared.domain.notifications import Notification, owner_of
from shared.domain.recovered import recovered_notification
from shared.domain.subscriptions import Subscription
from shared.domain.trust import ACCEPTED_FOR
from shared.flows.commit import Committer
from shared.flows.journal import Journal
from shared.flows.rows import keys
from shared.ports import Clock, DeltaItem, DeltaPage, Graph, GraphFault, Tables, Verb, Write

TABLE = "delta"
READ = "read"  # the row that says that a mailbox was read whole once
EXPIRED = {"syncstatenotfound", "syncstateinvalid", "resyncrequired"}
ANNOUNCED_WITHIN = timedelta(hours=4)  # after the change: Graph retries no longer than that
log = logging.getLogger("graph_pulse")

type Accept = Callable[..., Awaitable[bool]]


@dataclass(slots=True, kw_only=True)
class CaughtUp:
    """What one run found. `already_seen` were in the journal, or are too old for it."""

    pages: int = 0
    changes: int = 0
    recovered: int = 0
    already_seen: int = 0
    full_resync: bool = False


@dataclass(slots=True, kw_only=True)
class _Folder:
    """Where the reading of one folder stands.

    `since`: when the last complete reading began, None before the first; `started`: when this one did. `reports`: its
    items are news; False while the first reading of a mailbox sets the mark.
    """

    id: str
    link: str
    since: datetime | None
    started: datetime
    reports: bool
    etag: str


@dataclass(slots=True, kw_only=True)
class _Run:
    subscription: Subscription
    person: str
    proof: Proof
    result: CaughtUp
    newest: dict[str, tuple[datetime, str]] | None = None  # of the journal, read when the first removal turns up
    seen: set[str] = field(default_factory=set)  # ids that delta told of


@dataclass(slots=True)
class CatchUp:
    tables: Tables
    graph: Graph
    clock: Clock
    journal: Journal
    committer: Committer
    accept: Accept  # flows.receive.Receive.accept
    tenant_id: str
    _is_there: bool = field(default=False)

    async def run(self, subscription: Subscription) -> CaughtUp:
        """Read every folder to its end. Raises GraphFault; what was read until then is kept."""
        await self._create_table()
        entry, _, subject = subscription.spec.partition("~")
        run = _Run(
            subscription=subscription,
            person=owner_of(subscription.resource) or "",
            proof=Proof(subscription.key_version, entry, subject),
            result=CaughtUp(),
        )
        was_read = await self.tables.read(TABLE, subscription.spec, READ) is not None
        for folder in await self._folders(run, was_read=was_read):
            await self._read(folder, run)
        if run.result.full_resync:
            await self._find_removals(run)
        if not was_read:
            await self.tables.submit(TABLE, [Write(Verb.UPSERT, keys(subscription.spec, READ))])
        log.info("delta.read spec=%s pages=%d recovered=%d", subscription.spec, run.result.pages, run.result.recovered)
        return run.result

    async def _folders(self, run: _Run, *, was_read: bool) -> list[_Folder]:
        parts = run.subscription.resource.replace("('", "/").replace("')", "").split("/")
        is_one = len(parts) > 3 and parts[2].lower() == "mailfolders"
        ids = [parts[3]] if is_one else await self.graph.mail_folders(run.person)
        folders = [await self._folder(run, one) for one in ids]
        # a folder that came later holds news; one that a crash kept from the first reading holds history
        return [replace(folder, reports=folder.reports or was_read) for folder in folders]

    async def _folder(self, run: _Run, folder: str) -> _Folder:
        now = self.clock.now()
        row = await self.tables.read(TABLE, run.subscription.spec, _hash(folder))
        if row is None:
            return _Folder(id=folder, link="", since=None, started=now, reports=False, etag="")
        since = str(row.entity["since"])
        return _Folder(
            id=folder,
            link=str(row.entity["link"]),
            since=datetime.fromisoformat(since) if since else None,
            started=now if row.entity["complete"] else datetime.fromisoformat(str(row.entity["started"])),
            reports=bool(row.entity["reports"]),
            etag=row.etag,
        )

    async def _read(self, folder: _Folder, run: _Run) -> None:
        is_last = False
        while not is_last:
            page = await self._page(folder, run)
            run.result.pages += 1
            if folder.reports:
                for item in page.items:
                    await self._take(item, folder, run)
            folder.link, is_last = page.link, page.is_last
            await self._save(folder, run, is_last=is_last)

    async def _find_removals(self, run: _Run) -> None:
        """A full reading tells of no removal: what the journal knows and nobody told of is looked up."""
        now = self.clock.now()
        lost = _Folder(id="", link=f"removals|{now.isoformat()}", since=now, started=now, reports=True, etag="")
        for resource, (_, change_type) in (await self._known(run)).copy().items():
            item = DeltaItem(id=resource.rpartition("/")[2], etag="", created_at=None, changed_at=None, removed=True)
            if change_type != "deleted" and item.id not in run.seen:
                await self._take(item, lost, run)

    async def _page(self, folder: _Folder, run: _Run) -> DeltaPage:
        try:
            return await self.graph.message_delta(run.person, folder.id, folder.link or None)
        except GraphFault as fault:
            if not folder.link or not (fault.status == 410 or fault.code.lower() in EXPIRED):
                raise
        folder.link, run.result.full_resync = "", True
        return await self.graph.message_delta(run.person, folder.id, None)

    async def _take(self, item: DeltaItem, folder: _Folder, run: _Run) -> None:
        run.result.changes += 1
        run.seen.add(item.id)
        if await self._is_news(item, folder, run):
            run.result.recovered += 1
        else:
            run.result.already_seen += 1

    async def _is_news(self, item: DeltaItem, folder: _Folder, run: _Run) -> bool:
        if item.changed_at and item.changed_at < self.clock.now() - ACCEPTED_FOR:
            return False  # a full reading shows all that ever was; the journal takes what is still news
        found = self._notification(item, folder, run)
        if item.removed and not await self._is_new_removal(item, found, run):
            return False
        if item.changed_at and await self._was_announced_next_day(found, run, item.changed_at):
            return False
        is_new = await self.accept(found, run.proof, recovered=True)
        if item.removed and run.newest is not None:  # its next folder says so too
            run.newest[found.resource] = self.clock.now(), "deleted"
        return is_new

    def _notification(self, item: DeltaItem, folder: _Folder, run: _Run) -> Notification:
        is_new = bool(item.created_at and folder.since and item.created_at >= folder.since)
        return recovered_notification(
            person=run.person,
            item=item.id,
            etag=item.etag,
            change_type="deleted" if item.removed else "created" if is_new else "updated",
            time=item.changed_at or self.clock.now(),
            tenant_id=self.tenant_id,
            found_by=folder.link,
        )

    async def _is_new_removal(self, item: DeltaItem, found: Notification, run: _Run) -> bool:
        """Not if the newest change in the journal is its deletion, nor if it only moved to another folder."""
        newest = (await self._known(run)).get(found.resource)
        if newest is not None and newest[1] == "deleted":
            return False
        return not await self.graph.message_exists(run.person, item.id)

    async def _known(self, run: _Run) -> dict[str, tuple[datetime, str]]:
        """The newest change of each resource in the journal, read once a run."""
        if run.newest is None:
            run.newest = await self.journal.changes_of(run.proof.spec, run.proof.subject)
        return run.newest

    async def _was_announced_next_day(self, found: Notification, run: _Run, changed_at: datetime) -> bool:
        """A change just before midnight may have been announced after it, and lie in the next day's table."""
        next_day = changed_at + ANNOUNCED_WITHIN
        if day_of(next_day) == day_of(changed_at):
            return False
        later = entry_of(replace(found, time=next_day), run.proof, now=self.clock.now(), recovered=True)
        return await self.committer.knows(later)

    async def _save(self, folder: _Folder, run: _Run, *, is_last: bool) -> None:
        if is_last:
            folder.since, folder.reports = folder.started, True
        entity = {
            **keys(run.subscription.spec, _hash(folder.id)),
            "folder": folder.id,
            "link": folder.link,
            "since": folder.since.isoformat() if folder.since else "",
            "started": folder.started.isoformat(),
            "reports": folder.reports,
            "complete": is_last,
        }
        verb = Verb.REPLACE if folder.etag else Verb.INSERT
        folder.etag = (await self.tables.submit(TABLE, [Write(verb, entity, folder.etag)]))[0]

    async def _create_table(self) -> None:
        if not self._is_there:
            await self.tables.create(TABLE)
            self._is_there = True


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
