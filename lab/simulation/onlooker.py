"""A browser: pulls pages by its cursor from whatever machine is up, and notes what came out of order or twice."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.simulation.machine import Dead, Machine
from shared.composition import App
from shared.domain.journal.cursor import Cursor, decode_cursor
from shared.flows.journal import FeedRow, Page
from shared.ports import StorageFault, Unanswered

LIMITS = (1, 7, 50, 200)


@dataclass(slots=True)
class Onlooker:
    """`seen`: table, partition and row keys. `cursor` is kept as text, as a browser does."""

    rng: random.Random
    machines: Sequence[Machine]
    readers: Sequence[str]
    cursor: str = ""
    seen: set[tuple[str, str, str]] = field(default_factory=set)
    repeated: int = 0
    disordered: int = 0
    _places: dict[tuple[str, str, str], int] = field(default_factory=dict)

    async def watch(self) -> None:
        """For ever, with pauses."""
        while True:
            await asyncio.sleep(self.rng.uniform(5, 3_600))
            await self.pull()

    async def pull(self) -> None:
        """All that there is, unless something fails: then the next pull goes on from the cursor."""
        more = True
        while more and (up := [machine for machine in self.machines if machine.is_up]):
            try:
                page = await self.rng.choice(up).run(self._page)
            except (Dead, StorageFault, Unanswered):
                return
            self._note(page.rows)
            self.cursor, more = page.cursor.encode(), page.has_more

    async def _page(self, app: App) -> Page:
        cursor: Cursor | None = decode_cursor(self.cursor) if self.cursor else None
        return await app.journal.page(self.readers, cursor, limit=self.rng.choice(LIMITS))

    def _note(self, rows: Sequence[FeedRow]) -> None:
        for row in rows:
            key = (f"log{row.day}", row.lane, str(row.entity["RowKey"]))
            _, _, writer, seq, _ = key[2].split("|")
            place = (row.day, row.lane, writer)
            self.repeated += key in self.seen
            self.disordered += int(seq) < self._places.get(place, 0)
            self._places[place] = max(int(seq), self._places.get(place, 0))
            self.seen.add(key)
