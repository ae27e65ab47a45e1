"""Chromium, and browser contexts that tell when something goes wrong in a page."""

import os
import shutil
from dataclasses import dataclass, field

import pytest
from fake_feed import FakeFeed
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium")
EXPECTED = (  # the browser's own words on refusals that a test wants
    "Failed to load resource",
    "net::ERR_",
    "Blocked script execution in 'about:srcdoc'",  # a message's frame runs none, the driver's neither
)


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


def needed(what: str, found: object) -> None:
    if not found and os.environ.get("CI"):
        pytest.fail(f"{what} is missing")
    if not found:
        pytest.skip(f"{what} is missing")
