"""When each subscription was last heard of, at next to no cost: remembered in the process, written down now and then.

    table subscriptions   PK s00   RK e|<spec>   at

A spec is written at most once an hour, up to 100 in a transaction, once 100 wait or the first of them has waited for
five minutes; the timer writes what its process holds. So an event costs a hundredth of a transaction an hour and
subscription at most, what is shown is right to the hour, and a process that ends takes along five minutes.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.journal.log_layout import MAX_WRITES
from shared.flows.journal.rows import keys
from shared.flows.keep_alive.fleet import SHARD, TABLE
from shared.ports import Clock, Tables, Verb, Write

HOURLY = timedelta(hours=1)
OFTEN = timedelta(minutes=5)
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Heard:
    tables: Tables
    clock: Clock
    _written: dict[str, datetime] = field(default_factory=dict)  # by spec, what this process wrote
    _waiting: dict[str, datetime] = field(default_factory=dict)

    def note(self, spec: str) -> None:
        """An event of this spec was accepted. Writes nothing."""
        now = self.clock.now()
        if spec not in self._waiting and (spec not in self._written or self._written[spec] + HOURLY <= now):
            self._waiting[spec] = now

    async def write_in_time(self) -> None:
        """After a delivery."""
        first = next(iter(self._waiting.values()), None)
        if first and (first + OFTEN <= self.clock.now() or len(self._waiting) >= MAX_WRITES):
            await self.write()

    async def write(self) -> None:
        """Up to 100. What fails is tried again later: the events are taken in already."""
        some = {spec: self._waiting.pop(spec) for spec in list(self._waiting)[:MAX_WRITES]}
        if not some:
            return
        self._written |= some
        try:
            writes = [Write(Verb.UPSERT, {**keys(SHARD, f"e|{spec}"), "at": at}) for spec, at in _texts(some)]
            await self.tables.submit(TABLE, writes)
        except Exception as fault:
            log.warning("heard.not_written fault=%s", type(fault).__name__)
            now = self.clock.now()
            self._waiting |= dict.fromkeys(some, now)  # in five minutes, not at each delivery until then
            for spec in some:
                self._written.pop(spec, None)

    async def all(self) -> dict[str, datetime]:
        """By spec, as far as it is written: for the audit and for people."""
        rows = self.tables.scan(TABLE, SHARD, "e|", "e~")
        found = {str(row.entity["RowKey"])[2:]: row.entity async for row in rows}
        return {spec: datetime.fromisoformat(str(entity["at"])) for spec, entity in found.items()}


def _texts(moments: dict[str, datetime]) -> list[tuple[str, str]]:
    return [(spec, at.isoformat()) for spec, at in moments.items()]
