"""How others take events in, in a few lines each, so that the same faults can be thrown at them.

naive_handler  does its work and answers, as Microsoft's Event Grid sample for Graph does
mark_then_do   marks the event as seen, then works, as the nearest Event Grid project does
state_machine  in progress → completed with an expiry, as Powertools' idempotency does
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.flows.journal.rows import keys
from shared.ports import Clock, Stale, Tables, Taken, Verb, Write

TABLE = "peer"
EXPIRY = timedelta(seconds=60)

type Effect = Callable[[str], None]


class StillRunning(Exception):
    """Somebody else works on it: deliver again."""


@dataclass(slots=True)
class Peer:
    """`effect` is called with the key under which the receiver would refuse a second one; peers make one each time."""

    tables: Tables
    clock: Clock
    effect: Effect

    async def _work(self, event: str) -> None:
        self.effect(f"{event}.{uuid.uuid4()}")
        await self.tables.create(TABLE)
        await self.tables.submit(TABLE, [Write(Verb.INSERT, keys("journal", f"{event}|{uuid.uuid4()}"))])


class NaiveHandler(Peer):
    async def receive(self, event: str) -> None:
        await self._work(event)


class MarkThenDo(Peer):
    async def receive(self, event: str) -> None:
        await self.tables.create(TABLE)
        try:
            await self.tables.submit(TABLE, [Write(Verb.INSERT, keys("seen", event))])
        except Taken:
            return
        await self._work(event)


class StateMachine(Peer):
    async def receive(self, event: str) -> None:
        etag = await self._begin(event)
        if etag is None:
            return
        await self._work(event)
        await self.tables.submit(TABLE, [Write(Verb.REPLACE, {**keys("state", event), "until": ""}, etag)])

    async def _begin(self, event: str) -> str | None:
        """None when it is completed."""
        await self.tables.create(TABLE)
        record = {**keys("state", event), "until": (self.clock.now() + EXPIRY).isoformat()}
        row = await self.tables.read(TABLE, "state", event)
        if row and not row.entity["until"]:
            return None
        if row and datetime.fromisoformat(str(row.entity["until"])) > self.clock.now():
            raise StillRunning(event)
        try:
            write = Write(Verb.REPLACE, record, row.etag) if row else Write(Verb.INSERT, record)
            return (await self.tables.submit(TABLE, [write]))[0]
        except (Taken, Stale):
            raise StillRunning(event) from None
