"""What operators do on the page: replay, dead letters, quarantine, rotation's progress."""

from datetime import UTC, datetime, timedelta

from browsing import Site
from fake_feed import row, subscription
from fake_operators import dead_letter
from page_story import with_a_story
from playwright.async_api import expect
from reading_page import is_live


async def test_an_operator_replays_an_event(site: Site) -> None:
    site.feed.rows["w1"] = [row(1, summary="Grace Hopper: Lunch?")]
    page = await site.page()
    await expect(page.locator("long-list a.row")).to_contain_text("Grace Hopper: Lunch?")
    await page.locator("long-list a.row").click()

    await page.get_by_role("button", name="Replay").click()

    await expect(page.locator(".told")).to_have_text("Its handlers ran again.")
    assert site.feed.operators.replayed == [f"events {site.feed.rows['w1'][0]['id']}"]


async def test_who_is_no_operator_is_offered_no_replay(site: Site) -> None:
    site.feed.is_operator, site.feed.rows["w1"] = False, [row(1)]
    page = await site.page()
    await page.locator("long-list a.row").click()

    await expect(page.get_by_role("button", name="Copy link")).to_be_visible()
    await expect(page.get_by_role("button", name="Replay")).to_have_count(0)


async def test_a_dead_letter_is_shown_and_replayed_and_then_all(site: Site) -> None:
    site.feed.operators.letters = [dead_letter(0), dead_letter(1), dead_letter(2)]
    page = await site.page("/#/dead-letters")
    await page.locator(".plain-list .row").first.click()

    await page.locator(".pane").get_by_role("button", name="Replay").click()
    await expect(page.locator("p.told")).to_have_text("It was taken in.")
    await expect(page.locator(".plain-list .row")).to_have_count(2)
    await page.get_by_role("button", name="Replay all").click()

    await expect(page.get_by_role("heading", name="No dead letters")).to_be_visible()
    assert site.feed.operators.replayed == ["dead-letters 5f2c9ab0.0"]


async def test_a_rejection_is_replayed_with_an_operators_word(site: Site) -> None:
    with_a_story(site)
    page = await site.page("/#/quarantine/20261121.ab12")

    await page.get_by_role("textbox", name="I vouch that it is of").fill("mail~abc")
    await page.get_by_role("button", name="Replay", exact=True).click()

    await expect(page.locator("p.told")).to_contain_text("in the journal")
    assert site.feed.operators.replayed == ["quarantine 20261121.ab12 mail~abc"]


async def test_a_refused_replay_says_why(site: Site) -> None:
    with_a_story(site)
    site.feed.operators.refuse = "wrong_tenant"
    page = await site.page("/#/quarantine/20261121.ab12")

    await page.get_by_role("button", name="Replay", exact=True).click()

    await expect(page.locator("p.told")).to_have_text("Not done: wrong_tenant")


async def test_a_running_rotation_is_seen_beside_the_subscriptions(site: Site) -> None:
    with_a_story(site)
    page = await site.page()
    await is_live(page)
    await expect(page.locator(".cards")).to_contain_text("Key rotation to version 2")
    await expect(page.locator(".cards")).to_contain_text("2 of 3")


async def test_what_a_lifecycle_event_sets_going_shows_on_the_cards_soon_after_it(site: Site) -> None:
    """The event is in the feed before anything is done about it: a card that was fetched then tells the old story."""
    soon, later = ((datetime.now(UTC) + timedelta(hours=hours)).isoformat() for hours in (22.5, 150.5))
    site.feed.subscriptions = [subscription(expires_at=soon)]
    page = await site.page()
    await is_live(page)
    left = page.locator(".card .left")
    await expect(left).to_contain_text("22 h")

    async with page.expect_response("**/api/manage/subscriptions"):
        await site.feed.add([row(1, change="", type="Microsoft.Graph.SubscriptionReauthorizationRequired")])
    site.feed.subscriptions = [subscription(expires_at=later)]

    await expect(left).to_contain_text("6 d")
