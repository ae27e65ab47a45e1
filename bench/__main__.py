"""`python -m bench [--full]`: every figure beside its baseline, to the screen and into bench/results.json."""

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import decide, feed_latency, ingest, loads, page_burst, renewals, starts, through_host

RESULTS = Path(__file__).parent / "results.json"
PARTS: dict[str, Callable[[], Iterable[dict[str, object]]]] = {
    "ingest (Azurite)": ingest.measure,
    "ingest through the host (Azurite)": through_host.measure,
    "one, twice, mixed (Azurite)": loads.measure,
    "decide (one core)": decide.measure,
    "starts (host)": starts.measure,
    "feed latency (demo, Chromium)": feed_latency.measure,
    "page under a burst (Chromium)": page_burst.measure,
    "renewals (simulated time)": renewals.measure,
}


def main() -> int:
    rows: list[dict[str, object]] = []
    full = {"renewals (simulated time)": lambda: renewals.measure(renewals.FULL)} if "--full" in sys.argv[1:] else {}
    for name, measure in (PARTS | full).items():
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        for row in measure():
            rows.append(row)
            print(_line(row), flush=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def _line(row: dict[str, object]) -> str:
    size = f" N={row['size']}" if row["size"] else ""
    beside = f"  {row['ratio']} x {row['baseline_name']} ({row['baseline']})" if row["baseline_name"] else ""
    return f"{row['name']}{size}: {row['value']} {row['unit']}{beside}  {row['note']}"


if __name__ == "__main__":
    sys.exit(main())
