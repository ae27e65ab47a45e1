"""Storage without an app: rows committed in full groups, by the SDK's own submit_transaction and by our adapter.

Groups are made beforehand and go one after the other: all that a lane could do if it had nothing else to.
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from azure.data.tables.aio import TableServiceClient

from lab.crash_points import SPEC
from shared.adapters.storage.tables import AzureTables
from shared.domain.events.client_state import Proof
from shared.domain.events.notifications import Reading, read
from shared.domain.journal.log_layout import GROUP, entry_of
from shared.flows.journal.rows import entry_writes, keys
from shared.ports import Verb, Write

type Commit = Callable[[str, Sequence[Write]], Awaitable[object]]  # table, rows


def by_sdk(service: TableServiceClient) -> Commit:
    """As its documentation shows it."""

    async def commit(table: str, writes: Sequence[Write]) -> object:
        told = [("create" if write.verb is Verb.INSERT else "upsert", dict(write.entity)) for write in writes]
        return await service.get_table_client(table).submit_transaction(told)

    return commit


async def bare_round(commit: Commit, tables: AzureTables, texts: Sequence[str]) -> float:
    """Seconds."""
    table = f"bare{uuid.uuid4().hex}"
    await tables.create(table)
    groups = [group_of(texts[start : start + GROUP]) for start in range(0, len(texts), GROUP)]
    started = time.perf_counter()
    for group in groups:
        await commit(table, group)
    return time.perf_counter() - started


def group_of(texts: Sequence[str]) -> list[Write]:
    """What the app writes for these events."""
    now, writer = datetime.now(UTC), uuid.uuid4().hex[:12]
    writes = [Write(Verb.UPSERT, {**keys("00", f"w|{writer}"), "seq": 1, "at": now})]
    for index, text in enumerate(texts):
        reading = read(text)[0]
        assert isinstance(reading, Reading)
        entry = entry_of(reading.notification, Proof(1, SPEC.entry, SPEC.subject), now=now)
        body = {"body": reading.notification.body, "blob": ""}
        writes += entry_writes(entry, body, lane="00", writer=writer, seq=1, index=index, now=now)
    return writes
