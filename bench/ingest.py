"""Taking events in, beside bare loops that only commit full groups of the same rows, and beside two naive handlers.

All on one Azurite of this run, in alternating rounds, each in tables of its own; the middle one of the rounds counts.
"""

import asyncio
import logging
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from azure.data.tables.aio import TableClient, TableServiceClient

from bench.bare import bare_round, by_sdk
from bench.naive import Claimed, ReadAndWrite
from lab.crash_points import SPEC
from lab.simulated import SETTINGS, TENANT, TOPIC, the_ring
from shared.adapters.clock import SystemClock
from shared.adapters.memory import MemoryBlobs, MemoryQueues
from shared.adapters.signalr import NoPush
from shared.adapters.storage.tables import AzureTables
from shared.composition import App, join
from shared.domain.events.client_state import mint
from shared.domain.watching.watch import Watch
from twin.addresses import Addresses
from twin.azurite.launch import connection_string, start_azurite

EVENTS = 3_000
AT_ONCE = 64
ROUNDS = 5
BASE = 23_400

type Row = dict[str, object]
type Round = Callable[[AzureTables, int, int], Awaitable[float]]  # tables, events, number of the round


def measure(rounds: int = ROUNDS, events: int = EVENTS) -> list[Row]:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        addresses = Addresses(BASE)
        azurite = start_azurite(addresses, Path(folder), None, None, oauth=False)
        try:
            return asyncio.run(_measure(connection_string(addresses), rounds, events))
        finally:
            azurite.stop()


async def _measure(storage: str, rounds: int, events: int) -> list[Row]:
    kinds: dict[str, Round] = {
        "ours": _ours,
        "bare_group_commit": _by_sdk,
        "bare_own_batch": _by_adapter,
        "naive": _naive,
        "naive_claimed": _claimed,
    }
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    async with TableServiceClient.from_connection_string(storage) as service:
        tables = AzureTables(service)
        for number in range(rounds):
            for name, kind in kinds.items():
                rates[name].append(events / await kind(tables, events, number))
        counted = await _transactions(tables, events, rounds)
    ours = statistics.median(rates["ours"])
    rows = [
        _row("ingest_events_per_s", ours, "events/s", name, statistics.median(rates[name]), rounds)
        for name in kinds
        if name != "ours"
    ]
    return [*rows, _row("transactions_per_event", counted / events, "transactions", None, None, 1)]


async def _ours(tables: AzureTables, events: int, number: int) -> float:
    app, texts = app_over(tables), signed_events(events, number)
    await app.receive(texts.pop())  # the day's table is opened once a day, not once a round
    return await timed(app.receive, texts)


async def _naive(tables: AzureTables, events: int, number: int) -> float:
    return await _peer(ReadAndWrite(_fresh(tables)), events)


async def _claimed(tables: AzureTables, events: int, number: int) -> float:
    return await _peer(Claimed(_fresh(tables)), events)


def _fresh(tables: AzureTables) -> TableClient:
    return tables.service.get_table_client(f"naive{uuid.uuid4().hex}")


async def _peer(peer: ReadAndWrite, events: int) -> float:
    await peer.open()
    return await timed(peer.receive, [str(uuid.uuid4()) for _ in range(events)])


async def _by_sdk(tables: AzureTables, events: int, number: int) -> float:
    return await bare_round(by_sdk(tables.service), tables, signed_events(events, number))


async def _by_adapter(tables: AzureTables, events: int, number: int) -> float:
    return await bare_round(tables.submit, tables, signed_events(events, number))


async def timed(receive: Callable[[str], Awaitable[object]], texts: list[str]) -> float:
    left = iter(texts)

    async def deliver() -> None:
        for text in left:
            await receive(text)

    started = time.perf_counter()
    await asyncio.gather(*(deliver() for _ in range(AT_ONCE)))
    return time.perf_counter() - started


async def _transactions(tables: AzureTables, events: int, number: int) -> int:
    counting = Counting(tables)
    await timed(app_over(counting).receive, signed_events(events, number))
    return counting.count


class Counting:
    """Every way to storage is a transaction."""

    def __init__(self, inner: AzureTables) -> None:
        self._inner, self.count = inner, 0

    def __getattr__(self, name: str) -> object:
        self.count += name in ("submit", "read", "scan", "create", "drop")
        return getattr(self._inner, name)


def app_over(tables: object) -> App:
    watch = Watch(TOPIC, {SPEC.key: SPEC})
    app = join(
        SETTINGS,
        watch,
        tables=tables,  # type: ignore[arg-type]
        blobs=MemoryBlobs(),
        graph=None,  # type: ignore[arg-type]
        clock=SystemClock(),
        push=NoPush(),
        queues=MemoryQueues(),
    )
    app.receive.on_arrival = _nothing
    return app


async def _nothing() -> None:
    """The timer is not late."""


def signed_events(count: int, day: int) -> list[str]:
    """Of so many days ago: each round has a day's table of its own."""
    state = mint(the_ring(), tenant_id=TENANT, entry=SPEC.entry, subject=SPEC.subject)
    time = datetime.now(UTC) - timedelta(days=day)
    return [_event(state, time) for _ in range(count)]


def _event(state: str, at: datetime) -> str:
    user = uuid.uuid4()
    return (
        f'{{"id":"{uuid.uuid4()}","source":"/tenants/{TENANT}/applications/a","type":"Microsoft.Graph.UserUpdated",'
        f'"specversion":"1.0","time":"{at.isoformat()}","subject":"Users/{user}",'
        f'"data":{{"changeType":"updated","clientState":"{state}","resource":"Users/{user}","tenantId":"{TENANT}",'
        f'"subscriptionId":"{uuid.uuid4()}","resourceData":{{"@odata.type":"#Microsoft.Graph.User","id":"{user}",'
        f'"sequenceNumber":{time.perf_counter_ns()}}}}}}}'
    )


def _row(name: str, value: float, unit: str, baseline_name: str | None, baseline: float | None, rounds: int) -> Row:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "size": None,
        "baseline_name": baseline_name,
        "baseline": round(baseline, 3) if baseline else None,
        "ratio": round(value / baseline, 3) if baseline else None,
        "n": rounds,
        "seed": None,
        "note": f"{AT_ONCE} at a time",
    }
