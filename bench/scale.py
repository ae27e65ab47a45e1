"""`python -m bench.scale`: the sums of docs/scale.md, from bench/results.json and from rows counted here in memory.

Bytes are what Table Storage bills for an entity: 4, both keys in UTF-16, and for each property 8, its name in UTF-16
and its value (learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model).
"""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from bench.__main__ import RESULTS
from bench.ingest import app_over, signed_events
from lab.simulated import make_fleet
from lab.virtual_time import run_virtually
from shared.adapters.memory import MemoryTables

EVENTS, FLEET = 500, 200
TOPIC_PER_S, SUBSCRIPTIONS, GRAPH_WRITES_PER_S = 5_000, 1_000_000, 25
PARTITION_PER_S, ACCOUNT_PER_S = 2_000, 20_000  # rows, transactions: Table Storage's targets
LIFE_S = 4_230 * 60
type Facts = Mapping[str, float]


def main() -> int:
    if not RESULTS.is_file():
        print("bench/results.json is missing: run `make bench` first", file=sys.stderr)
        return 1
    logging.disable(logging.WARNING)
    bench = {row["name"]: row["value"] for row in json.loads(RESULTS.read_text(encoding="utf-8"))}
    largest = max(row["size"] for row in json.loads(RESULTS.read_text(encoding="utf-8")) if row["size"])
    counted = asyncio.run(event_rows()) | run_virtually(subscription_rows())
    for name, value in counted.items():
        print(f"counted     {name}: {value:,.2f}")
    for name, value in sums(bench, counted, largest):
        print(f"arithmetic  {name}: {value:,.1f}")
    return 0


async def event_rows() -> dict[str, float]:
    """Rows and bytes that an event of mail leaves, of so many that come at once."""
    tables = MemoryTables()
    app = app_over(tables)
    await asyncio.gather(*map(app.receive, signed_events(EVENTS, 0)))
    rows = [row.entity for name, table in tables.tables.items() if name.startswith("log") for row in table.values()]
    return {"rows an event": len(rows) / EVENTS, "bytes an event": sum(map(_bytes, rows)) / EVENTS}


async def subscription_rows() -> dict[str, float]:
    """Rows and bytes of a subscription that lives and was read once, and what making it asked of Graph."""
    fleet = make_fleet(FLEET, seed=1)
    for _ in range(12):  # what one tick has no time for, the next does
        await fleet.app.keep_alive.tick()
        await fleet.clock.sleep(timedelta(minutes=5).total_seconds())
    found = {name: [row.entity for row in table.values()] for name, table in fleet.tables.tables.items()}
    return {
        f"{what} a subscription, table {name}": total / FLEET
        for name in ("subscriptions", "delta")
        for what, total in (("rows", len(found[name])), ("bytes", sum(map(_bytes, found[name]))))
    } | {"calls of Graph to make a subscription and set its marks": sum(fleet.graph.calls.values()) / FLEET}


def sums(bench: Facts, counted: Facts, largest: int) -> Iterator[tuple[str, float]]:
    """`bench` by name, where there are several sizes the value of the largest."""
    rows_per_s = TOPIC_PER_S * counted["rows an event"]
    yield "5,000 events/s: storage transactions/s", TOPIC_PER_S * bench["transactions_per_event"]
    yield "with 30 % known to another instance", TOPIC_PER_S * bench["mixed_batch_storage_ops"]
    yield "rows/s", rows_per_s
    yield "events/s at which one partition is full", PARTITION_PER_S / counted["rows an event"]
    yield "lanes for 5,000 events/s", rows_per_s / PARTITION_PER_S
    yield "events/s at which transactions fill the account", ACCOUNT_PER_S / bench["mixed_batch_storage_ops"]
    yield "instances at the measured rate", TOPIC_PER_S / bench["ingest_through_runtime_per_s"]
    yield "POSTs/s in batches of 50", TOPIC_PER_S / 50
    yield "GiB of journal a day", TOPIC_PER_S * counted["bytes an event"] * 86_400 / 2**30
    calls = SUBSCRIPTIONS * bench["renew_http_calls"] / largest
    yield "1,000,000 subscriptions: calls of Graph a lifetime", calls
    yield "renewals/s, of 25 allowed", SUBSCRIPTIONS / 0.75 / LIFE_S
    yield "rows read/s by renewing", SUBSCRIPTIONS * bench["renew_rows_read"] / largest / LIFE_S
    yield "pages of 100 in a LIST", SUBSCRIPTIONS / 100
    yield "hours of a LIST, at 0.8 s a page", SUBSCRIPTIONS / 100 * 0.8 / 3_600
    yield "hours until all live again, at 25 writes/s", SUBSCRIPTIONS / GRAPH_WRITES_PER_S / 3_600
    for table in ("subscriptions", "delta"):
        yield f"GiB in table {table}", SUBSCRIPTIONS * counted[f"bytes a subscription, table {table}"] / 2**30


def _bytes(entity: Mapping[str, Any]) -> int:
    keys = len(entity["PartitionKey"]) + len(entity["RowKey"])
    properties = {name: value for name, value in entity.items() if name not in ("PartitionKey", "RowKey")}
    return 4 + 2 * keys + sum(8 + 2 * len(name) + _value_bytes(value) for name, value in properties.items())


def _value_bytes(value: object) -> int:
    """A text is UTF-16 with its length before it; numbers here are integers of 32 or 64 bits."""
    return 2 * len(value) + 4 if isinstance(value, str) else 1 if isinstance(value, bool) else 8


if __name__ == "__main__":
    sys.exit(main())
