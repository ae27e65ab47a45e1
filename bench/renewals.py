"""What keeping N subscriptions alive costs, and how long it takes to make them all anew: simulated time, shipped code.

Baselines: the fewest HTTP calls there can be (batches of 20, each subscription renewed when 75 % of its life is over),
one call for each renewal, and Graph's own limit of 25 writes a second.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from lab.simulated import Fleet, make_fleet
from lab.virtual_time import START, run_virtually

SIZES = (100, 1_000, 10_000)
FULL = (*SIZES, 100_000)
LIFE = timedelta(minutes=4_000)
SETTLED = 2  # lifetimes before counting
COUNTED = 6
COUNTED_OF_MANY = 2  # of 100,000: each takes minutes
TICK = timedelta(minutes=5)
ATOM = "a batch of 20 is the least that goes out"

type Row = dict[str, object]


def measure(sizes: tuple[int, ...] = SIZES) -> Iterator[Row]:
    logging.getLogger("graph_pulse").setLevel(logging.CRITICAL)
    for size in sizes:
        yield from run_virtually(_renewals(size))
        yield run_virtually(_recovery(size))


async def _renewals(size: int) -> list[Row]:
    fleet = make_fleet(size, seed=1, lifetime=LIFE)
    await fleet.app.keep_alive.tick()
    await _ticks(fleet, START + SETTLED * LIFE)
    before = fleet.graph.calls["renew"], fleet.graph.writes, fleet.tables.rows_read
    counted = COUNTED if size < FULL[-1] else COUNTED_OF_MANY
    bursts = await _ticks(fleet, START + (SETTLED + counted) * LIFE)
    after = fleet.graph.calls["renew"], fleet.graph.writes, fleet.tables.rows_read
    calls, renewals, read = ((one - other) / counted for one, other in zip(after, before, strict=True))
    mean = renewals / (LIFE / TICK)
    return [
        _row("renew_http_calls", calls, "calls per lifetime", size, "bound", size / 20 / 0.75),
        _row("renew_http_calls", calls, "calls per lifetime", size, "one_by_one", renewals),
        _row("renew_rows_read", read, "rows per lifetime", size, "renewals", renewals),
        _row("renew_burst", max(bursts), "renewals in a tick", size, "mean_tick", mean) | {"note": ATOM},
    ]


async def _recovery(size: int) -> Row:
    """Graph forgets every subscription at once; the next reconcile finds out."""
    fleet = make_fleet(size, seed=1)
    await fleet.app.keep_alive.tick()
    for row in fleet.graph.twin.subscriptions.live():
        fleet.graph.twin.subscriptions.remove(row.id)
    started = fleet.clock.now()
    await fleet.app.keep_alive.reconcile()
    await fleet.app.keep_alive.work()
    seconds = (fleet.clock.now() - started).total_seconds()
    live = len(fleet.graph.twin.subscriptions.live())
    states = {one.state.value for one in (await fleet.app.fleet.all()).values()}
    note = f"{live} live again, states {sorted(states)}, {fleet.graph.throttled} answers of 429"
    return _row("recovery_seconds", seconds, "s simulated", size, "bound", size / 25) | {"note": note}


async def _ticks(fleet: Fleet, end: object) -> list[int]:
    """Tick until `end`; how many were renewed in each."""
    counts: list[int] = []
    while fleet.clock.now() < end:  # type: ignore[operator]
        before = fleet.graph.writes
        await fleet.app.keep_alive.work()
        counts.append(fleet.graph.writes - before)
        await fleet.clock.sleep(TICK.total_seconds())
    return counts


def _row(name: str, value: float, unit: str, size: int, baseline_name: str, baseline: float) -> Row:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "size": size,
        "baseline_name": baseline_name,
        "baseline": round(baseline, 2),
        "ratio": round(value / baseline, 3),
        "n": 1,
        "seed": "1",
        "note": "",
    }
