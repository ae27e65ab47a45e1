"""What is kept goes in time: bodies of dropped days, what queues left behind, old quarantine.

And all that is kept of one person goes when asked.
"""

import json
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from shared.domain.events.client_state import person_of, subject_of_person
from shared.domain.journal.log_layout import MAX_WRITES, claim_row, day_of, table_of
from shared.domain.journal.retention import FOLDERS, QUARANTINE_DAYS, days_before
from shared.flows.catch_up.bookmarks import TABLE as DELTA
from shared.flows.journal.days import Days
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.fleet import SHARD, Fleet
from shared.flows.keep_alive.fleet import TABLE as SUBSCRIPTIONS
from shared.flows.mail import TABLE as OUTBOX
from shared.flows.upkeep.dead_letters import DeadLetters
from shared.flows.upkeep.quarantine import Quarantine
from shared.ports import Blobs, Clock, Row, Tables, Verb, Write

log = logging.getLogger("graph_pulse")


class StillWatched(Exception):
    """The person has subscriptions: take them out of subscriptions.toml and let keep_alive delete these first."""


@dataclass(slots=True, kw_only=True)
class Purged:
    """How much went, by where it lay."""

    rows: int = 0
    quarantined: int = 0
    dead_letters: int = 0
    delta: int = 0
    subscriptions: int = 0  # when each was last heard of; their own rows went with them
    outbox: int = 0


@dataclass(slots=True)
class Retention:
    tables: Tables
    blobs: Blobs
    days: Days
    quarantine: Quarantine
    dead_letters: DeadLetters
    fleet: Fleet
    entries: Iterable[str]  # names in subscriptions.toml
    clock: Clock
    _tidied: str = field(default="")  # the day on which this process last did

    async def tidy(self) -> None:
        """Once a day; day tables are dropped by `days`."""
        now = self.clock.now()
        if self._tidied == day_of(now):
            return
        for folder, kept in FOLDERS.items():
            for day in days_before(now - timedelta(days=kept)):
                await self._drop_blobs(f"{folder}{day}/")
        for day in days_before(now - timedelta(days=QUARANTINE_DAYS)):
            await self.quarantine.drop(day)
        self._tidied = day_of(now)

    async def purge(self, person: str) -> Purged:
        """All that is kept of a person (an object id). Raises StillWatched, ValueError for what is no object id.

        Done again it finds nothing more: what a crash left is found by the next one. Claims go too, so an event that
        Event Grid still delivers is judged anew, and as nobody wants it, quarantined without effect.
        """
        subject = subject_of_person(person)
        if any(known.subject == subject for known in (await self.fleet.all()).values()):
            raise StillWatched(person)
        marks = (str(person_of(subject)), subject.lower())
        specs = {f"{entry}~{subject}" for entry in self.entries}
        purged = Purged()
        for day, lanes in (await self.days.calendar()).open.items():
            for lane in (f"{number:02x}" for number in range(lanes)):
                purged.rows += await self._purge_lane(day, lane, subject, specs)
        for day in (day_of(self.clock.now()), *days_before(self.clock.now())):
            purged.quarantined += await self.quarantine.purge(day, marks)
        purged.dead_letters = await self.dead_letters.purge(marks)
        purged.delta = sum([await self._drop(DELTA, spec, self._rows(DELTA, spec)) for spec in sorted(specs)])
        for spec in sorted(specs):
            heard = self.tables.scan(SUBSCRIPTIONS, SHARD, f"e|{spec}", f"e|{spec}~")
            purged.subscriptions += await self._drop(SUBSCRIPTIONS, SHARD, heard)
        purged.outbox = await self._drop(OUTBOX, subject, self._rows(OUTBOX, subject))
        log.info("person.purged %s", json.dumps(asdict(purged)))
        return purged

    async def _purge_lane(self, day: str, lane: str, subject: str, specs: set[str]) -> int:
        """Bodies, pending rows and claims first, the journal's rows last: they lead to all others."""
        table = table_of(day)
        rows = [row async for row in self.tables.scan(table, lane, f"r|{subject}|", f"r|{subject}~")]
        if not rows:
            return 0
        specs.update(str(row.entity["spec"]) for row in rows)
        for blob in filter(None, (str(row.entity["blob"]) for row in rows)):
            await self.blobs.delete(blob)
        claims = {str(row.entity["claim"]) for row in rows}
        pending = [row async for row in self.tables.scan(table, lane, "p|", "p~") if _key(row)[2:] in claims]
        claiming = [
            row async for row in self.tables.scan(table, lane, claim_row(""), "c~") if row.entity["claim"] in claims
        ]
        for group in (pending, claiming, rows):
            await self._delete(table, lane, group)
        return len(rows)

    def _rows(self, table: str, partition: str) -> AsyncIterator[Row]:
        return self.tables.scan(table, partition, "", "~")

    async def _drop(self, table: str, partition: str, rows: AsyncIterator[Row]) -> int:
        found = [row async for row in rows]
        await self._delete(table, partition, found)
        return len(found)

    async def _delete(self, table: str, partition: str, rows: list[Row]) -> None:
        writes = [Write(Verb.DELETE, keys(partition, _key(row)), "*") for row in rows]
        for start in range(0, len(writes), MAX_WRITES):
            await self.tables.submit(table, writes[start : start + MAX_WRITES])

    async def _drop_blobs(self, prefix: str) -> None:
        for name in [name async for name in self.blobs.list(prefix)]:
            await self.blobs.delete(name)


def _key(row: Row) -> str:
    return str(row.entity["RowKey"])
