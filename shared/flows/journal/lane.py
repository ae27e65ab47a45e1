"""One lane of one day: group commit, one group at a time.

Whoever comes first leads: it gathers who is there (a lone one waits for nobody), commits the group, tells each how its
own part went, and hands the lead to the next that waits. No work outlives its invocation.

Why it is safe. A group and the writer's own row {seq} are one transaction, and that row is replaced by its ETag. So a
commit without an answer is found by its (writer, seq), and one that lands late is refused once a later one is in.
One claim that exists refuses the whole group and names only itself. It is read, and who wrote it tells of the claims
beside it (`known`); what is known is taken out, and the rest is sent again. Only when a second refusal teaches nothing
new are all of the group's claims read.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.domain.journal.claims import Claim
from shared.domain.journal.log_layout import MAX_WRITES, claim_row, position_of, writer_row
from shared.flows.journal.group import (
    LEAD,
    Duplicate,
    Item,
    deal_out,
    first_claim,
    is_told_to_lead,
    item_at,
    landed,
    settle,
    those_that_fit,
    untold,
)
from shared.flows.journal.known import Known
from shared.flows.journal.rows import group_write, keys, read_claim
from shared.ports import Clock, Stale, StorageFault, Tables, Taken, Unanswered, Verb, Write

ROOM = MAX_WRITES - 2  # rows of a group beside the writer's place and what tells of the group
QUIET_TURNS = 3  # turns of the event loop without a newcomer end the gathering
COMMIT_S = 4.0  # seconds for one try
TRIES = 2
LEAD_S = 10.0  # for all of a group, what is read with it too: a delivery has 30, its handlers 15 of them
LESSONS = 3  # of one group's refusals; after them, or after one that taught nothing, all its claims are read


@dataclass(slots=True)
class Lane:
    tables: Tables
    clock: Clock
    table: str
    lane: str
    writer: str
    known: Known
    _waiting: deque[Item] = field(default_factory=deque)
    _is_led: bool = False
    _seq: int = 0
    _place: str = ""  # ETag of the writer's row, empty while there is none

    async def put(self, item: Item) -> Any:
        """The ETag of the item's claim, or Duplicate. Raises Stale, StorageFault, Unanswered."""
        self._waiting.append(item)
        try:
            if not self._is_led:
                self._is_led = True
                await self._lead()
            while (outcome := await item.outcome) is LEAD:
                item.outcome = asyncio.get_running_loop().create_future()
                await self._lead()
        except asyncio.CancelledError:
            if is_told_to_lead(item):  # it never will: without a leader the lane would stand still for ever
                self._hand_over()
            raise
        return outcome

    async def _lead(self) -> None:
        group: list[Item] = []
        try:
            await self._gather()
            group = self._take_group()
            if group:
                async with asyncio.timeout(LEAD_S):
                    await self._commit(group)
        except TimeoutError:
            settle(group, Unanswered(f"no end within {LEAD_S} s"))
        except (StorageFault, Unanswered) as fault:
            settle(group, fault)
        finally:
            settle(group, Unanswered("the delivery that led this commit was stopped"))
            self._hand_over()

    async def _gather(self) -> None:
        """Let those that are on their way arrive; ends at once when nobody comes, or when a group is full."""
        rows, quiet = self._rows(), 0
        while quiet < QUIET_TURNS and rows < ROOM:
            await asyncio.sleep(0)
            before, rows = rows, self._rows()
            quiet = quiet + 1 if rows == before else 0

    def _rows(self) -> int:
        return sum(item.rows for item in self._waiting)

    def _take_group(self) -> list[Item]:
        self._tell_known(self._waiting)
        group = those_that_fit(untold(self._waiting), ROOM)
        chosen = set(group)
        self._waiting = deque(item for item in untold(self._waiting) if item not in chosen)
        return group

    def _hand_over(self) -> None:
        heir = next((item for item in self._waiting if not item.outcome.done()), None)
        if heir:
            heir.outcome.set_result(LEAD)
            return
        self._waiting.clear()  # what is left was given up by its callers
        self._is_led = False

    async def _commit(self, group: list[Item]) -> None:
        self._seq += 1
        tries, patience = 0, LESSONS
        while group:
            try:
                etags = await self._submit(group)
            except Taken as taken:
                size = len(group)
                group = await self._without_known(group, taken, learns=patience > 0)
                patience -= 1 if size - len(group) > 1 else LESSONS
            except Stale as stale:
                group = await self._without_stale(group, stale)
            except Unanswered:
                tries += 1
                if await self._has_landed(group):
                    return
                if tries >= TRIES:
                    raise
            else:
                self._place = etags[0]
                self._tell_duplicates(deal_out(group, etags[1:]))
                return

    def _tell_duplicates(self, told: Iterable[tuple[Item, str]]) -> None:
        """Those that waited for the next group because this one held their claim need no transaction any more."""
        committed = {claim: (item, etag) for item, etag in told for claim in item.claims}
        for item in self._waiting:
            if twin := next((committed[claim] for claim in item.claims if claim in committed), None):
                settle([item], Duplicate(first_claim(*twin)))
        self._waiting = deque(untold(self._waiting))

    async def _submit(self, group: list[Item]) -> list[str]:
        entity = {**keys(self.lane, writer_row(self.writer)), "seq": self._seq, "at": self.clock.now()}
        writes = [Write(Verb.REPLACE if self._place else Verb.INSERT, entity, self._place)]
        for index, item in enumerate(group):
            item.writes = item.make(self._seq, index)
            writes += item.writes
        if len(told := [item.claims for item in group if item.claims]) > 1:
            writes.append(group_write(told, lane=self.lane, writer=self.writer, seq=self._seq))
        try:
            async with asyncio.timeout(COMMIT_S):
                return await self.tables.submit(self.table, writes)
        except TimeoutError:
            raise Unanswered(f"no answer within {COMMIT_S} s") from None

    async def _without_known(self, group: list[Item], taken: Taken, *, learns: bool) -> list[Item]:
        """Tell those whose claims exist, give back the rest. Claims at our own (writer, seq): this commit is in.

        `learns`: read what the refusal names, and learn the rest from whoever wrote it; else read every claim.
        """
        if taken.index == 0 and await self._has_landed(group):
            return []
        named = item_at(group, taken.index) if learns else []
        found = await self._tell_read(named) or await self._tell_read(group)
        if any(map(self._is_of_this_commit, found)):
            await self._has_landed(group)
            return []
        if taken.index != 0 and not found:
            raise taken  # a row that is no claim stands in the way: never expected, so nothing is guessed
        if named:
            await self._tell_learned(untold(group), found[0])
        return untold(group)

    async def _tell_read(self, asked: Sequence[Item]) -> list[Claim]:
        claims = await asyncio.gather(*(self._claim_of(item) for item in asked))
        found = [(item, claim) for item, claim in zip(asked, claims, strict=True) if claim]
        for item, claim in found:
            if not self._is_of_this_commit(claim):
                settle([item], Duplicate(claim))
        return [claim for _, claim in found]

    async def _tell_learned(self, group: list[Item], beside: Claim) -> None:
        """What is known to be there but perhaps not done is read: its handlers, its lease."""
        if not group:
            return
        told = await self.known.learn(self.tables, self.table, self.lane, beside)
        self._tell_known(group)
        await self._tell_read([item for item in untold(group) if not told.isdisjoint(item.claims)])

    def _tell_known(self, items: Iterable[Item]) -> None:
        for item in items:
            if claim := self.known.of(item.claims):
                settle([item], Duplicate(claim))

    def _is_of_this_commit(self, claim: Claim) -> bool:
        return position_of(claim.row) == (self.writer, self._seq)

    async def _without_stale(self, group: list[Item], stale: Stale) -> list[Item]:
        """Index 0 is our own row: this commit, or an earlier one without an answer, has landed after all."""
        if stale.index == 0:
            return [] if await self._has_landed(group) else group
        if not (moved := item_at(group, stale.index)):
            raise stale
        settle(moved, stale)
        return [item for item in group if item not in moved]

    async def _claim_of(self, item: Item) -> Claim | None:
        for claim in item.claims:
            while row := await self.tables.read(self.table, self.lane, claim_row(claim)):
                found = read_claim(row.entity, row.etag)
                if found.key == claim:
                    return found
                claim = found.key  # a second claim of the same event: only the first one is moved on
        return None

    async def _has_landed(self, group: list[Item]) -> bool:
        """Did the commit of this seq succeed, answered or not? If so, the group is told."""
        row = await self.tables.read(self.table, self.lane, writer_row(self.writer))
        self._place = row.etag if row else ""
        if row is None or row.entity["seq"] != self._seq:
            return False
        for item in group:
            found = await self.tables.read(self.table, self.lane, str(item.writes[0].entity["RowKey"]))
            settle([item], landed(item, found))
        return True
