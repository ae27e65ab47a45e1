"""The page on the real parts: the app under the runtime, the twin's sign-in, the hub, storage, changes in Graph."""

from pathlib import Path

import pytest
from browsing import ARGS, CHROMIUM, needed
from free_ports import free_base
from playwright.async_api import async_playwright, expect
from signing_in import signed_in, trigger

from pulse.demo.opening import subscribe_and_link
from pulse.demo.run import page_is_built
from pulse.demo.stage import staged
from twin.azurite.launch import SCRIPT


@pytest.mark.timeout(120)
async def test_who_signs_in_sees_changes_of_the_own_mailbox_arrive_and_of_no_other(tmp_path: Path) -> None:
    needed("chromium", CHROMIUM)
    needed("web/dist: `make setup` builds it", page_is_built())
    needed("Azurite: `make setup`", SCRIPT.is_file())
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, async_playwright() as playwright:
        await subscribe_and_link(stage)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        grace, alan = await signed_in(browser, stage, "Grace Hopper"), await signed_in(browser, stage, "Alan Turing")

        await trigger(stage, "grace", count=3)
        await trigger(stage, "alan", count=1)

        await expect(grace.get_by_text("3 events saved on this device")).to_be_visible(timeout=20_000)
        await expect(alan.get_by_text("1 event saved on this device")).to_be_visible(timeout=20_000)
        await expect(grace.get_by_text("Renew now")).to_have_count(0)  # operators alone see the subscriptions
        await browser.close()
