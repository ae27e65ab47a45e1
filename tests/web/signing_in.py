"""People of a demo in browsers of their own."""

from playwright.async_api import Browser, Page, expect

from pulse.demo.stage import Stage
from pulse.json_client import JsonClient


async def signed_in(browser: Browser, stage: Stage, name: str) -> Page:
    """A browser of one's own, in which the feed is live: the hub has answered."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(stage.demo.addresses["app"])
    await page.get_by_role("link", name="Sign in").or_(page.get_by_role("button", name="Sign in")).first.click()
    await page.get_by_role("button", name=name).click()
    await expect(page.locator(".pill")).to_have_text("Live", timeout=30_000)
    return page


async def trigger(stage: Stage, user: str, *, count: int) -> None:
    async with JsonClient(stage.demo.addresses["control"], what="the twin") as twin:
        await twin.post("/trigger", {"type": "message.created", "user": user, "count": count})


async def turn(stage: Stage, **switches: object) -> None:
    async with JsonClient(stage.demo.addresses["control"], what="the twin") as twin:
        await twin.put("/switches", switches)
