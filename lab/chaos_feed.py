"""The feed on screen in a real Chromium while pushes are lost, sockets cut and the tab closed half way and reopened.

A violation is a row that is missing, repeated or out of its writer's order on the device.
"""

import asyncio
import random
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
LOSS, CUTS = 0.03, 0.03  # of groups: whose push is lost, after which every socket is cut
WRITERS = ("w1", "w2", "w3")
GROUP = 10


async def rows(*, size: int = 3_000, seed: int = 7) -> list[dict[str, object]]:
    """Skipped, and said so, where there is no Chromium or the page is not built."""
    fake_feed, _ = page_parts()
    if not (shutil.which("chromium") and (fake_feed.DIST / "index.html").is_file()):
        return [_row(0, 0, seed, "skipped: Chromium or the built page is missing")]
    feed = fake_feed.FakeFeed(push_loss=LOSS, seed=seed)
    stored, cuts = await _watched(feed, size=size, chance=random.Random(seed))
    missing, repeated, astray = _violations(feed.rows, stored)
    note = f"{missing} missing, {repeated} repeated, {astray} out of order; {LOSS:.0%} of pushes lost, {cuts} cuts"
    return [_row(missing + repeated + astray, size, seed, note)]


def page_parts() -> tuple[ModuleType, ModuleType]:
    """The stand-in app of the page's own tests, and how they read a page."""
    sys.path[:0] = [str(TESTS), str(TESTS / "web")]
    return import_module("fake_feed"), import_module("reading_page")


async def _watched(feed: Any, *, size: int, chance: random.Random) -> tuple[list[dict[str, Any]], int]:
    """What the device holds in the end, in the order of arrival."""
    from playwright.async_api import async_playwright, expect

    reading = page_parts()[1]
    async with served(feed) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = await browser.new_context()
        expect.set_options(timeout=60_000)
        page = await context.new_page()
        await page.goto(url)
        await reading.is_live(page)
        cuts = await _write(feed, range(size // 2), chance)
        await page.close()
        cuts += await _write(feed, range(size // 2, size * 2 // 3), chance)
        page = await context.new_page()
        await page.goto(url)
        cuts += await _write(feed, range(size * 2 // 3, size), chance)
        await feed.news(0)
        await reading.shows_count(page, size)
        found = await reading.stored_rows(page)
        await browser.close()
    return found, cuts


async def _write(feed: Any, numbers: range, chance: random.Random) -> int:
    row, cuts = page_parts()[0].row, 0
    for first in range(numbers.start, numbers.stop, GROUP):
        writer = chance.choice(WRITERS)
        group = [row(number, noun="User", change="updated", version=writer) for number in range(first, first + GROUP)]
        await feed.add(group, writer=writer)
        if chance.random() < CUTS:
            cuts += 1
            await feed.cut_sockets()
        await asyncio.sleep(0.02)
    return cuts


def _violations(written: dict[str, list[dict[str, Any]]], stored: list[dict[str, Any]]) -> tuple[int, int, int]:
    ids = [str(one["id"]) for one in stored]
    there = set(ids)
    missing = sum(one["id"] not in there for rows_ in written.values() for one in rows_)
    astray = 0
    for writer, rows_ in written.items():
        place = {one["id"]: number for number, one in enumerate(rows_)}
        seen = [place[one["id"]] for one in stored if one["version"] == writer]
        astray += sum(later < earlier for earlier, later in pairwise(seen))
    return missing, len(ids) - len(there), astray


@asynccontextmanager
async def served(feed: Any) -> AsyncIterator[str]:
    """The stand-in app, on a port of its own."""
    import uvicorn

    config = uvicorn.Config(feed.app(), port=0, log_level="critical", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag
        await asyncio.sleep(0.01)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await serving


def _row(value: int, tried: int, seed: int, note: str) -> dict[str, object]:
    return {
        "name": "chaos_feed",
        "value": value,
        "unit": "rows missing, repeated or out of order",
        "size": tried,
        "baseline_name": None,
        "baseline": None,
        "ratio": None,
        "n": tried,
        "seed": str(seed),
        "note": note,
    }
