"""Mail on the real parts: the page, the app under the runtime, on behalf of the person, the twin's Graph."""

from pathlib import Path

import pytest
from browsing import ARGS, CHROMIUM, needed
from free_ports import free_base
from mail_page import open_first
from playwright.async_api import Page, async_playwright, expect
from signing_in import signed_in, trigger

from pulse.demo.opening import subscribe_and_link
from pulse.demo.run import page_is_built
from pulse.demo.stage import Stage, staged
from twin.azurite.launch import SCRIPT


@pytest.mark.timeout(240)
async def test_mail_is_read_answered_offline_sent_on_return_and_no_echo_is_news(tmp_path: Path) -> None:
    needed("chromium", CHROMIUM)
    needed("web/dist: `make setup` builds it", page_is_built())
    needed("Azurite: `make setup`", SCRIPT.is_file())
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, async_playwright() as playwright:
        await subscribe_and_link(stage)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        grace = await signed_in(browser, stage, "Grace Hopper")
        grace.set_default_timeout(30_000)
        await grace.goto(f"{stage.demo.addresses['app']}/#/mail/inbox")
        await trigger(stage, "grace", count=3)
        await expect(grace.locator("a.mail-row.unread")).to_have_count(3, timeout=30_000)  # by news, then delta

        await open_first(grace)
        await expect(grace.frame_locator("letter-frame iframe").locator("body")).not_to_be_empty()
        await expect(grace.locator("a.mail-row.unread")).to_have_count(2)
        await grace.context.set_offline(True)
        await grace.keyboard.press("r")
        await grace.get_by_role("textbox", name="Text").fill("Gladly, from the train.")
        await grace.get_by_role("button", name="Send").click()
        await grace.get_by_role("link", name="Outbox: 1 waiting").click()
        await expect(grace.locator(".outbox-row .state")).to_contain_text("waiting for the network")
        await grace.context.set_offline(False)

        await expect(grace.locator(".outbox-row .state")).to_have_text("sent", timeout=30_000)
        await _only_the_three_are_news(grace, stage)
        await browser.close()


async def _only_the_three_are_news(page: Page, stage: Stage) -> None:
    """What she read and sent comes back as events; all of it is folded away as her own."""
    await page.goto(f"{stage.demo.addresses['app']}/#/")
    await expect(page.get_by_role("button", name="is:own")).to_be_visible(timeout=30_000)
    await expect(page.locator("[data-view=all] b")).to_have_text("3")
