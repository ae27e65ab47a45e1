"""The day tables of the journal: opened on first use, listed, and dropped when nothing may enter them any more.

Table `days`, partition `day`, one row a day: {lanes, format} written once by whoever opens it, so that all writers
spread streams alike; after the drop {final}, the place of every writer, so that a cursor knows whether it missed any.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.journal.cursor import Vector
from shared.domain.journal.log_layout import FORMAT, KEPT_DAYS, day_of, table_of
from shared.ports import Clock, Entity, Row, Tables, Taken, Verb, Write

TABLE, PARTITION = "days", "day"
REMEMBERED = timedelta(seconds=20)  # a day that another process opened shows after that at the latest


class UnknownFormat(Exception):
    """A newer version of the app writes this day's rows; deploy it everywhere, then try again."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`open`: lanes by day; `dropped`: the last place of every writer by day."""

    open: Mapping[str, int]
    dropped: Mapping[str, Vector]
    half_dropped: tuple[str, ...] = ()  # a crash came between writing down the last places and the drop


@dataclass(slots=True)
class Days:
    tables: Tables
    clock: Clock
    lanes: int
    _opened: dict[str, int] = field(default_factory=dict)
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _calendar: Calendar | None = None
    _read_at: float = 0.0

    async def open(self, day: str) -> int:
        """Lanes of a day, whose table exists afterwards."""
        if day not in self._opened:
            async with self._opening:  # the first deliveries of a process come together, and one opens for all
                if day not in self._opened:
                    self._opened[day] = await self._open(day)
                    self._calendar = None
        return self._opened[day]

    async def calendar(self) -> Calendar:
        now = self.clock.now().timestamp()
        if self._calendar is None or not 0 <= now - self._read_at < REMEMBERED.total_seconds():
            self._calendar, self._read_at = await self._read(), now
        return self._calendar

    async def tidy(self) -> list[str]:
        """Open tomorrow's table ahead of midnight, drop what is over KEPT_DAYS old. The days that were dropped."""
        now = self.clock.now()
        await self.open(day_of(now + timedelta(days=1)))
        oldest = day_of(now - timedelta(days=KEPT_DAYS))
        gone = [day for day in (await self.calendar()).open if day < oldest]
        for day in (*gone, *(await self.calendar()).half_dropped):
            await self._drop(day)
        return gone

    async def places(self, day: str, lanes: int) -> Vector:
        """How far every writer has come in a day."""
        found: Vector = {}
        for lane in (f"{number:02x}" for number in range(lanes)):
            async for row in self.tables.scan(table_of(day), lane, "w|", "w~"):
                writer, seq = str(row.entity["RowKey"])[2:], row.entity["seq"]
                found.setdefault(lane, {})[writer] = int(str(seq))
        return found

    async def _open(self, day: str) -> int:
        """One read, as a rule: who made the table wrote the row after it, and most processes find it."""
        row = await self.tables.read(TABLE, PARTITION, day) or await self._make(day)
        if row is None or int(str(row.entity["format"])) > FORMAT:
            raise UnknownFormat(day)
        return int(str(row.entity["lanes"]))

    async def _make(self, day: str) -> Row | None:
        await self.tables.create(TABLE)
        await self.tables.create(table_of(day))
        entity: Entity = {
            "PartitionKey": PARTITION,
            "RowKey": day,
            "lanes": self.lanes,
            "format": FORMAT,
            "final": "",
            "gone": False,
        }
        try:
            (etag,) = await self.tables.submit(TABLE, [Write(Verb.INSERT, entity)])
        except Taken:
            return await self.tables.read(TABLE, PARTITION, day)
        return Row(entity, etag)

    async def _read(self) -> Calendar:
        open_days: dict[str, int] = {}
        dropped: dict[str, Vector] = {}
        half: list[str] = []
        async for row in self.tables.scan(TABLE, PARTITION, "0", "~"):
            day, final = str(row.entity["RowKey"]), str(row.entity["final"])
            if final:
                dropped[day] = json.loads(final)
                half += [] if row.entity["gone"] else [day]
            else:
                open_days[day] = int(str(row.entity["lanes"]))
        return Calendar(open_days, dropped, tuple(half))

    async def _drop(self, day: str) -> None:
        """Last places first, then the table, then a word that it is gone: a crash in between is made good next time."""
        row = await self.tables.read(TABLE, PARTITION, day)
        if row is None:
            return
        final = str(row.entity["final"]) or json.dumps(await self.places(day, int(str(row.entity["lanes"]))))
        etag = await self._note(row, {"final": final}, row.etag)
        await self.tables.drop(table_of(day))
        await self._note(row, {"final": final, "gone": True}, etag)
        self._opened.pop(day, None)
        self._calendar = None

    async def _note(self, row: Row, columns: Entity, etag: str) -> str:
        return (await self.tables.submit(TABLE, [Write(Verb.REPLACE, {**row.entity, **columns}, etag)]))[0]
