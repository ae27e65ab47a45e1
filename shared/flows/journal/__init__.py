"""Reads the journal: pages for a reader by vector cursor, single events, and what handlers have left pending."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.events.client_state import person_of
from shared.domain.journal.cursor import Cursor
from shared.domain.journal.log_layout import (
    KEPT_DAYS,
    OPERATORS,
    claim_row,
    day_of,
    event_id,
    journal_range,
    position_of,
    table_of,
)
from shared.flows.journal.days import Calendar, Days
from shared.ports import Blobs, Clock, Entity, Row, Tables

SHOWN = ("type", "subject", "change_type", "resource", "version", "time", "accepted_at", "summary")
FLAGS = ("recovered", "echo")
GROUP = 50  # rows that one seq has at the most: a scan of more always holds a whole group


class Trimmed(Exception):
    """Rows that the cursor's reader has not seen are dropped. Start anew without a cursor and catch up from Graph."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A journal row as a reader sees it; `day` and `lane` say where it lies."""

    day: str
    lane: str
    entity: Entity

    @property
    def id(self) -> str:
        return event_id(self.day, self.lane, str(self.entity["claim"]))

    def as_json(self) -> dict[str, object]:
        """Rows of another version of the app too: what a column is missing for is empty, what is unknown stays out."""
        reader = str(self.entity["reader"])
        return {
            "id": self.id,
            **{name: self.entity.get(name, "") for name in SHOWN},
            "reader": reader if reader == OPERATORS else person_of(reader),
            **{name: bool(self.entity.get(name, False)) for name in FLAGS},
        }


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[FeedRow]
    cursor: Cursor
    has_more: bool


@dataclass(slots=True)
class Journal:
    tables: Tables
    blobs: Blobs
    days: Days
    clock: Clock

    async def page(self, readers: Sequence[str], cursor: Cursor | None, *, limit: int) -> Page:
        """What `readers` have not seen, in each writer's order, merged by time of acceptance. Raises Trimmed.

        At least `limit` rows if there are as many: groups are never cut. Without a cursor: all that is kept.
        """
        calendar = await self.days.calendar()
        place = _forgetting_dropped(cursor or Cursor(self._first_day(calendar)), calendar)
        rows: list[FeedRow] = []
        has_more = False
        for day, lanes in sorted(calendar.open.items()):
            places = await self.days.places(day, lanes)
            for lane, writer, seq in ((lane, *at) for lane, writers in places.items() for at in writers.items()):
                if len(rows) < limit:
                    rows += await self._advance(place, readers, day=day, lane=lane, writer=writer, seq=seq, limit=limit)
                has_more = has_more or place.seq(day, lane, writer) < seq
        return Page(_merged(rows), place, has_more)

    async def head(self) -> Cursor:
        """The cursor of a reader who wants only what comes from now on."""
        calendar = await self.days.calendar()
        cursor = Cursor(self._first_day(calendar))
        for day, lanes in calendar.open.items():
            cursor.days[day] = await self.days.places(day, lanes)
        return cursor

    async def event(self, name: str) -> tuple[FeedRow, str] | None:
        """An event by the id that rows carry, and its CloudEvent as text."""
        day, _, rest = name.partition(".")
        lane, _, claim = rest.partition(".")
        if not (day.isdigit() and len(day) == 8 and lane.isalnum() and claim.isalnum()):
            return None
        found = await self.tables.read(table_of(day), lane, claim_row(claim))
        row = found and await self.tables.read(table_of(day), lane, str(found.entity["row"]))
        return (FeedRow(day, lane, row.entity), await self.body(row.entity)) if row else None

    async def cloud_event(self, event_id: str) -> str | None:
        """A journaled CloudEvent as JSON text, without its clientState."""
        found = await self.event(event_id)
        return found[1] if found else None

    async def body(self, entity: Entity) -> str:
        blob = str(entity["blob"])
        return (await self.blobs.get(blob) or "") if blob else str(entity["body"])

    async def pending(self) -> AsyncIterator[tuple[str, str, str]]:
        """(day, lane, claim) of every event whose handlers are not done."""
        for day, lanes in (await self.days.calendar()).open.items():
            for lane in (f"{number:02x}" for number in range(lanes)):
                async for row in self.tables.scan(table_of(day), lane, "p|", "p~"):
                    yield day, lane, str(row.entity["RowKey"])[2:]

    async def changes_of(self, spec: str, reader: str) -> dict[str, tuple[datetime, str]]:
        """The newest change of each resource of a spec: (time, change type). Reads every row of the reader."""
        newest: dict[str, tuple[datetime, str]] = {}
        for day, lanes in (await self.days.calendar()).open.items():
            for lane in (f"{number:02x}" for number in range(lanes)):
                async for row in self.tables.scan(table_of(day), lane, f"r|{reader}|", f"r|{reader}~"):
                    _note_newest(newest, row, spec)
        return newest

    async def _advance(
        self, place: Cursor, readers: Iterable[str], *, day: str, lane: str, writer: str, seq: int, limit: int
    ) -> list[FeedRow]:
        after = place.seq(day, lane, writer)
        if after >= seq:
            return []
        scans = [self._scan(reader, day=day, lane=lane, writer=writer, after=after, limit=limit) for reader in readers]
        found = await asyncio.gather(*scans)
        # a scan that was cut short may end within a group: every reader stops before the first such group
        cut = [position_of(str(rows[-1].entity["RowKey"]))[1] - 1 for rows in found if len(rows) >= limit + GROUP]
        until = min([seq, *cut])
        place.advance(day, lane, writer, until)
        return [
            FeedRow(day, lane, row.entity)
            for rows in found
            for row in rows
            if position_of(str(row.entity["RowKey"]))[1] <= until
        ]

    async def _scan(self, reader: str, *, day: str, lane: str, writer: str, after: int, limit: int) -> list[Row]:
        first, last = journal_range(reader, writer, after=after)
        return [row async for row in self.tables.scan(table_of(day), lane, first, last, limit + GROUP)]

    def _first_day(self, calendar: Calendar) -> str:
        kept = day_of(self.clock.now() - timedelta(days=KEPT_DAYS))
        return min([kept, *calendar.open])


def _forgetting_dropped(cursor: Cursor, calendar: Calendar) -> Cursor:
    """The cursor without days that were dropped after it had read them whole. Raises Trimmed if it had not."""
    for day, final in sorted(calendar.dropped.items()):
        if day < cursor.start:
            continue
        if not cursor.covers(day, final):
            raise Trimmed(day)
        cursor.forget(day, f"{int(day) + 1}")
    return cursor


def _merged(rows: list[FeedRow]) -> list[FeedRow]:
    """By time of acceptance, but never against a writer's own order, whatever its clock did."""
    by_writer: dict[tuple[str, str, str], list[FeedRow]] = {}
    for row in sorted(rows, key=lambda row: (row.day, row.lane, *position_of(str(row.entity["RowKey"])))):
        by_writer.setdefault((row.day, row.lane, position_of(str(row.entity["RowKey"]))[0]), []).append(row)
    return list(heapq.merge(*by_writer.values(), key=lambda row: str(row.entity["accepted_at"])))


def _note_newest(newest: dict[str, tuple[datetime, str]], row: Row, spec: str) -> None:
    if row.entity["spec"] != spec:
        return
    resource, time = str(row.entity["resource"]), datetime.fromisoformat(str(row.entity["time"]))
    if resource not in newest or newest[resource][0] <= time:
        newest[resource] = time, str(row.entity["change_type"])
