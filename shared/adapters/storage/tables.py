"""Tables on Azure Table Storage by azure-data-tables (asyncio); Azurite is the same to it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.adapters.storage.batch import HEADERS, Refusal, batch_of, etags_of, refusal_of
from shared.adapters.storage.faults import RESULT_UNKNOWN, fault_of
from shared.ports import Entity, NoTable, Row, Stale, StorageFault, Taken, Unanswered, Write

TRIES = 3  # of what is no transaction, 1.6 s in all; the SDK's eleven take minutes, and a lane stands still meanwhile


@dataclass(slots=True)
class AzureTables:
    """`patience_s`: for the answer to one request; the SDK's own is five minutes, and a delivery has half of one."""

    service: TableServiceClient
    patience_s: float = 10.0
    _clients: dict[str, TableClient] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)  # known to exist: asking again costs nothing

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        """Retries are the flows' business: here each call is one transaction, and one request."""
        endpoint = self.service.url.partition("?")[0].rstrip("/")
        headers = {**HEADERS, "x-ms-version": self.service.api_version}
        content = batch_of(endpoint, table, writes)
        request = HttpRequest("POST", f"{endpoint}/$batch", headers=headers, content=content)
        try:  # the SDK's own pipeline signs, traces and knows proxies; it has no public door for a request of ours
            response = await self.service._client.send_request(request, stream=True, **self._limits(tries=1))
            answer = (await response.read()).decode(errors="replace")
        except AzureError as error:
            raise fault_of(error) from error
        outcome = etags_of(answer) if response.status_code == 202 else refusal_of(response.status_code, answer)
        if isinstance(outcome, Refusal):
            raise _refused(outcome)
        if len(outcome) != len(writes):
            raise Unanswered(f"{len(outcome)} answers to {len(writes)} writes")
        return outcome

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        try:
            entity = await self._client(table).get_entity(partition, row, **self._limits())
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise fault_of(error) from error
        return _row(entity)

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        pages = self._client(table).query_entities(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            parameters={"partition": partition, "first": first, "last": last},
            results_per_page=min(limit or 1000, 1000),
            **self._limits(),
        )
        count = 0
        try:
            async for entity in pages:
                yield _row(entity)
                count += 1
                if limit and count >= limit:
                    return
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise fault_of(error) from error

    async def create(self, table: str) -> None:
        if table in self._made:
            return
        try:
            await self.service.create_table_if_not_exists(table, **self._limits())
        except AzureError as error:
            raise fault_of(error) from error
        self._made.add(table)

    async def drop(self, table: str) -> None:
        self._clients.pop(table, None)
        self._made.discard(table)
        try:
            await self.service.delete_table(table, **self._limits())
        except AzureError as error:
            raise fault_of(error) from error

    def _limits(self, tries: int = TRIES) -> dict[str, Any]:
        return {"retry_total": tries - 1, "connection_timeout": self.patience_s, "read_timeout": self.patience_s}

    def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            self._clients[table] = self.service.get_table_client(table)
        return self._clients[table]


def _refused(refusal: Refusal) -> StorageFault | Unanswered:
    if refusal.status in RESULT_UNKNOWN:
        return Unanswered(refusal.message)
    if refusal.code == "TableNotFound":
        return NoTable(refusal.message)
    if refusal.status == 409:
        return Taken(refusal.index)
    if refusal.status in (404, 412):
        return Stale(refusal.index)
    return StorageFault(f"{refusal.status} {refusal.code}")


def _row(entity: Any) -> Row:
    values: Entity = dict(entity)
    return Row(values, str(entity.metadata.get("etag") or ""))
