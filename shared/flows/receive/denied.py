"""Which keys of client_state are believed no more: table `keys`, read once in five minutes, never for an event.

    PK keys   RK v|<version>          first_seen_at; believed_until, once nothing alive was made with it
              RK x|<version>|<spec>   denied by a person

A client_state can't be revoked on its own, as it is made from the key, the entry and the subject alone. So one that got
out is made worthless by a newer key for its subscription, and by denying the older ones for it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.events.client_state import Proof
from shared.domain.journal.log_layout import MAX_WRITES
from shared.flows.journal.rows import keys
from shared.ports import Clock, Tables, Verb, Write

TABLE, PARTITION = "keys", "keys"
REMEMBERED = timedelta(minutes=5)


@dataclass(slots=True)
class Denied:
    tables: Tables
    clock: Clock
    _denied: frozenset[str] = frozenset()  # row keys
    _ends: dict[int, datetime] = field(default_factory=dict)  # by version
    _read_at: datetime | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def has(self, proof: Proof) -> bool:
        """Is this proven state denied, or its key's time over? Heard of within five minutes by every process."""
        await self.read()
        end = self._ends.get(proof.key_version)
        return _row(proof.key_version, proof.spec) in self._denied or (end is not None and end <= self.clock.now())

    async def deny(self, versions: Iterable[int], specs: Iterable[str]) -> None:
        """From now on (here at once) no event with one of these key versions is believed for these specs."""
        await self.tables.create(TABLE)
        at, among = self.clock.now().isoformat(), list(specs)
        rows = [{**keys(PARTITION, _row(version, spec)), "at": at} for version in versions for spec in among]
        for start in range(0, len(rows), MAX_WRITES):
            await self.tables.submit(TABLE, [Write(Verb.UPSERT, row) for row in rows[start : start + MAX_WRITES]])
        self._read_at = None

    async def read(self) -> None:
        """Unless somebody did within five minutes."""
        now = self.clock.now()
        if self._read_at and now < self._read_at + REMEMBERED:
            return
        async with self._reading:
            if self._read_at and now < self._read_at + REMEMBERED:
                return  # somebody else did, while we waited
            rows = [row.entity async for row in self.tables.scan(TABLE, PARTITION, "v|", "x~")]
            self._denied = frozenset(key for row in rows if (key := str(row["RowKey"])).startswith("x|"))
            self._ends = {
                int(str(row["version"])): datetime.fromisoformat(str(row["believed_until"]))
                for row in rows
                if row.get("believed_until")
            }
            self._read_at = now


def _row(version: int, spec: str) -> str:
    return f"x|{version}|{spec}"
