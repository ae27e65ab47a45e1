"""Where the reading by delta stands. Table `delta`, a partition for each subscription:

<hash of the place>          the link to go on from, and what that reading is
watched                      the resource that all of this is of
read                         a first reading was whole: what comes from now on is news
resync                       a full reading whose removals are not all told yet: since when
k|<place>|<hash of the id>   what was known of an entity, where delta shows neither version nor time
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.domain.journal.log_layout import MAX_WRITES
from shared.flows.journal.rows import keys
from shared.ports import Clock, DeltaItem, Entity, Tables, Verb, Write

TABLE = "delta"
WATCHED, READ, RESYNC = "watched", "read", "resync"


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """Where the reading of one place stands.

    `since`: when the last complete reading began, None before the first; `started`: when this one did; `is_begun`:
    that is written down. `reports`: what it finds is news; False while the first reading of a subscription sets the
    mark. `is_full`: it reads everything anew, because its link had expired.
    """

    key: str
    started: datetime
    link: str = ""
    since: datetime | None = None
    is_begun: bool = False
    reports: bool = False
    is_full: bool = False
    etag: str = ""

    @property
    def round(self) -> str:
        """Names this reading: one that a crash cut off goes on under the same name."""
        return f"{self.key}|{self.started.isoformat()}"

    def restart(self, now: datetime) -> None:
        """The link has expired: all is read anew."""
        self.link, self.started, self.is_begun, self.is_full = "", now, False, True


@dataclass(frozen=True, slots=True)
class Known:
    """An entity as it was last seen; without a digest it was gone. `met_at`: when the reading that met it began."""

    id: str
    digest: str
    met_at: datetime


@dataclass(slots=True)
class Bookmarks:
    tables: Tables
    clock: Clock

    async def belong_to(self, spec: str, resource: str) -> None:
        """Once an entry watches something else, links to what it watched before are none to go on from."""
        await self.tables.create(TABLE)
        row = await self.tables.read(TABLE, spec, WATCHED)
        if row and row.entity["resource"] == resource:
            return
        if row:
            await self._forget(spec)
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, {**keys(spec, WATCHED), "resource": resource})])

    async def was_read(self, spec: str) -> bool:
        return await self.tables.read(TABLE, spec, READ) is not None

    async def note_read(self, spec: str) -> None:
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, keys(spec, READ))])

    async def resync_since(self, spec: str) -> datetime | None:
        row = await self.tables.read(TABLE, spec, RESYNC)
        return datetime.fromisoformat(str(row.entity["since"])) if row else None

    async def begin_resync(self, spec: str) -> datetime:
        """Written before the first page of a full reading: whoever goes on after a crash has removals to find."""
        now = self.clock.now()
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, {**keys(spec, RESYNC), "since": now.isoformat()})])
        return now

    async def end_resync(self, spec: str) -> None:
        await self.tables.submit(TABLE, [Write(Verb.DELETE, keys(spec, RESYNC), "*")])

    async def load(self, spec: str, place: str) -> Bookmark:
        now = self.clock.now()
        row = await self.tables.read(TABLE, spec, _hash(place))
        if row is None:
            return Bookmark(key=place, started=now)
        since, is_complete = str(row.entity["since"]), bool(row.entity["complete"])
        return Bookmark(
            key=place,
            link=str(row.entity["link"]),
            since=datetime.fromisoformat(since) if since else None,
            started=now if is_complete else datetime.fromisoformat(str(row.entity["started"])),
            is_begun=not is_complete,
            reports=bool(row.entity["reports"]),
            is_full=bool(row.entity.get("full", False)) and not is_complete,
            etag=row.etag,
        )

    async def save(self, spec: str, mark: Bookmark, *, is_last: bool) -> None:
        """By ETag. Raises Stale or Taken when somebody else reads the same place."""
        if is_last:
            mark.since, mark.reports = mark.started, True
        entity = {
            **keys(spec, _hash(mark.key)),
            "folder": mark.key,
            "link": mark.link,
            "since": mark.since.isoformat() if mark.since else "",
            "started": mark.started.isoformat(),
            "reports": mark.reports,
            "full": mark.is_full,
            "complete": is_last,
        }
        verb = Verb.REPLACE if mark.etag else Verb.INSERT
        mark.etag = (await self.tables.submit(TABLE, [Write(verb, entity, mark.etag)]))[0]
        mark.is_begun = True

    async def known(self, spec: str, place: str) -> dict[str, Known]:
        """All that was ever known of a place, by id."""
        found: dict[str, Known] = {}
        async for row in self.tables.scan(TABLE, spec, f"k|{_hash(place)}|", f"k|{_hash(place)}~"):
            met_at = datetime.fromisoformat(str(row.entity["met_at"]))
            one = Known(str(row.entity["id"]), str(row.entity["digest"]), met_at)
            found[one.id] = one
        return found

    async def keep(self, spec: str, mark: Bookmark, items: Iterable[DeltaItem]) -> None:
        """What delta showed, once it is accepted."""
        known = {item.id: Known(item.id, "" if item.removed else item.digest, mark.started) for item in items}
        rows = [Write(Verb.UPSERT, _known_entity(spec, mark.key, one)) for one in known.values()]
        for start in range(0, len(rows), MAX_WRITES):
            await self.tables.submit(TABLE, rows[start : start + MAX_WRITES])

    async def _forget(self, spec: str) -> None:
        """All but what it was of, so that whoever goes on after a crash forgets it too."""
        found = [str(row.entity["RowKey"]) async for row in self.tables.scan(TABLE, spec, "", "~")]
        rows = [Write(Verb.DELETE, keys(spec, key), "*") for key in found if key != WATCHED]
        for start in range(0, len(rows), MAX_WRITES):
            await self.tables.submit(TABLE, rows[start : start + MAX_WRITES])


def _known_entity(spec: str, place: str, one: Known) -> Entity:
    columns = {"id": one.id, "digest": one.digest, "met_at": one.met_at.isoformat()}
    return {**keys(spec, f"k|{_hash(place)}|{_hash(one.id)}"), **columns}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
