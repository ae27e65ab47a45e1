"""What one reading by delta finds: each change is told once, as far as it can be known that it was told before.

By what a change is known again differs by kind, see `domain.catch_up`. Where it can't be known it is told: twice is
better than never.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain.catch_up.delta import Places, SeenBy, change_of
from shared.domain.catch_up.recovered import recovered_notification
from shared.domain.events.client_state import Proof
from shared.domain.events.latency import most_lag
from shared.domain.events.notifications import Notification
from shared.domain.events.trust import ACCEPTED_FOR
from shared.domain.journal.log_layout import Entry, day_of, entry_of, reader_of
from shared.domain.watching.subscriptions import Subscription
from shared.flows.catch_up.bookmarks import Bookmark, Bookmarks, Known
from shared.flows.journal import Journal
from shared.flows.journal.commit import Committer
from shared.ports import Clock, DeltaItem, Graph

ANNOUNCED_WITHIN = timedelta(hours=4)  # after the change: Graph retries no longer than that

type Accept = Callable[..., Awaitable[bool]]


@dataclass(slots=True, kw_only=True)
class CaughtUp:
    """What one run found. `lost` are those recovered that should have been announced by now; `already_seen` were in
    the journal, are too old for it, or are nothing that was asked for.
    """

    pages: int = 0
    changes: int = 0
    recovered: int = 0
    lost: int = 0
    already_seen: int = 0
    full_resync: bool = False


@dataclass(slots=True, kw_only=True)
class Findings:
    """Of one run for one subscription."""

    subscription: Subscription
    places: Places
    proof: Proof
    graph: Graph
    clock: Clock
    journal: Journal
    committer: Committer
    bookmarks: Bookmarks
    accept: Accept
    tenant_id: str
    result: CaughtUp = field(default_factory=CaughtUp)
    _newest: dict[str, tuple[datetime, str]] | None = None  # of the journal, read when it is first needed
    _known: dict[str, Known] | None = None  # of the directory, read when a full reading needs it
    _seen: set[str] = field(default_factory=set)  # ids that delta told of

    async def take(self, item: DeltaItem, mark: Bookmark) -> None:
        self.result.changes += 1
        self._seen.add(item.id)
        if await self._is_news(item, mark):
            self.result.recovered += 1
            self.result.lost += self._should_have_come(item)
        else:
            self.result.already_seen += 1

    async def take_removals(self, since: datetime) -> None:
        """A full reading, begun at `since`, tells of no removal: what is known and was not told of is looked up.

        Under one name, so that whoever does it again after a crash tells nothing twice.
        """
        self.result.full_resync = True
        mark = Bookmark(key="removals", started=since, is_full=True)
        spec, keeps_known = self.subscription.spec, self.places.kind.keeps_known
        known = (await self.bookmarks.known(spec, "")).values() if keeps_known else ()
        lost = [one.id for one in known if one.digest and one.met_at < since]
        for id_ in lost if keeps_known else await self._lost_by_journal():
            item = DeltaItem(id=id_, etag="", created_at=None, changed_at=None, removed=True)
            await self.take(item, mark)
            if keeps_known:
                await self.bookmarks.keep(spec, replace(mark, key=""), [item])

    async def _lost_by_journal(self) -> list[str]:
        """Entities whose newest change in the journal is no removal."""
        newest = await self._newest_changes()
        ids = (self.places.item_of(resource) for resource, (_, change) in newest.items() if change != "deleted")
        return [id_ for id_ in ids if id_ and id_ not in self._seen]

    async def _is_news(self, item: DeltaItem, mark: Bookmark) -> bool:
        if item.changed_at and item.changed_at < self.clock.now() - ACCEPTED_FOR:
            return False  # a full reading shows all that ever was; the journal takes what is still news
        found = self._notification(item, mark)
        if found is None or await self._is_known(item, found, mark):
            return False
        found = await self._dated(found) if item.removed else found
        is_new = await self.accept(found, self.proof, recovered=True)
        if self.places.kind.seen_by is SeenBy.VERSION and item.changed_at and _crosses_midnight(item.changed_at):
            await self.committer.refuse(self._tomorrow(found, item.changed_at))  # should it be announced after it
        if item.removed and self._newest is not None:  # its next place says so too
            self._newest[found.resource] = found.time or self.clock.now(), found.change_type
        return is_new

    def _should_have_come(self, item: DeltaItem) -> bool:
        """A change of the last minutes may only be late; and what versions don't tell may have been announced."""
        if not self.places.kind.is_measurable:
            return False
        most = most_lag(self.places.item_resource(item.id)) or timedelta()
        return item.changed_at is None or item.changed_at + most < self.clock.now()

    def _notification(self, item: DeltaItem, mark: Bookmark) -> Notification | None:
        """None where nobody asked for changes of that type."""
        change_type = change_of(
            self.places.kind,
            is_removed=item.removed,
            is_restorable=item.is_restorable,
            is_new=bool(item.created_at and mark.since and item.created_at >= mark.since),
            was_changed=item.changed_at != item.created_at,
            wanted=self.subscription.change_types,
        )
        if change_type is None:
            return None
        return self._recovered(
            self.places.item_resource(item.id),
            change_type=change_type,
            time=item.changed_at or mark.started,
            etag=item.etag,
            found_by=mark.round,
        )

    async def _is_known(self, item: DeltaItem, found: Notification, mark: Bookmark) -> bool:
        if item.removed:
            return not await self._is_new_removal(item, found, mark)
        match self.places.kind.seen_by:
            case SeenBy.VERSION:
                return item.changed_at is not None and await self._was_announced_tomorrow(found, item.changed_at)
            case SeenBy.TIME:
                told = (await self._newest_changes()).get(found.resource)
                return bool(told and item.changed_at and told[0] >= item.changed_at)
            case SeenBy.NOTHING:
                return mark.is_full and await self._is_as_it_was(item)

    async def _is_as_it_was(self, item: DeltaItem) -> bool:
        if not self.places.kind.keeps_known:
            return False
        if self._known is None:
            self._known = await self.bookmarks.known(self.subscription.spec, "")
        before = self._known.get(item.id)
        return before is not None and before.digest == item.digest

    async def _is_new_removal(self, item: DeltaItem, found: Notification, mark: Bookmark) -> bool:
        """Not if the newest change in the journal is its deletion, nor if it only moved to another place."""
        newest = (await self._newest_changes()).get(found.resource)
        if newest is not None and newest[1] == "deleted":
            return False
        must_ask = self.places.are_many or mark.is_full
        return not must_ask or not await self.graph.exists(self.places.item_path(item.id))

    async def _dated(self, found: Notification) -> Notification:
        """Delta does not tell when something went: after all that is known of it, and after the reading began."""
        newest = (await self._newest_changes()).get(found.resource)
        if newest is None or found.time is None or newest[0] < found.time:
            return found
        return replace(found, time=newest[0] + timedelta(microseconds=1))

    async def _newest_changes(self) -> dict[str, tuple[datetime, str]]:
        """Of each resource in the journal, read once a run."""
        if self._newest is None:
            someone = self._recovered("", change_type="updated", time=self.clock.now(), etag="", found_by="")
            self._newest = await self.journal.changes_of(self.subscription.spec, reader_of(someone, self.proof.subject))
        return self._newest

    async def _was_announced_tomorrow(self, found: Notification, changed_at: datetime) -> bool:
        """A change just before midnight may have been announced after it, and lie in the next day's table."""
        return _crosses_midnight(changed_at) and await self.committer.knows(self._tomorrow(found, changed_at))

    def _tomorrow(self, found: Notification, changed_at: datetime) -> Entry:
        later = replace(found, time=changed_at + ANNOUNCED_WITHIN)
        return entry_of(later, self.proof, now=self.clock.now(), recovered=True)

    def _recovered(self, resource: str, *, change_type: str, time: datetime, etag: str, found_by: str) -> Notification:
        return recovered_notification(
            self.places.kind,
            resource=resource,
            etag=etag,
            change_type=change_type,
            time=time,
            tenant_id=self.tenant_id,
            found_by=found_by,
        )


def _crosses_midnight(changed_at: datetime) -> bool:
    return day_of(changed_at + ANNOUNCED_WITHIN) != day_of(changed_at)
