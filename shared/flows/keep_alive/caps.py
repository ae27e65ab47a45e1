"""Lifetimes that Graph allows in truth: learned from its refusals, remembered in the table of subscriptions.

Outlook documents 10,080 minutes; the live service was seen to refuse more than 10,070. Whatever it says, counts.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.watching.resources import resource_of
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.fleet import SHARD, TABLE
from shared.ports import GraphFault, Tables, Verb, Write

SLACK = timedelta(minutes=5)  # our clock may be ahead of Graph's


@dataclass(slots=True)
class Caps:
    tables: Tables
    _minutes: dict[str, int] = field(default_factory=dict)
    _is_read: bool = False

    async def lifetime(self, resource: str, wanted: timedelta) -> timedelta:
        """`wanted`, or less where Graph once refused it."""
        await self._read()
        minutes = self._minutes.get(_kind(resource)) if self._minutes else None
        return min(wanted, timedelta(minutes=minutes) - SLACK) if minutes else wanted

    async def learn(self, resource: str, fault: GraphFault) -> bool:
        """Does the refusal name a lifetime that is allowed? Then it is remembered, and a new try will pass."""
        found = re.search(r"can only be (\d+) minutes", fault.message) if fault.status == 400 else None
        if found is None or self._minutes.get(_kind(resource)) == int(found[1]):
            return False
        self._minutes[_kind(resource)] = int(found[1])
        entity = {**keys(SHARD, f"cap|{_kind(resource)}"), "minutes": int(found[1])}
        await self.tables.submit(TABLE, [Write(Verb.UPSERT, entity)])
        return True

    async def _read(self) -> None:
        if self._is_read:
            return
        async for row in self.tables.scan(TABLE, SHARD, "cap|", "cap~"):
            self._minutes[str(row.entity["RowKey"])[4:]] = int(str(row.entity["minutes"]))
        self._is_read = True


def _kind(resource: str) -> str:
    """What resources of one kind have in common, as a key may hold it."""
    known = resource_of(resource)
    return known.permission if known else "other"
