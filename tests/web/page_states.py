"""Each state that the page can be in, and how a test brings it there."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from conftest import Site
from fake_feed import row, subscription
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
    await page.goto(f"{site.url}/#/subscriptions")
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


STATES: tuple[State, ...] = (
    feed, open_burst, event, cloud_event, path, history, missing_event, paused, no_match, offline, caught_up, gap,
    without_push, quarantine, rejection, views, keys, for_readers, empty, error, loading, signed_out,
)  # fmt: skip


def with_a_story(site: Site) -> None:
    """Two hours of a small tenant: singles, a burst, a repeat, a lifecycle event, an outage that was caught up."""
    now = datetime.now(UTC)
    rows = [*_singles(now), *_burst(now), *_repeat(now), *_newest(now)]
    site.feed.rows = {"w1": sorted(rows, key=lambda one: str(one["accepted_at"]))}
    site.feed.subscriptions = [
        subscription(),
        subscription(
            name="mail~xKfoEwspT12mwT540vkFSw", resource="users/c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b/messages"
        ),
        subscription(
            name="groups",
            resource="groups",
            state="due",
            note="Reauthorization asked",
            expires_at=_iso(now + timedelta(hours=2.8)),
        ),
    ]
    site.feed.rejections = [
        {
            "id": "20261121.ab12",
            "reason": "wrong_client_state",
            "detail": "the mac does not fit",
            "type": "Microsoft.Graph.MessageCreated",
            "accepted_at": _iso(now),
        },
        {
            "id": "20261121.ab13",
            "reason": "unreadable",
            "detail": "no JSON",
            "type": "",
            "accepted_at": _iso(now - timedelta(hours=3)),
        },
    ]


def _singles(now: datetime) -> list[dict[str, Any]]:
    chance = random.Random(3)
    rows = []
    for number in range(240):
        minute = 125 - number / 2
        noun = chance.choice(["Message", "Message", "Event", "User"])
        change = "updated" if noun == "User" else chance.choice(["created", "created", "updated", "deleted"])
        is_recovered = 40 < minute < 46 or 14 < minute < 19
        rows.append(
            row(
                number,
                at=now - timedelta(minutes=minute, seconds=chance.randrange(25)),
                change=change,
                noun=noun,
                recovered=is_recovered,
            )
        )
    return rows


def _burst(now: datetime) -> list[dict[str, Any]]:
    return [
        row(1_000 + number, at=now - timedelta(seconds=130 - number * 0.3), change="updated") for number in range(24)
    ]


def _repeat(now: datetime) -> list[dict[str, Any]]:
    return [
        row(2_000, at=now - timedelta(seconds=80 - n), change="updated", noun="User", id=f"repeat.{n}")
        for n in range(3)
    ]


def _newest(now: datetime) -> list[dict[str, Any]]:
    asked = row(
        3_000,
        at=now - timedelta(seconds=60),
        change="",
        type="Microsoft.Graph.reauthorizationRequired",
        resource="groups",
    )
    changes = ("created", "deleted", "created")
    return [
        asked,
        *(row(3_001 + n, at=now - timedelta(seconds=40 - n * 12), change=change) for n, change in enumerate(changes)),
    ]


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


def _iso(at: datetime) -> str:
    return at.isoformat()
