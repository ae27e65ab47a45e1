"""Chromium, the stand-in app, and a page that is told on when something goes wrong in it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import uvicorn
from fake_feed import DIST, FakeFeed
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED = ("Failed to load resource", "net::ERR_")  # the browser's own words on refusals that a test wants


@dataclass(slots=True)
class Site:
    """The stand-in app, where it listens, and browser contexts that look at it."""

    feed: FakeFeed
    url: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    async def context(self, **options: object) -> BrowserContext:
        context = await self.browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("console", lambda message: self._note(message))
        context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))
        return context

    async def page(self, path: str = "/", **options: object) -> Page:
        page = await (await self.context(**options)).new_page()
        await page.goto(self.url + path)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED) and "net::" not in message.text:
            self.complaints.append(message.text)


def _needed(what: str, found: object) -> None:
    if not found and os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    if not found:
        pytest.skip(f"{what} is missing")


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    chromium = shutil.which("chromium")
    _needed("chromium", chromium)
    _needed("web/dist: `npm run build` makes it", (DIST / "index.html").is_file())
    feed = FakeFeed()
    server = uvicorn.Server(
        uvicorn.Config(feed.app(), port=0, log_level="critical", lifespan="off", ws="websockets-sansio")
    )
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        made = Site(feed, f"http://localhost:{port}", browser)
        yield made
        await browser.close()
    server.should_exit = True
    server.force_exit = True
    await serving
    assert made.complaints == []


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - uvicorn tells by a flag
        await asyncio.sleep(0.01)
