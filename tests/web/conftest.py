"""The stand-in app and a browser that looks at it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvicorn
from browsing import ARGS, CHROMIUM, Site, needed
from fake_feed import DIST, FakeFeed
from playwright.async_api import async_playwright


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    needed("chromium", CHROMIUM)
    needed("web/dist: `npm run build` makes it", (DIST / "index.html").is_file())
    feed = FakeFeed()
    server = uvicorn.Server(
        uvicorn.Config(feed.app(), port=0, log_level="critical", lifespan="off", ws="websockets-sansio")
    )
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
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
