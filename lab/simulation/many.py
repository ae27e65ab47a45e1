"""Many seeds, a process for each core. All have the same hash seed, so that a seed repeats exactly anywhere."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LINE = 1 << 20
type Found = dict[str, Any]


async def rows(*, seeds: Sequence[int], changes: int, processes: int | None = None) -> list[dict[str, object]]:
    found = [one async for one in found_of(seeds, changes=changes, processes=processes)]
    wrong = sum((Counter(one["violations"]) for one in found), Counter[str]())
    failed = {one["seed"]: one["violations"] for one in found if one["violations"]}
    counts = {name: sum(one[name] for one in found) for name in ("events", "deliveries", "deaths")}
    note = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    failures = f"; {dict(wrong)} in seeds {failed}" if failed else ""
    return [
        {
            "name": "simulation",
            "value": wrong.total(),
            "unit": "violations",
            "size": changes,
            "n": counts["deliveries"],
            "seed": f"{min(seeds)}-{max(seeds)}",
            "note": f"{len(found)} seeds of {changes} changes: {note}{failures}",
        }
    ]


async def found_of(seeds: Sequence[int], *, changes: int, processes: int | None = None) -> AsyncIterator[Found]:
    """What each seed gave, as they come to their end. Raises RuntimeError when a process fails."""
    count = min(processes or os.cpu_count() or 1, len(seeds))
    came: asyncio.Queue[Found] = asyncio.Queue()
    works = [_work(seeds[number::count], changes, came) for number in range(count)]
    working: asyncio.Future[Any] = asyncio.gather(*works)
    for _ in seeds:
        getting: asyncio.Future[Any] = asyncio.ensure_future(came.get())
        await asyncio.wait([getting, working], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        yield await getting
    await working


async def _work(seeds: Sequence[int], changes: int, came: "asyncio.Queue[Found]") -> None:
    names = ",".join(map(str, seeds))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lab.simulation", "--work", names, "--changes", str(changes)),
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=asyncio.subprocess.PIPE,
        limit=LINE,
    )
    try:
        assert process.stdout
        async for line in process.stdout:
            came.put_nowait(json.loads(line))
        if await process.wait():
            raise RuntimeError(f"the process of seeds {names[:40]} ended with {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
