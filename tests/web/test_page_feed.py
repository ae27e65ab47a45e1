"""The feed in a real Chromium with the real SignalR client: every row once, whatever goes wrong on the way."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from browsing import Site
from fake_feed import row
from playwright.async_api import expect
from reading_page import is_live, repeated, shows_count, stored, stored_rows

WRITERS = ("w1", "w2", "w3")


async def test_a_pushed_row_appears(site: Site) -> None:
    page = await site.page()
    await is_live(page)

    await site.feed.add([row(1)])

    await expect(page.locator("long-list a.row")).to_have_count(1)
    await expect(page.locator("long-list a.row")).to_contain_text("Message")


async def test_3000_rows_arrive_once_each_though_pushes_are_lost_sockets_cut_and_the_tab_reopened(site: Site) -> None:
    site.feed.push_loss = 0.03
    context = await site.context()
    page = await context.new_page()
    await page.goto(site.url)
    await is_live(page)
    writing = asyncio.create_task(_write(site, 3_000))

    await _until_written(site, 1_500)
    await page.close()
    await _until_written(site, 2_000)
    page = await context.new_page()
    await page.goto(site.url)
    await writing
    await site.feed.news(0)  # the beacon: a last push that is lost leaves no gap to see

    await shows_count(page, 3_000)
    rows = await stored_rows(page)
    assert len(rows) == 3_000
    assert repeated(rows) == []
    for writer in WRITERS:
        written = [one["id"] for one in site.feed.rows[writer]]
        assert [one["id"] for one in rows if one["version"] == writer] == written


async def test_what_came_while_offline_is_shown_as_caught_up_with_its_number(site: Site) -> None:
    page = await site.page()
    await is_live(page)
    await site.feed.add([row(1)])
    await shows_count(page, 1)

    await page.context.set_offline(True)
    await expect(page.locator(".pill")).to_have_text("Offline")
    site.feed.rows["w1"] += [row(100 + number, noun="User" if number % 2 else "Message") for number in range(12)]
    await page.context.set_offline(False)

    await expect(page.locator(".mark")).to_contain_text("12 recovered")
    await expect(page.locator("body")).not_to_contain_text("0 lost")
    await page.get_by_role("button", name="Show only these").click()
    await expect(page.locator("long-list a.row")).to_have_count(12)


async def test_a_trimmed_cursor_is_told_and_what_is_kept_is_loaded_again(site: Site) -> None:
    site.feed.rows["w1"] = [row(number) for number in range(3)]
    context = await site.context()
    page = await context.new_page()
    await page.goto(site.url)
    await shows_count(page, 3)

    site.feed.is_trimmed = True
    site.feed.rows["w1"] = [row(number, noun="User", change="updated") for number in range(50, 55)]
    await page.reload()
    await expect(page.locator(".banner")).to_contain_text("no longer in the journal")
    site.feed.is_trimmed = False

    await shows_count(page, 8)
    await expect(page.locator(".mark.trimmed")).to_contain_text("Loaded again: 5 events")


async def test_without_push_the_page_goes_on_by_asking_and_says_so(site: Site) -> None:
    site.feed.has_push = False
    page = await (await site.context()).new_page()
    await page.clock.install()
    await page.goto(site.url)
    await expect(page.locator(".pill")).to_have_text("No push · asking every 15 s")

    await site.feed.add([row(1)])
    await page.clock.fast_forward(16_000)

    await expect(page.locator("long-list a.row")).to_have_count(1)


async def test_two_tabs_share_one_connection(site: Site) -> None:
    context = await site.context()
    first, second = await context.new_page(), await context.new_page()
    await first.goto(site.url)
    await is_live(first)
    await second.goto(site.url)
    await is_live(second)
    assert len(site.feed.sockets) == 1

    await site.feed.add([row(1)])
    await shows_count(first, 1)
    await shows_count(second, 1)


async def test_when_the_leading_tab_closes_the_other_takes_over(site: Site) -> None:
    context = await site.context()
    first, second = await context.new_page(), await context.new_page()
    await first.goto(site.url)
    await is_live(first)
    await second.goto(site.url)
    await is_live(second)

    await first.close()
    await is_live(second)
    await _until_sockets(site, 1)
    await site.feed.add([row(1)])

    await shows_count(second, 1)
    assert len(await stored_rows(second)) == 1


async def test_signing_out_wipes_the_device_in_every_tab(site: Site) -> None:
    site.feed.rows["w1"] = [row(number) for number in range(5)]
    context = await site.context()
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto(site.url)
        await shows_count(page, 5)

    await second.get_by_role("button", name="Sign out").click()

    for page in (first, second):
        await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert await stored(second) == {"rows": [], "marks": [], "meta": []}


async def test_another_persons_rows_are_wiped_before_anything_is_shown(site: Site) -> None:
    site.feed.rows["w1"] = [row(number) for number in range(5)]
    page = await site.page()
    await shows_count(page, 5)

    site.feed.user, site.feed.rows = "diego@contoso.example", {"w1": [row(77)]}
    await page.reload()

    await shows_count(page, 1)
    assert [one["id"] for one in await stored_rows(page)] == [site.feed.rows["w1"][0]["id"]]


async def test_saved_rows_open_without_a_network(site: Site) -> None:
    site.feed.rows["w1"] = [row(number) for number in range(5)]
    page = await site.page()
    await shows_count(page, 5)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.reload()  # from here on the service worker serves the shell
    await shows_count(page, 5)

    await page.context.set_offline(True)
    await page.reload()

    await shows_count(page, 5)
    await expect(page.locator(".banner")).to_contain_text("5 events below are saved on this device")


async def test_a_session_that_ends_shows_the_sign_in_and_hides_the_rows(site: Site) -> None:
    site.feed.rows["w1"] = [row(1)]
    page = await site.page()
    await shows_count(page, 1)

    site.feed.user = ""
    await site.feed.news(1)

    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(page.locator("long-list")).to_have_count(0)


async def test_a_redirect_to_the_sign_in_page_says_that_the_session_is_over(site: Site) -> None:
    page = await site.page()
    await is_live(page)

    site.feed.user, site.feed.sends_to_sign_in = "", True
    await site.feed.news(1)

    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_signing_in_comes_back_to_the_event_that_was_asked_for(site: Site) -> None:
    one = row(1)
    site.feed.rows["w1"], site.feed.user = [one], ""
    page = await site.page(f"/#/event/{one['id']}")

    await page.get_by_role("button", name="Sign in").click()

    await expect(page.locator(".pane")).to_contain_text(one["resource"])


async def test_10000_waiting_rows_and_300_more_take_a_few_lines_of_the_page(site: Site) -> None:
    start = datetime.now(UTC) - timedelta(hours=3)
    nouns = ("Message", "User", "Event")
    site.feed.rows["w1"] = [
        row(n, at=start + timedelta(seconds=n), noun=nouns[n % 3], change="updated") for n in range(10_000)
    ]
    page = await site.page()
    await shows_count(page, 10_000)
    await is_live(page)
    for step in range(20):
        await site.feed.add([row(20_000 + step * 15 + n, noun=nouns[n % 3], change="updated") for n in range(15)])
        await page.mouse.move(600, 500)
        await page.mouse.wheel(0, 400)
        await asyncio.sleep(0.05)

    await shows_count(page, 10_300)
    assert await page.locator(".slot").count() < 60


async def _write(site: Site, count: int) -> None:
    """In groups of ten, by three writers; sockets are cut now and then. The row's version names its writer."""
    chance = random.Random(5)
    for first in range(0, count, 10):
        writer = chance.choice(WRITERS)
        await site.feed.add(
            [row(number, noun="User", change="updated", version=writer) for number in range(first, first + 10)],
            writer=writer,
        )
        if chance.random() < 0.03:
            await site.feed.cut_sockets()
        await asyncio.sleep(0.01)


async def _until_written(site: Site, count: int) -> None:
    while site.feed.count < count:  # noqa: ASYNC110 - the writer goes on meanwhile
        await asyncio.sleep(0.01)


async def _until_sockets(site: Site, count: int) -> None:
    async with asyncio.timeout(10):
        while len(site.feed.sockets) != count:  # noqa: ASYNC110 - the browser decides
            await asyncio.sleep(0.02)
