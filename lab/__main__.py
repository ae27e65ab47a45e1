"""`python -m lab [--full]`: every fault experiment, to the screen and into lab/results.json.

Exit code 1 if ours has a violation.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path

from lab import alarms, chaos_feed, crash_points, fuzz, kill9, lost_notifications, ninety_days, security, soak
from lab.simulation import many
from lab.virtual_time import run_virtually

RESULTS = Path(__file__).parent / "results.json"
REAL_TIME = ("kill9", "fuzz", "security", "chaos feed", "soak")  # processes, threads, a browser: virtual time runs out
type Rows = list[dict[str, object]]


def main() -> int:
    logging.getLogger("graph_pulse").setLevel(logging.CRITICAL)
    is_full = "--full" in sys.argv[1:]
    rows: Rows = []
    for name, experiment in _experiments(is_full=is_full).items():
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        found = asyncio.run(experiment()) if name in REAL_TIME else run_virtually(experiment())
        for row in found:
            whose = row.get("baseline_name") or "ours"
            print(f"{row['name']} ({whose}): {row['value']} violations in {row['n']} tried: {row['note']}", flush=True)
        rows += found
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return int(any(row["value"] for row in rows if not row.get("baseline_name")))


def _experiments(*, is_full: bool) -> dict[str, Callable[[], Coroutine[object, object, Rows]]]:
    size, seeds = (10_000, (1, 2, 3)) if is_full else (150, (1,))
    return {
        "crash points": crash_points.run,
        "simulation": lambda: (
            many.rows(seeds=range(1, 1_001), changes=3_000) if is_full else many.rows(seeds=range(1, 9), changes=150)
        ),
        "kill9": lambda: kill9.rows(events=100_000 if is_full else 5_000),
        "alarms": alarms.run,
        "fuzz": lambda: fuzz.rows(tried=1_000_000 if is_full else 100_000),
        "security": security.rows,
        "chaos feed": lambda: chaos_feed.rows(size=12_000 if is_full else 3_000),
        "ninety days": lambda: ninety_days.rows(size=size, seeds=seeds),
        **({"soak": lambda: soak.rows(seconds=3_600)} if is_full else {}),
        "lost notifications": lambda: lost_notifications.rows(changes=20_000 if is_full else 1_000, seeds_=seeds),
    }


if __name__ == "__main__":
    sys.exit(main())
