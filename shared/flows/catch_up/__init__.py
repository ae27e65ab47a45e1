"""Catch up: what was missed, read by delta and accepted as recovered notifications.

Each page is accepted first, then the link to the next is saved by ETag, the link to the future last: a crash repeats a
page, and a repeated change is refused by its claim. The first reading of a subscription only sets the mark: what lay
there before was never a change to report. Once a link has expired (410) its place is read anew, and what changed within
the days that the journal accepts is reported; deletions then show only against what is known: the journal's newest
change of each entity, or the digests kept of the directory. That a full reading has begun is written down before it, so
that its removals are found by whoever ends it, after however many crashes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.catch_up.delta import Place, Places, places_of
from shared.domain.events.client_state import Proof
from shared.domain.events.notifications import normal_resource
from shared.domain.watching.subscriptions import Subscription
from shared.flows.catch_up.bookmarks import Bookmark, Bookmarks
from shared.flows.catch_up.findings import Accept, CaughtUp, Findings
from shared.flows.journal import Journal
from shared.flows.journal.commit import Committer
from shared.ports import Clock, DeltaItem, DeltaPage, Graph, GraphFault, Tables

EXPIRED = {"syncstatenotfound", "syncstateinvalid", "resyncrequired"}
log = logging.getLogger("graph_pulse")


class NoDelta(Exception):
    """Graph has no delta query for this resource: what was missed of it can't be recovered."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """`resync_since`: a full reading is going on, perhaps since a run that crashed."""

    spec: str
    places: Places
    findings: Findings
    resync_since: datetime | None

    @property
    def result(self) -> CaughtUp:
        return self.findings.result


@dataclass(slots=True)
class CatchUp:
    tables: Tables
    graph: Graph
    clock: Clock
    journal: Journal
    committer: Committer
    accept: Accept  # flows.receive.Receive.accept
    tenant_id: str
    bookmarks: Bookmarks = field(init=False)

    def __post_init__(self) -> None:
        self.bookmarks = Bookmarks(self.tables, self.clock)

    async def run(self, subscription: Subscription) -> CaughtUp:
        """Read every place to its end. Raises GraphFault or NoDelta; what was read until then is kept."""
        run = await self._begin(subscription)
        was_read = await self.bookmarks.was_read(run.spec)
        for place in await self._places(run):
            mark = await self.bookmarks.load(run.spec, place.key)
            # a place that came later holds news; one that a crash kept from the first reading holds history
            mark.reports = mark.reports or was_read
            await self._read(place, mark, run)
        if run.resync_since:
            await run.findings.take_removals(run.resync_since)
            await self.bookmarks.end_resync(run.spec)
        if not was_read:
            await self.bookmarks.note_read(run.spec)
        log.info("delta.read spec=%s pages=%d recovered=%d", run.spec, run.result.pages, run.result.recovered)
        return run.result

    async def _begin(self, subscription: Subscription) -> _Run:
        places = places_of(subscription.resource)
        if places is None:
            raise NoDelta(subscription.resource)
        await self.bookmarks.belong_to(subscription.spec, normal_resource(subscription.resource))
        entry, _, subject = subscription.spec.partition("~")
        findings = Findings(
            subscription=subscription,
            places=places,
            proof=Proof(subscription.key_version, entry, subject),
            graph=self.graph,
            clock=self.clock,
            journal=self.journal,
            committer=self.committer,
            bookmarks=self.bookmarks,
            accept=self.accept,
            tenant_id=self.tenant_id,
        )
        since = await self.bookmarks.resync_since(subscription.spec)
        return _Run(spec=subscription.spec, places=places, findings=findings, resync_since=since)

    async def _places(self, run: _Run) -> list[Place]:
        listing = run.places.listing
        ids: Sequence[str] = await self.graph.collection_ids(listing) if listing else ()
        return run.places.of(ids, now=self.clock.now())

    async def _read(self, place: Place, mark: Bookmark, run: _Run) -> None:
        is_last = False
        while not is_last:
            page = await self._page(place, mark, run)
            run.result.pages += 1
            items = [item for item in page.items if _counts(item, run.places)]
            if mark.reports and items and not mark.is_begun:
                await self.bookmarks.save(run.spec, mark, is_last=False)  # from now on the reading has its name
            for item in items if mark.reports else ():
                await run.findings.take(item, mark)
            if run.places.kind.keeps_known:
                await self.bookmarks.keep(run.spec, mark, items)
            mark.link, is_last = page.link, page.is_last
            await self.bookmarks.save(run.spec, mark, is_last=is_last)

    async def _page(self, place: Place, mark: Bookmark, run: _Run) -> DeltaPage:
        try:
            is_first = mark.since is None and not mark.is_full
            return await self.graph.delta(place.mark if is_first else place.path, mark.link or None)
        except GraphFault as fault:
            if not mark.link or not (fault.status == 410 or fault.code.lower() in EXPIRED):
                raise
        run.resync_since = run.resync_since or await self.bookmarks.begin_resync(run.spec)
        run.result.full_resync = True
        mark.restart(self.clock.now())
        log.warning("delta.expired spec=%s: read anew; deletions show only against what is known", run.spec)
        return await self.graph.delta(place.path, None)


def _counts(item: DeltaItem, places: Places) -> bool:
    """Not an occurrence of a series, nor one that Graph shows though it was asked for another."""
    return item.type not in places.kind.skipped and places.only.lower() in ("", item.id.lower())
