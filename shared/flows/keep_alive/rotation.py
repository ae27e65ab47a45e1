"""Rotation: subscriptions whose client_state is of an older key are made anew with the newest. Graph can't PATCH one.

Made anew means delete, create, resync, so it goes in windows: at most 100 subscriptions between two ticks, in the order
of their keys, and the next window begins once all of the last one live. The place reached is a row of table `keys`,
what is under way stands in the subscriptions' own rows: a crash repeats a window and changes nothing.

It begins when a person says so, or at a reconcile once the newest key was seen an hour ago (by then every instance has
it). It stops when a person says so, or by itself when Graph refuses to make one anew: then no more are deleted. Once
nothing alive has an older key, the older ones are believed for nine days more: events are accepted for eight.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.events.client_state import KeyRing
from shared.domain.events.trust import ACCEPTED_FOR
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.transitions import ROTATED, to_rotate
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.receive.denied import PARTITION, TABLE
from shared.ports import Clock, Entity, Stale, Tables, Taken, Verb, Write

WINDOW = 100  # subscriptions made anew between two ticks, and so mailboxes resynced
WINDOWS = 100  # looked at in one tick, where nothing is to be done
LOOKED_FOR = timedelta(minutes=15)
SEEN_FOR = timedelta(hours=1)
BELIEVED_FOR = ACCEPTED_FOR + timedelta(days=1)
ROW = "rotation"
PASSED_OVER = "its client_state key was rotated, and Graph refused to make it anew"
log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far it is: all up to the spec `cursor` are done; `left` counts those of them that could not be rotated."""

    to: int
    state: str  # running, stopped, done
    why: str = ""
    cursor: str = ""
    left: int = 0
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """For people. `done` of `total` living subscriptions have the newest key."""

    to: int
    state: str
    why: str
    done: int
    total: int
    believed_until: Mapping[str, str]  # by older key version


@dataclass(slots=True)
class Rotation:
    tables: Tables
    fleet: Fleet
    ring: KeyRing
    clock: Clock
    _looked_at: datetime | None = None  # and nothing was running

    async def begin(self) -> None:
        """Begin, or go on where it was stopped."""
        course = await self._course()
        goes_on = course and course.to == self.ring.newest and course.state == "stopped"
        if course and goes_on:
            await self._pass_over(await self.fleet.after(course.cursor, WINDOW))
        fresh = Course(to=self.ring.newest, state="running", etag=course.etag if course else "")
        await self._save(replace(course, state="running", why="") if course and goes_on else fresh)
        self._looked_at = None

    async def stop(self, why: str = "a person stopped it") -> None:
        while (course := await self._course()) and course.state == "running":  # a tick may be faster
            await self._save(replace(course, state="stopped", why=why))

    async def step(self) -> None:
        """What a tick does: one read in a quarter of an hour, and nothing more unless it is running."""
        now = self.clock.now()
        if self._looked_at and now < self._looked_at + LOOKED_FOR:
            return None
        course = await self._course()
        if course is None or course.state != "running" or course.to > self.ring.newest:
            self._looked_at = now
            return None
        if course.to < self.ring.newest:
            course = replace(course, to=self.ring.newest, cursor="", left=0)
        for _ in range(WINDOWS):
            window = await self.fleet.after(course.cursor, WINDOW)
            if not window:
                return await self._finish(course)
            if old := [one for one in window if _is_old(one, course.to) and one.state in (State.LIVE, State.RESYNCING)]:
                return await self._mark(old, course)
            if refused := next((one for one in window if _is_refused(one)), None):
                log.error("rotation.stopped spec=%s fault=%r", refused.spec, refused.note)
                return await self._save(replace(course, state="stopped", why=f"{refused.spec}: {refused.note}"))
            if any(_is_under_way(one) for one in window):
                return None
            left = course.left + sum(_is_old(one, course.to) for one in window)
            course = replace(course, cursor=window[-1].spec, left=left)
        return await self._save(course)

    async def rotate(self, some: Iterable[Subscription]) -> None:
        """These now, whatever the course is. Those that have the newest key already are left."""
        now = self.clock.now()
        wanted = [one for one in some if not one.held and one.state is not State.RETIRED]
        old = [one for one in wanted if _is_old(one, self.ring.newest)]
        await self.fleet.update_all([(one, to_rotate(one, now=now)) for one in old])

    async def notice(self, known: Mapping[str, Subscription]) -> None:
        """At a reconcile, when all rows are read anyway: is there a newer key, is one gone that is still needed?"""
        alive = [one for one in known.values() if one.id]
        for version in sorted({one.key_version for one in alive} - self.ring.keys.keys()):
            log.error("keys.missing version=%d: events of its subscriptions are refused", version)
        seen_at, course = await self._first_seen(), await self._course()
        is_at_it = course and course.state != "done" and course.to == self.ring.newest
        if is_at_it or self.clock.now() < seen_at + SEEN_FOR:
            return
        if any(_is_old(one, self.ring.newest) for one in alive):
            await self.begin()

    async def progress(self) -> Progress:
        """Reads every row: for people."""
        course, alive = await self._course(), [one for one in (await self.fleet.all()).values() if one.id]
        done = sum(one.key_version >= self.ring.newest for one in alive)
        rows = [row.entity async for row in self.tables.scan(TABLE, PARTITION, "v|", "v~")]
        return Progress(
            to=self.ring.newest,
            state=course.state if course and course.to == self.ring.newest else "none",
            why=course.why if course else "",
            done=done,
            total=len(alive),
            believed_until={
                str(row["version"]): str(row["believed_until"]) for row in rows if row.get("believed_until")
            },
        )

    async def _pass_over(self, window: Sequence[Subscription]) -> None:
        """Those that Graph refused: a person goes on without them, and they are tried at their own pace."""
        refused = [one for one in window if _is_refused(one)]
        await self.fleet.update_all([(one, replace(one, resync=PASSED_OVER)) for one in refused])

    async def _mark(self, old: Sequence[Subscription], course: Course) -> None:
        now = self.clock.now()
        marked = await self.fleet.update_all([(one, to_rotate(one, now=now)) for one in old])
        log.info("rotation.window version=%d subscriptions=%d", course.to, len(marked))
        await self._save(course)

    async def _finish(self, course: Course) -> None:
        """Those left over (parked at the time) are taken up by the next reconcile, which begins anew."""
        await self._save(replace(course, state="done", cursor="", why=f"{course.left} are left" if course.left else ""))
        log.info("rotation.done version=%d left=%d", course.to, course.left)
        if course.left:
            return
        until = self.clock.now() + BELIEVED_FOR
        for version in self.ring.keys:
            if version < course.to:
                await self._retire(version, until)

    async def _retire(self, version: int, until: datetime) -> None:
        row = await self.tables.read(TABLE, PARTITION, _row(version))
        if row is None or not row.entity.get("believed_until"):
            entity = {**keys(PARTITION, _row(version)), "version": version, "believed_until": until.isoformat()}
            await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])

    async def _first_seen(self) -> datetime:
        """When the newest key was first seen by anybody."""
        now, key = self.clock.now(), _row(self.ring.newest)
        row = await self.tables.read(TABLE, PARTITION, key)
        if row and row.entity.get("first_seen_at"):
            return datetime.fromisoformat(str(row.entity["first_seen_at"]))
        await self.tables.create(TABLE)
        entity: Entity = {**keys(PARTITION, key), "version": self.ring.newest, "first_seen_at": now.isoformat()}
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
        return now

    async def _course(self) -> Course | None:
        row = await self.tables.read(TABLE, PARTITION, ROW)
        if row is None:
            return None
        texts = {name: str(row.entity[name]) for name in ("state", "why", "cursor")}
        return Course(to=int(str(row.entity["to"])), left=int(str(row.entity["left"])), etag=row.etag, **texts)

    async def _save(self, course: Course) -> None:
        """What somebody else wrote meanwhile stands: a stop must not be lost."""
        await self.tables.create(TABLE)
        columns = {name: getattr(course, name) for name in ("to", "state", "why", "cursor", "left")}
        entity: Entity = {**keys(PARTITION, ROW), **columns}
        try:
            write = Write(Verb.REPLACE, entity, course.etag) if course.etag else Write(Verb.INSERT, entity)
            await self.tables.submit(TABLE, [write])
        except (Stale, Taken):
            log.info("rotation.changed_meanwhile")


def _row(version: int) -> str:
    return f"v|{version}"


def _is_old(one: Subscription, to: int) -> bool:
    return bool(one.id) and one.key_version < to


def _is_under_way(one: Subscription) -> bool:
    return one.resync == ROTATED and one.state in (State.WANTED, State.CREATING, State.RECREATING)


def _is_refused(one: Subscription) -> bool:
    return one.resync == ROTATED and one.state is State.PARKED and not one.id
