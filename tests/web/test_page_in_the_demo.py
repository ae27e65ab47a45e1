"""The page on the real parts: the app under the runtime, the twin's sign-in, hub and Graph, storage.

The tests share one demo and keep to people of their own; the last one moves its clock.
"""

import pytest
from mail_page import open_first
from playwright.async_api import Browser, Locator, Page, expect
from signing_in import signed_in, trigger, turn

from pulse.demo.stage import Stage

pytestmark = pytest.mark.timeout(240)
SLOW_MS = 30_000  # what goes through all the parts, on a busy machine
REFRESHED_MS = 75_000  # the page looks at the subscriptions once a minute


async def test_who_signs_in_sees_changes_of_the_own_mailbox_arrive_and_of_no_other(
    stage: Stage, browser: Browser
) -> None:
    alan, ada = await signed_in(browser, stage, "Alan Turing"), await signed_in(browser, stage, "Ada Lovelace")

    await trigger(stage, "alan", count=3)
    await trigger(stage, "ada", count=1)

    await expect(alan.get_by_text("3 events saved on this device")).to_be_visible(timeout=SLOW_MS)
    await expect(ada.get_by_text("1 event saved on this device")).to_be_visible(timeout=SLOW_MS)
    await expect(alan.get_by_text("Renew now")).to_have_count(0)  # operators alone see the subscriptions


async def test_mail_is_read_answered_offline_sent_on_return_and_no_echo_is_news(stage: Stage, browser: Browser) -> None:
    grace = await signed_in(browser, stage, "Grace Hopper")
    await _open_inbox(grace, stage)
    await trigger(stage, "grace", count=3)
    await expect(grace.locator("a.mail-row.unread")).to_have_count(3)  # by news, then delta

    await open_first(grace)
    await expect(grace.frame_locator("letter-frame iframe").locator("body")).not_to_be_empty()
    await expect(grace.locator("a.mail-row.unread")).to_have_count(2)
    await grace.context.set_offline(True)
    await _reply(grace, "Gladly, from the train.")
    await grace.get_by_role("link", name="Outbox: 1 waiting").click()
    await expect(grace.locator(".outbox-row .state")).to_contain_text("waiting for the network")
    await grace.context.set_offline(False)

    await expect(grace.locator(".outbox-row .state")).to_have_text("sent")
    await _only_the_three_are_news(grace, stage)


async def test_an_access_token_that_ended_meanwhile_is_refreshed_and_a_refused_one_asks_to_sign_in_again(
    stage: Stage, browser: Browser
) -> None:
    await trigger(stage, "alan", count=1)
    await turn(stage, user_token_s=0)
    alan = await signed_in(browser, stage, "Alan Turing")  # the feed is live: the session outlives the token
    await turn(stage, user_token_s=3599)
    refreshes = _refreshes(alan)

    await _open_inbox(alan, stage)
    await open_first(alan)
    assert refreshes == [200]

    await turn(stage, user_token_s=0)
    assert await _refresh(alan) == 200
    await turn(stage, user_token_s=3599, sign_ins_revoked=True)
    await _reply(alan, "Kept until somebody signs in.")
    await alan.goto(f"{stage.demo.addresses['app']}/#/outbox")

    await expect(alan.locator(".outbox-row .state")).to_contain_text("waiting: sign in again")
    assert refreshes == [200, 200, 403]
    await turn(stage, sign_ins_revoked=False)
    await alan.get_by_role("button", name="Sign in").first.click()
    await alan.get_by_role("button", name="Alan Turing").click()
    await alan.goto(f"{stage.demo.addresses['app']}/#/outbox")
    await expect(alan.locator(".outbox-row .state")).to_have_text("sent")


async def test_the_twins_panel_hides_changes_and_a_day_later_they_are_recovered_and_the_cards_renewed(
    stage: Stage, browser: Browser
) -> None:
    ada = await signed_in(browser, stage, "Ada Lovelace")
    ada.set_default_timeout(SLOW_MS)
    await expect(ada.locator(".card").first).to_be_visible()
    await ada.get_by_role("button", name="Twin").click()
    panel = ada.get_by_label("The twin", exact=True)
    await _change(panel, "user.updated")
    await expect(panel.get_by_role("status")).to_have_text("1 change, 1 event")
    await expect(ada.locator("[data-view=people] b")).to_have_text("1")

    await panel.get_by_label("Graph tells nobody of changes").check()
    await expect(panel.get_by_role("status")).to_have_text("Graph tells nobody of changes: on")
    await _change(panel, "message.created")
    await expect(panel.get_by_role("status")).to_have_text("1 change, 0 events")
    await panel.get_by_label("Graph tells nobody of changes").uncheck()
    recovered = ada.locator("a.row:has(.chip.recovered)", has_text="Message")
    await expect(recovered).to_have_count(0)
    await panel.get_by_role("button", name="+1 day").click()
    await expect(recovered).to_have_count(1, timeout=SLOW_MS)  # by the daily audit

    card = ada.locator(".card").first
    renews = await card.locator(".state").inner_text()
    await panel.get_by_role("button", name="+5 days").click()
    await expect(card.locator(".state")).not_to_have_text(renews, timeout=SLOW_MS)
    await expect(card.locator(".left")).to_contain_text("6 d", timeout=REFRESHED_MS)  # of seven; one if nobody renewed


async def _open_inbox(page: Page, stage: Stage) -> None:
    page.set_default_timeout(SLOW_MS)
    await page.goto(f"{stage.demo.addresses['app']}/#/mail/inbox")


async def _reply(page: Page, text: str) -> None:
    """The ten seconds in which it can be taken back are skipped."""
    await page.clock.install()
    await page.keyboard.press("r")
    await page.get_by_role("textbox", name="Text").fill(text)
    await page.get_by_role("button", name="Send").click()
    await page.clock.fast_forward(11_000)


async def _only_the_three_are_news(page: Page, stage: Stage) -> None:
    """What she read and sent comes back as events; all of it is folded away as her own."""
    await page.goto(f"{stage.demo.addresses['app']}/#/")
    await expect(page.get_by_role("button", name="is:own")).to_be_visible()
    await expect(page.locator("[data-view=all] b")).to_have_text("3")


async def _change(panel: Locator, kind: str) -> None:
    await panel.get_by_label("Of what kind").select_option(kind)
    await panel.get_by_role("button", name="Now").click()


async def _refresh(page: Page) -> int:
    return int(await page.evaluate("fetch('/.auth/refresh').then(({ status }) => status)"))


def _refreshes(page: Page) -> list[int]:
    """How /.auth/refresh is answered from now on."""
    statuses: list[int] = []
    page.on("response", lambda got: statuses.append(got.status) if got.url.endswith("/.auth/refresh") else None)
    return statuses
