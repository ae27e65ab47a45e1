"""Two naive handlers on the SDK's own client, an operation after the other, as they are found out there.

read_and_write   reads the subscription's row to check the client_state, then writes the event: what Microsoft's Event
                 Grid sample for Graph does once its comment "store it" is filled in
claimed          the same, and refuses duplicates: read, insert claim, insert event, update claim
"""

import uuid
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import ResourceExistsError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

BODY = "x" * 600


@dataclass(slots=True)
class ReadAndWrite:
    table: TableClient

    async def open(self) -> None:
        await self.table.create_table()
        await self.table.create_entity(_row("subscription", "one", client_state="s"))

    async def receive(self, event: str) -> None:
        await self._check()
        await self._keep(event)

    async def _check(self) -> None:
        row = await self.table.get_entity("subscription", "one")
        assert row["client_state"] == "s"

    async def _keep(self, event: str) -> None:
        await self.table.create_entity(_row("event", f"{event}|{uuid.uuid4()}", body=BODY))


class Claimed(ReadAndWrite):
    async def receive(self, event: str) -> None:
        await self._check()
        try:
            made = await self.table.create_entity(_row("claim", event, state="working"))
        except ResourceExistsError:
            return
        await self._keep(event)
        await self.table.update_entity(
            _row("claim", event, state="done"),
            mode=UpdateMode.REPLACE,
            etag=made["etag"],
            match_condition=MatchConditions.IfNotModified,
        )


def _row(partition: str, row: str, **columns: str) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": row, **columns}
