"""The outbox: what is sent is kept until it is out, goes out once, and says how far it is."""

from browsing import Site
from mail_page import mail_page, open_first, until, write_reply
from playwright.async_api import Page, expect


async def test_a_reply_written_offline_is_sent_on_return_and_once(site: Site) -> None:
    page = await clocked(site)
    await open_first(page)
    await page.context.set_offline(True)
    await write_reply(page, "Yes, row 14 is right.")
    await page.clock.fast_forward(11_000)
    await page.goto(f"{site.url}/#/outbox")
    await expect(page.locator(".outbox-row")).to_contain_text("waiting for the network")
    assert site.feed.mailbox.sent == {}

    await page.context.set_offline(False)

    await expect(page.locator(".outbox-row .state")).to_have_text("sent")
    [sent] = site.feed.mailbox.sent.values()
    assert (sent["kind"], sent["text"]) == ("reply", "Yes, row 14 is right.")
    assert sent["message_id"] == site.feed.mailbox.heads[0]["id"]


async def test_sending_can_be_undone_for_ten_seconds(site: Site) -> None:
    page = await clocked(site)
    await compose(page, to="megan@contoso.example, lee@contoso.example", subject="Lunch?", text="At noon.")

    await page.get_by_role("button", name="Undo send").click()

    await expect(page.get_by_role("textbox", name="Text")).to_have_value("At noon.")
    await expect(page.get_by_role("textbox", name="To")).to_have_value("megan@contoso.example, lee@contoso.example")
    await page.clock.fast_forward(20_000)
    assert site.feed.mailbox.tries == []
    await page.get_by_role("button", name="Send").click()
    await page.clock.fast_forward(11_000)
    await until(lambda: len(site.feed.mailbox.sent) == 1)


async def test_a_lost_answer_is_tried_again_under_the_same_id(site: Site) -> None:
    site.feed.mailbox.refusals = [(502, "graph_failed"), (409, "sending"), (503, "ServiceUnavailable")]
    page = await clocked(site)
    await compose(page)

    await page.clock.fast_forward(11_000)
    await page.goto(f"{site.url}/#/outbox")
    for tries in (1, 2, 3):
        await expect(page.locator(".outbox-row .state")).to_contain_text("next try in")
        assert len(site.feed.mailbox.tries) == tries
        await page.clock.fast_forward(61_000)
        await until(lambda tries=tries: len(site.feed.mailbox.tries) > tries)  # type: ignore[misc]
        await page.clock.run_for(2_000)

    await expect(page.locator(".outbox-row .state")).to_have_text("sent")
    assert len(site.feed.mailbox.sent) == 1
    assert len(set(site.feed.mailbox.tries)) == 1


async def test_a_wish_for_a_pause_is_obeyed(site: Site) -> None:
    site.feed.mailbox.refusals, site.feed.mailbox.retry_after_s = [(429, "TooManyRequests")], 120
    page = await clocked(site)
    await compose(page)
    await page.clock.fast_forward(11_000)
    await page.goto(f"{site.url}/#/outbox")
    await expect(page.locator(".outbox-row .state")).to_contain_text("next try in")

    await page.clock.fast_forward(100_000)
    await expect(page.locator(".outbox-row .state")).to_contain_text("next try in")
    assert len(site.feed.mailbox.tries) == 1
    await page.clock.fast_forward(30_000)

    await expect(page.locator(".outbox-row .state")).to_have_text("sent")


async def test_what_is_refused_says_why_and_can_be_mended(site: Site) -> None:
    site.feed.mailbox.refusals = [(400, "ErrorInvalidRecipients")]
    page = await clocked(site)
    await compose(page, to="nobody@nowhere.example")
    await page.clock.fast_forward(11_000)
    await page.goto(f"{site.url}/#/outbox")
    await expect(page.locator(".outbox-row .state")).to_have_text("failed: The app says ErrorInvalidRecipients.")

    await page.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="To").fill("megan@contoso.example")
    await page.get_by_role("button", name="Send").click()

    await until(lambda: len(site.feed.mailbox.sent) == 1)
    [sent] = site.feed.mailbox.sent.values()
    assert sent["to"] == ["megan@contoso.example"]


async def test_a_tab_that_closes_while_sending_leaves_it_to_the_next(site: Site) -> None:
    context = await site.context()
    page = await mail_page(site, context=context)
    await page.clock.install()
    await compose(page)
    site.feed.mailbox.gate.clear()
    await page.clock.fast_forward(11_000)
    await until(lambda: len(site.feed.mailbox.tries) == 1)

    await page.close()
    site.feed.mailbox.gate.set()
    page = await mail_page(site, context=context)
    await page.goto(f"{site.url}/#/outbox")

    await expect(page.locator(".outbox-row .state")).to_have_text("sent")
    assert len(site.feed.mailbox.sent) == 1


async def test_two_tabs_have_one_outbox_and_one_of_them_sends(site: Site) -> None:
    context = await site.context()
    leading = await mail_page(site, context=context)
    other = await mail_page(site, context=context)
    for page in (leading, other):
        await page.clock.install()
    await compose(other)
    await other.clock.fast_forward(11_000)
    await leading.clock.fast_forward(11_000)

    for page in (leading, other):
        await page.goto(f"{site.url}/#/outbox")
        await expect(page.locator(".outbox-row .state")).to_have_text("sent")
    assert len(site.feed.mailbox.tries) == 1


async def test_a_letter_without_an_address_stays_in_the_composer_and_says_why(site: Site) -> None:
    page = await mail_page(site)
    await compose(page, to="")
    await expect(page.locator(".composer [role=alert]")).to_contain_text("Who should get it?")


async def clocked(site: Site) -> Page:
    page = await mail_page(site)
    await page.clock.install()
    return page


async def compose(
    page: Page, *, to: str = "megan@contoso.example", subject: str = "Lunch?", text: str = "Now?"
) -> None:
    await page.keyboard.press("c")
    await page.get_by_role("textbox", name="To").fill(to)
    await page.get_by_role("textbox", name="Subject").fill(subject)
    await page.get_by_role("textbox", name="Text").fill(text)
    await page.get_by_role("button", name="Send").click()
