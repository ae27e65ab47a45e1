"""How long the page's longest task is while 10,000 rows wait and 300 more come each second; and what memory it takes.

The real page in Chromium over a stand-in for the app, both on this machine: whatever else runs here lengthens tasks.
"""

import asyncio
import shutil
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.rows import Row, row
from lab.chaos_feed import page_parts, served

WAITING, PER_SECOND, SECONDS = 10_000, 300, 10
GROUP = 15  # rows of a push
WATCH = """() => {
  window.tasks_seen = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.tasks_seen.push(Math.round(task.duration));
  }).observe({ type: "longtask" });
}"""


def measure() -> list[Row]:
    tasks, slots, heap_mib = asyncio.run(_measure())
    note = f"{WAITING} rows waiting, {PER_SECOND}/s for {SECONDS} s; {len(tasks)} tasks over 50 ms; {slots} lines drawn"
    return [
        row("page_longest_task_ms", [max(tasks, default=0)], "ms", note=f"after load; 0: none over 50 ms; {note}"),
        row("page_heap_mib", [heap_mib], "MiB", note=f"script heap at the end; {note}"),
    ]


async def _measure() -> tuple[list[int], int, float]:
    fake_feed, reading = page_parts()
    feed = fake_feed.FakeFeed()
    feed.rows["w1"] = [_row(fake_feed, number) for number in range(WAITING)]
    async with served(feed) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = await (await browser.new_context()).new_page()
        await page.goto(url)
        await reading.shows_count(page, WAITING)
        await page.evaluate(WATCH)
        await _burst(fake_feed, feed, page)
        await reading.shows_count(page, WAITING + PER_SECOND * SECONDS)
        found: list[int] = await page.evaluate("window.tasks_seen")
        heap = float(await page.evaluate("performance.memory.usedJSHeapSize")) / 1024**2
        slots = await page.locator(".slot").count()
        await browser.close()
    return found, slots, heap


async def _burst(fake_feed: Any, feed: Any, page: Page) -> None:
    """While somebody scrolls."""
    await page.mouse.move(600, 500)
    for step in range(PER_SECOND * SECONDS // GROUP):
        first = WAITING + step * GROUP
        await feed.add([_row(fake_feed, number) for number in range(first, first + GROUP)])
        if step % 10 == 0:
            await page.mouse.wheel(0, 300 if step % 20 else -300)
        await asyncio.sleep(GROUP / PER_SECOND)


def _row(fake_feed: Any, number: int) -> dict[str, Any]:
    made: dict[str, Any] = fake_feed.row(number, noun=("Message", "User", "Event")[number % 3], change="updated")
    return made
