"""What a person does with the feed: search, move, pause, open, renew."""

from browsing import Site
from fake_feed import row, subscription
from page_story import with_a_story
from playwright.async_api import expect
from reading_page import is_live, shows_count


async def test_tokens_and_words_filter_the_list(site: Site) -> None:
    site.feed.rows["w1"] = [row(1), row(2, noun="User", change="updated"), row(3, change="deleted")]
    page = await site.page()
    rows = page.locator("long-list a.row")
    await expect(rows).to_have_count(3)

    await page.keyboard.press("/")
    await page.keyboard.type("type:message change:deleted")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("deleted")

    await page.get_by_role("button", name="Clear the search").click()
    await expect(rows).to_have_count(3)


async def test_j_and_k_move_along_and_the_address_names_the_event(site: Site) -> None:
    site.feed.rows["w1"] = [row(1), row(2, noun="User", change="updated"), row(3, change="deleted")]
    page = await site.page()
    await shows_count(page, 3)

    for key in "jjk":
        await page.keyboard.press(key)

    newest = site.feed.rows["w1"][2]
    await expect(page).to_have_url(f"{site.url}/#/event/{newest['id']}")
    await expect(page.locator("a.row[aria-current]")).to_be_focused()
    await expect(page.locator(".pane")).to_contain_text("Microsoft.Graph.MessageDeleted")


async def test_an_event_that_is_not_on_the_device_opens_by_its_address(site: Site) -> None:
    one = row(1)
    site.feed.rows["w1"] = [one]
    page = await site.page(f"/#/event/{one['id']}")

    await page.get_by_role("tab", name="CloudEvent").click()

    await expect(page.locator("pre")).to_contain_text('"specversion": "1.0"')


async def test_a_paused_feed_counts_what_waits_and_shows_it_afterwards(site: Site) -> None:
    page = await site.page()
    await is_live(page)
    await page.keyboard.press("p")

    await site.feed.add([row(1), row(2, noun="User", change="updated")])
    go_on = page.get_by_role("button", name="Go on · 2 new")
    await expect(go_on).to_be_visible()
    await expect(page.locator("long-list a.row")).to_have_count(0)
    await go_on.click()

    await expect(page.locator("long-list a.row")).to_have_count(2)


async def test_what_is_being_read_stays_where_it_is_while_rows_arrive(site: Site) -> None:
    with_a_story(site)
    page = await site.page()
    await is_live(page)
    await page.locator("long-list").evaluate("(list) => list.scrollTo(0, 2000)")
    read = page.locator("long-list a.row").nth(12)
    name, before = await read.get_attribute("href"), await read.bounding_box()

    await site.feed.add([row(90_000 + n, noun="User" if n % 2 else "Message", change="updated") for n in range(9)])
    await page.get_by_role("button", name="9 newer events above").wait_for()

    after = await page.locator(f'long-list a.row[href="{name}"]').bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2
    await page.get_by_role("button", name="9 newer events above").click()
    await expect(page.get_by_role("button", name="newer events above")).to_have_count(0)


async def test_a_burst_is_one_row_that_opens(site: Site) -> None:
    site.feed.rows["w1"] = [row(number) for number in range(24)]
    page = await site.page()
    burst = page.locator("button.run")
    await expect(burst).to_contain_text("24 messages")

    await burst.click()

    await expect(burst).to_have_attribute("aria-expanded", "true")
    await expect(page.locator("a.row.inner").first).to_be_visible()


async def test_an_operator_renews_a_subscription(site: Site) -> None:
    site.feed.subscriptions = [subscription(name="groups", resource="groups", state="due")]
    page = await site.page()
    await expect(page.locator(".card.troubled")).to_contain_text("due")

    await page.get_by_role("button", name="Renew now groups").click()

    await expect(page.locator(".card.troubled")).to_have_count(0)
    await expect(page.locator(".card")).to_contain_text("live · renews")


async def test_who_is_no_operator_sees_neither_subscriptions_nor_quarantine(site: Site) -> None:
    site.feed.is_operator = False
    page = await site.page()
    await is_live(page)

    await expect(page.locator(".cards")).to_have_count(0)
    await expect(page.get_by_role("link", name="Quarantine")).to_have_count(0)


async def test_screen_readers_hear_how_many_came_not_each_one(site: Site) -> None:
    page = await (await site.context()).new_page()
    await page.clock.install()
    await page.goto(site.url)
    await is_live(page)

    await site.feed.add([row(number) for number in range(12)])
    await shows_count(page, 12)
    await page.clock.fast_forward(6_000)

    await expect(page.locator("p[role=status]")).to_have_text("12 new events")
