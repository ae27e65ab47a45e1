"""Two naive handlers, an operation after the other, as they are found out there.

read_and_write   reads the subscription's row to check the client_state, then writes the event: what Microsoft's Event
                 Grid sample for Graph does once its comment "store it" is filled in
claimed          the same, and refuses duplicates: read, insert claim, insert event, update claim
"""

import uuid
from dataclasses import dataclass, field

from lab.peers import TABLE
from shared.flows.journal.rows import keys
from shared.ports import Tables, Taken, Verb, Write

SUBSCRIPTION = keys("subscription", "one")


@dataclass(slots=True)
class ReadAndWrite:
    tables: Tables
    body: str = field(default_factory=lambda: "x" * 600)

    async def open(self) -> None:
        await self.tables.drop(TABLE)
        await self.tables.create(TABLE)
        await self.tables.submit(TABLE, [Write(Verb.INSERT, {**SUBSCRIPTION, "client_state": "s"})])

    async def receive(self, event: str) -> None:
        await self._check()
        await self._keep(event)

    async def _check(self) -> None:
        row = await self.tables.read(TABLE, "subscription", "one")
        assert row is not None
        assert row.entity["client_state"] == "s"

    async def _keep(self, event: str) -> None:
        row = {**keys("event", f"{event}|{uuid.uuid4()}"), "body": self.body}
        await self.tables.submit(TABLE, [Write(Verb.INSERT, row)])


class Claimed(ReadAndWrite):
    async def receive(self, event: str) -> None:
        await self._check()
        claim = {**keys("claim", event), "state": "working"}
        try:
            [etag] = await self.tables.submit(TABLE, [Write(Verb.INSERT, claim)])
        except Taken:
            return
        await self._keep(event)
        await self.tables.submit(TABLE, [Write(Verb.REPLACE, {**claim, "state": "done"}, etag)])
