"""The stand-in app, the whole demo, and one browser that looks at them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from browsing import ARGS, CHROMIUM, Site, needed
from fake_feed import DIST, FakeFeed
from free_ports import free_base
from playwright.async_api import Browser, async_playwright, expect

from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import Stage, staged
from twin.azurite.launch import SCRIPT

HERE = Path(__file__).parent
expect.set_options(timeout=15_000)  # as for acts: a busy machine is no fault of the page


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """One loop for all tests of this folder: the browser is started once, and belongs to its loop."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    needed("chromium", CHROMIUM)
    needed("web/dist: `npm run build` makes it", (DIST / "index.html").is_file())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(browser: Browser) -> AsyncIterator[Site]:
    feed = FakeFeed()
    async with _served(feed) as url:
        made = Site(feed, url, browser)
        yield made
        await close_all(browser)
    assert made.complaints == []


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One for all tests of a module: bringing it up takes longer than each of them."""
    needed("Azurite: `make setup`", SCRIPT.is_file())
    async with staged(tmp_path_factory.mktemp("demo"), port_base=free_base(), seed=7) as stage:
        await subscribe_and_link(stage)
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(demo: Stage, browser: Browser) -> AsyncIterator[Stage]:
    yield demo
    await close_all(browser)


async def close_all(browser: Browser) -> None:
    for context in list(browser.contexts):
        await context.close()


@asynccontextmanager
async def _served(feed: FakeFeed) -> AsyncIterator[str]:
    config = uvicorn.Config(feed.app(), port=0, log_level="critical", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await _until(lambda: server.started)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    server.force_exit = True
    await serving


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - uvicorn tells by a flag
        await asyncio.sleep(0.01)
