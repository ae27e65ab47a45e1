"""Writes the journal: each event once, together with its claim, in groups that share a transaction (see `lane`)."""

import contextlib
from dataclasses import dataclass, field, replace

from shared.domain.journal.claims import Claim
from shared.domain.journal.log_layout import MAX_BODY, Entry, claim_row, lane_of, table_of
from shared.flows.journal.days import Days
from shared.flows.journal.group import Duplicate, Item
from shared.flows.journal.known import Known
from shared.flows.journal.lane import Lane
from shared.flows.journal.rows import claim_writes, elsewhere_writes, entry_writes, read_claim
from shared.ports import Blobs, Clock, Entity, Tables, Taken, Write


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Where an accepted event lies. `is_new`: this call journaled it; else somebody had done so before."""

    day: str
    lane: str
    claim: Claim
    is_new: bool


@dataclass(slots=True)
class Committer:
    """All lanes of this process. `writer` names the process start: letters and digits, never used twice."""

    tables: Tables
    blobs: Blobs
    days: Days
    clock: Clock
    writer: str
    _lanes: dict[tuple[str, str], Lane] = field(default_factory=dict)
    _known: Known = field(default_factory=Known)

    def remembers(self, entry: Entry) -> bool:
        """Does this process know that the event is in and done? Another one may know it all the same."""
        return self._known.of(entry.claims) is not None

    async def accept(self, entry: Entry) -> Acceptance:
        """Journal an event once. Raises StorageFault or Unanswered: then it must be delivered again."""
        lane = lane_of(entry.stream, await self.days.open(entry.day))
        if known := self._known.of(entry.claims):
            return Acceptance(day=entry.day, lane=lane, claim=known, is_new=False)
        item = self._item(entry, lane, await self._body(entry))
        outcome = await self._lane(entry.day, lane).put(item)
        is_new = not isinstance(outcome, Duplicate)
        claim = read_claim(item.writes[0].entity, outcome) if is_new else outcome.claim
        # of a known recovered change only what was found: its other claim is still free
        self._known.note(claim, *(entry.claims if is_new or not entry.recovered else (claim.key,)))
        return Acceptance(day=entry.day, lane=lane, claim=claim, is_new=is_new)

    async def update(self, acceptance: Acceptance, claim: Claim) -> Acceptance:
        """Write a claim that was taken over, advanced or completed. Raises Stale when somebody else has moved it on."""
        reopened_at = self.clock.now() if acceptance.claim.is_done and not claim.is_done else None
        writes = claim_writes(claim, acceptance.lane, reopened_at=reopened_at)
        item = Item(lambda _seq, _index: writes, len(writes), 1_000, claims=(), touches=(claim.key,))
        updated = replace(claim, etag=await self._lane(acceptance.day, acceptance.lane).put(item))
        self._known.note(updated, claim.key)
        return replace(acceptance, claim=updated)

    async def find(self, day: str, lane: str, claim: str) -> Claim | None:
        row = await self.tables.read(table_of(day), lane, claim_row(claim))
        return read_claim(row.entity, row.etag) if row else None

    async def knows(self, entry: Entry) -> bool:
        """Is any of the entry's claims in its day's table?"""
        lanes = (await self.days.calendar()).open.get(entry.day)
        if lanes is None:
            return False
        lane = lane_of(entry.stream, lanes)
        return any([await self.find(entry.day, lane, claim) for claim in entry.claims])

    async def where_it_lies(self, entry: Entry) -> Entry:
        """An event without a time belongs to the day of its first arrival: the entry on the day that knows it."""
        for day in (await self.days.calendar()).open:
            other = replace(entry, day=day)
            if day != entry.day and await self.knows(other):
                return other
        return entry

    async def refuse(self, entry: Entry) -> None:
        """Lay down an entry's claims alone: it is journaled in another day's table and would be announced in this."""
        lane = lane_of(entry.stream, await self.days.open(entry.day))
        for write in elsewhere_writes(entry, lane=lane):
            with contextlib.suppress(Taken):
                await self.tables.submit(table_of(entry.day), [write])

    def _item(self, entry: Entry, lane: str, body: Entity) -> Item:
        now = self.clock.now()

        def make(seq: int, index: int) -> list[Write]:
            return entry_writes(entry, body, lane=lane, writer=self.writer, seq=seq, index=index, now=now)

        rows = len(entry.claims) + 1 + entry.wants_handling
        return Item(make, rows, 2 * len(str(body["body"])) + 2_000, claims=entry.claims, touches=entry.claims)

    def _lane(self, day: str, lane: str) -> Lane:
        if (day, lane) not in self._lanes:
            self._lanes[day, lane] = Lane(self.tables, self.clock, table_of(day), lane, self.writer, self._known)
        return self._lanes[day, lane]

    async def _body(self, entry: Entry) -> Entity:
        body = entry.notification.body
        if len(body) <= MAX_BODY:
            return {"body": body, "blob": ""}
        name = f"{entry.day}/{entry.claims[0]}.json"
        await self.blobs.put(name, body)
        return {"body": "", "blob": name}
