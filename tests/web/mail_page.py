"""What the tests of mail ask a page."""

import asyncio
from collections.abc import Callable
from typing import Any

from browsing import Site
from fake_mail import some_mail
from playwright.async_api import BrowserContext, Page, expect
from reading_page import is_live

FAR = "#/mail/inbox/"


async def mail_page(
    site: Site, mail: list[dict[str, Any]] | None = None, *, context: BrowserContext | None = None
) -> Page:
    """The inbox, live."""
    site.feed.mailbox.heads = site.feed.mailbox.heads or (some_mail() if mail is None else mail)
    page = await (context or await site.context()).new_page()
    await page.goto(f"{site.url}/#/mail/inbox")
    await is_live(page)
    await expect(page.locator("a.mail-row").first).to_be_visible()
    return page


async def open_first(page: Page) -> None:
    await page.locator("a.mail-row").first.click()
    await expect(page.locator("letter-frame")).to_be_visible()


async def write_reply(page: Page, text: str) -> None:
    await page.keyboard.press("r")
    await page.get_by_role("textbox", name="Text").fill(text)
    await page.get_by_role("button", name="Send").click()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not holds():  # noqa: ASYNC110 - the browser decides
            await asyncio.sleep(0.02)
