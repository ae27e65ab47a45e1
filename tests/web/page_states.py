"""Each state that the page can be in, and how a test brings it there."""

from collections.abc import Awaitable, Callable

from browsing import Site
from fake_feed import row
from mail_page import mail_page, open_first, write_reply
from playwright.async_api import BrowserContext, Page, expect
from reading_page import is_live

type State = Callable[[Site, BrowserContext], Awaitable[Page]]


async def feed(site: Site, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto(site.url)
    await is_live(page)
    await expect(page.locator("long-list .row").first).to_be_visible()
    return page


async def open_burst(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.locator("button.run").first.click()
    return page


async def event(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.locator("a.row").nth(1).click()
    await expect(page.locator(".pane dl")).to_be_visible()
    return page


async def cloud_event(site: Site, context: BrowserContext) -> Page:
    page = await _tab(site, context, "CloudEvent")
    await expect(page.locator("pre")).to_be_visible()
    return page


async def path(site: Site, context: BrowserContext) -> Page:
    return await _tab(site, context, "Path")


async def history(site: Site, context: BrowserContext) -> Page:
    return await _tab(site, context, "History")


async def missing_event(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.goto(f"{site.url}/#/event/20200101.00.none")
    await expect(page.locator(".pane .fault")).to_be_visible()
    return page


async def paused(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.keyboard.press("p")
    await site.feed.add([row(70_000 + site.feed.count + number) for number in range(7)])
    await expect(page.get_by_role("button", name="Go on · 7 new")).to_be_visible()
    return page


async def no_match(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.locator("#search").fill("type:nothing")
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    return page


async def offline(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await context.set_offline(True)
    await expect(page.locator(".pill")).to_have_text("Offline")
    return page


async def caught_up(site: Site, context: BrowserContext) -> Page:
    page = await offline(site, context)
    number = 80_000 + site.feed.count
    site.feed.rows["w1"] += [row(number + n, noun="User" if n % 2 else "Message", change="updated") for n in range(12)]
    await context.set_offline(False)
    await expect(page.locator(".mark")).to_contain_text("12 recovered")
    await is_live(page)
    return page


async def gap(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    site.feed.is_trimmed = True
    await site.feed.news(1)
    await expect(page.locator(".banner")).to_contain_text("no longer in the journal")
    site.feed.is_trimmed = False
    await page.reload()
    await is_live(page)
    return page


async def without_push(site: Site, context: BrowserContext) -> Page:
    site.feed.has_push = False
    page = await context.new_page()
    await page.goto(site.url)
    await expect(page.locator(".pill")).to_have_text("No push · asking every 15 s")
    site.feed.has_push = True
    return page


async def quarantine(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.goto(f"{site.url}/#/quarantine")
    await expect(page.locator(".plain-list .row").first).to_be_visible()
    return page


async def rejection(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.goto(f"{site.url}/#/quarantine/{site.feed.rejections[0]['id']}")
    await expect(page.locator("pre")).to_be_visible()
    return page


async def views(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.goto(f"{site.url}/#/health")
    return page


async def keys(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.keyboard.press("?")
    await expect(page.locator("dialog")).to_be_visible()
    return page


async def for_readers(site: Site, context: BrowserContext) -> Page:
    site.feed.is_operator = False
    page = await feed(site, context)
    await expect(page.locator(".cards")).to_have_count(0)
    site.feed.is_operator = True
    return page


async def empty(site: Site, context: BrowserContext) -> Page:
    kept, site.feed.rows = site.feed.rows, {}
    page = await _blank(site, context, "Listening. Nothing yet.")
    await is_live(page)
    site.feed.rows = kept
    return page


async def error(site: Site, context: BrowserContext) -> Page:
    site.feed.fault = 500
    page = await _blank(site, context, "No answer from the app")
    site.feed.fault = 0
    return page


async def loading(site: Site, context: BrowserContext) -> Page:
    site.feed.delay_s = 20.0  # longer than axe takes
    page = await context.new_page()
    await page.goto(site.url)
    await expect(page.locator(".skeleton").first).to_be_visible()
    site.feed.delay_s = 0.0
    return page


async def signed_out(site: Site, context: BrowserContext) -> Page:
    user, site.feed.user = site.feed.user, ""
    page = await context.new_page()
    await page.goto(site.url)
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    site.feed.user = user
    return page


async def inbox(site: Site, context: BrowserContext) -> Page:
    return await mail_page(site, context=context)


async def message(site: Site, context: BrowserContext) -> Page:
    page = await mail_page(site, context=context)
    await open_first(page)
    await expect(page.frame_locator("letter-frame iframe").locator("p").first).to_be_visible()
    return page


async def replying(site: Site, context: BrowserContext) -> Page:
    page = await message(site, context)
    await page.keyboard.press("r")
    await page.get_by_role("textbox", name="Text").fill("Yes, row 14 is right. Thank you for checking.")
    return page


async def undo_send(site: Site, context: BrowserContext) -> Page:
    page = await replying(site, context)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".toast")).to_contain_text("Undo send")
    return page


async def outbox(site: Site, context: BrowserContext) -> Page:
    site.feed.mailbox.refusals = [(400, "ErrorInvalidRecipients")]
    page = await message(site, context)
    await page.clock.install()
    await write_reply(page, "Yes, row 14 is right.")
    await page.clock.fast_forward(11_000)
    await page.goto(f"{site.url}/#/outbox")
    await expect(page.locator(".outbox-row .state").first).to_contain_text("failed")
    await page.keyboard.press("c")
    await page.get_by_role("textbox", name="To").fill("megan@contoso.example")
    await page.get_by_role("textbox", name="Subject").fill("Lunch on Friday?")
    await page.get_by_role("textbox", name="Text").fill("At noon, at the usual place.")
    await context.set_offline(True)
    await page.get_by_role("button", name="Send").click()
    await page.goto(f"{site.url}/#/outbox")
    return page


async def new_message(site: Site, context: BrowserContext) -> Page:
    page = await mail_page(site, context=context)
    await page.keyboard.press("c")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    return page


async def mail_offline(site: Site, context: BrowserContext) -> Page:
    page = await message(site, context)
    await context.set_offline(True)
    await expect(page.locator(".pill")).to_have_text("Offline")
    return page


async def dead_letters(site: Site, context: BrowserContext) -> Page:
    page = await feed(site, context)
    await page.goto(f"{site.url}/#/dead-letters/{site.feed.operators.letters[0]['id']}")
    await expect(page.locator("pre")).to_be_visible()
    return page


STATES: tuple[State, ...] = (
    inbox, message, replying, undo_send, new_message, mail_offline, dead_letters, outbox,
    feed, open_burst, event, cloud_event, path, history, missing_event, paused, no_match, offline, caught_up, gap,
    without_push, quarantine, rejection, views, keys, for_readers, empty, error, loading, signed_out,
)  # fmt: skip


async def _tab(site: Site, context: BrowserContext, name: str) -> Page:
    page = await event(site, context)
    await page.get_by_role("tab", name=name).click()
    await expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    return page


async def _blank(site: Site, context: BrowserContext, title: str) -> Page:
    page = await context.new_page()
    await page.goto(site.url)
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    return page
