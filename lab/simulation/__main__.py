"""`python -m lab.simulation [--seeds 1-1000] [--changes 3000]`, or `--seed 7` to repeat one.

Prints each seed with what it found; exit code 1 when a seed had a violation. A seed that fails is kept in
tests/lab/seeds.json.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence

from lab.simulation.many import Found, found_of
from lab.simulation.run import run


def main() -> int:
    options = _options()
    logging.disable(logging.CRITICAL)
    if options.work:
        return _work([int(seed) for seed in options.work.split(",")], options.changes)
    first, _, last = (options.seed or options.seeds).partition("-")
    seeds = range(int(first), int(last or first) + 1)
    return asyncio.run(_show(seeds, options.changes, options.processes))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.simulation", description=__doc__)
    parser.add_argument("--seeds", default="1-1000", metavar="FIRST-LAST")
    parser.add_argument("--seed", metavar="N")
    parser.add_argument("--changes", type=int, default=3_000, help="of the tenant, in each seed")
    parser.add_argument("--processes", type=int, help="as many as there are cores, if unsaid")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args()


def _work(seeds: Sequence[int], changes: int) -> int:
    for seed in seeds:
        print(json.dumps(run(seed, changes=changes).as_json()), flush=True)
    return 0


async def _show(seeds: Sequence[int], changes: int, processes: int | None) -> int:
    started, total, failed = time.monotonic(), Counter[str](), 0
    async for found in found_of(seeds, changes=changes, processes=processes):
        total.update({name: found[name] for name in ("deliveries", "events", "deaths")})
        failed += bool(found["violations"])
        print(_line(found), flush=True)
    print(f"{len(seeds)} seeds, {dict(total)}: {failed} failed; {time.monotonic() - started:.0f} s", flush=True)
    return int(bool(failed))


def _line(found: Found) -> str:
    what = f"VIOLATIONS {found['violations']}" if found["violations"] else "well"
    counts = f"{found['deliveries']} deliveries of {found['events']} events, {found['deaths']} deaths"
    return f"seed {found['seed']}: {what}; {counts}; {found['digest'][:16]}"


if __name__ == "__main__":
    sys.exit(main())
