"""Tables on Azure Table Storage by azure-data-tables (asyncio); Azurite is the same to it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
)
from azure.data.tables import TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from shared.ports import Entity, NoTable, Row, Stale, StorageFault, Taken, Unanswered, Verb, Write

RESULT_UNKNOWN = {500, 502, 503, 504, 408}  # 503 may come from a gateway after the write


@dataclass(slots=True)
class AzureTables:
    service: TableServiceClient
    _clients: dict[str, TableClient] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)  # known to exist: asking again costs nothing

    async def submit(self, table: str, writes: Sequence[Write]) -> list[str]:
        """Retries are the flows' business: here each call is one transaction."""
        client = self._client(table)
        try:
            if len(writes) == 1 and writes[0].verb is not Verb.DELETE:  # the SDK says nothing when there was no row
                return [await _write_one(client, writes[0])]
            answers = await client.submit_transaction([_operation(write) for write in writes], retry_total=0)
        except AzureError as error:
            raise _fault(error) from error
        return [str(answer.get("etag") or "") for answer in answers]

    async def read(self, table: str, partition: str, row: str) -> Row | None:
        try:
            entity = await self._client(table).get_entity(partition, row)
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise _fault(error) from error
        return _row(entity)

    async def scan(
        self, table: str, partition: str, first: str, last: str, limit: int | None = None
    ) -> AsyncIterator[Row]:
        pages = self._client(table).query_entities(
            "PartitionKey eq @partition and RowKey ge @first and RowKey lt @last",
            parameters={"partition": partition, "first": first, "last": last},
            results_per_page=min(limit or 1000, 1000),
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
            raise _fault(error) from error

    async def create(self, table: str) -> None:
        if table in self._made:
            return
        try:
            await self.service.create_table_if_not_exists(table)
        except AzureError as error:
            raise _fault(error) from error
        self._made.add(table)

    async def drop(self, table: str) -> None:
        self._clients.pop(table, None)
        self._made.discard(table)
        try:
            await self.service.delete_table(table)
        except AzureError as error:
            raise _fault(error) from error

    def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            self._clients[table] = self.service.get_table_client(table)
        return self._clients[table]


async def _write_one(client: TableClient, write: Write) -> str:
    entity: Any = write.entity
    condition: Any = {"etag": write.etag, "match_condition": MatchConditions.IfNotModified}
    match write.verb:
        case Verb.INSERT:
            answer = await client.create_entity(entity, retry_total=0)
        case Verb.UPSERT:
            answer = await client.upsert_entity(entity, mode=UpdateMode.REPLACE, retry_total=0)
        case _:  # a delete goes as a transaction
            answer = await client.update_entity(entity, mode=UpdateMode.REPLACE, **condition, retry_total=0)
    return str(answer.get("etag") or "")


def _operation(write: Write) -> Any:
    condition = {"etag": write.etag, "match_condition": MatchConditions.IfNotModified}
    match write.verb:
        case Verb.INSERT:
            return ("create", write.entity)
        case Verb.UPSERT:
            return ("upsert", write.entity, {"mode": UpdateMode.REPLACE})
        case Verb.REPLACE:
            return ("update", write.entity, {"mode": UpdateMode.REPLACE, **condition})
        case Verb.DELETE:
            return ("delete", write.entity, {} if write.etag == "*" else condition)


def _fault(error: AzureError) -> StorageFault | Unanswered:
    index = error.index if isinstance(error, TableTransactionError) else 0
    # a ServiceRequestError may also be a connection that ended before the answer
    if isinstance(error, ServiceRequestError) and isinstance(error.inner_exception, aiohttp.ClientConnectorError):
        return StorageFault(str(error))
    if not isinstance(error, HttpResponseError) or error.status_code in RESULT_UNKNOWN:
        return Unanswered(str(error))
    code = str(getattr(error, "error_code", "") or "")
    if "TableNotFound" in code or "TableNotFound" in str(error):
        return NoTable(str(error.message))
    if isinstance(error, ResourceExistsError) or error.status_code == 409:
        return Taken(index)
    if error.status_code in (404, 412):
        return Stale(index)
    return StorageFault(f"{error.status_code} {code}")


def _row(entity: Any) -> Row:
    values: Entity = dict(entity)
    return Row(values, str(entity.metadata.get("etag") or ""))
