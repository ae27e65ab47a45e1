"""Mail on the page: read, marked, fresh by delta, and what of it is there without a network."""

from browsing import Site
from fake_feed import PERSON, row
from fake_mail import head, some_mail
from mail_page import FAR, mail_page, open_first, until
from playwright.async_api import expect
from reading_page import shows_count, stored


async def test_a_folder_is_read_25_at_a_time_and_goes_on_where_one_scrolls(site: Site) -> None:
    page = await mail_page(site)
    await expect(page.locator(".folder-line")).to_contain_text("64 messages")  # delta brings the others meanwhile
    await expect(page.locator("a.mail-row")).not_to_have_count(64)  # rows off the screen are not in the page

    await page.locator("long-list").evaluate("(list) => list.scrollTo(0, 100000)")

    await expect(page.locator("a.mail-row").last).to_contain_text("sheet 63")


async def test_a_message_is_shown_in_a_frame_that_runs_no_script_and_is_as_high_as_it_is(site: Site) -> None:
    mail = some_mail()
    site.feed.mailbox.bodies[mail[0]["id"]] = (
        "<p style='color:red'>Hi Adele</p><script>parent.document.title = 'broken'</script>"
        + "<p>line</p>" * 40
        + "<img src=x onerror=\"parent.document.title = 'broken'\">"
    )
    page = await mail_page(site, mail)

    await open_first(page)

    frame = page.frame_locator("letter-frame iframe")
    await expect(frame.get_by_text("Hi Adele")).to_be_visible()
    assert await page.title() == "Graph Pulse"
    inner = await frame.locator("html").evaluate("(html) => html.scrollHeight")
    box = await page.locator("letter-frame iframe").bounding_box()
    assert box
    assert abs(box["height"] - inner) < 6
    assert await frame.locator("body").evaluate("(body) => getComputedStyle(body).fontFamily") == await page.locator(
        "body"
    ).evaluate("(body) => getComputedStyle(body).fontFamily")
    site.complaints.clear()  # the policy names what it has stopped


async def test_reading_marks_a_message_and_the_mark_can_be_undone(site: Site) -> None:
    page = await mail_page(site)
    first = site.feed.mailbox.heads[0]

    await open_first(page)
    await expect(page.locator("a.mail-row").first).not_to_have_class("unread")
    await expect(page.get_by_role("button", name="Mark unread")).to_be_visible()
    await page.keyboard.press("u")
    await expect(page.locator("a.mail-row.unread").first).to_have_attribute(
        "href", FAR + first["id"].replace("=", "%3D")
    )
    await page.get_by_role("button", name="Undo").click()

    await expect(page.get_by_role("button", name="Mark unread")).to_be_visible()
    await until(lambda: first["is_read"] is True)


async def test_the_echo_of_our_own_mark_is_no_news(site: Site) -> None:
    page = await mail_page(site)
    await open_first(page)
    async with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        await page.keyboard.press("u")
    first = site.feed.mailbox.heads[0]
    resource = f"users/{PERSON}/messages/{first['id']}"

    await site.feed.add(
        [
            row(1, change="updated", resource=resource, version=first["version"]),
            row(2, change="updated", resource=resource, version='W/"somebody elses"'),
            row(3, change="created", resource=f"users/{PERSON}/messages/other", echo=True),
        ]
    )

    await shows_count(page, 1)
    await page.goto(f"{site.url}/#/")
    await page.get_by_role("button", name="is:own").click()
    await expect(page.locator("long-list a.row")).to_have_count(2)


async def test_news_of_a_message_brings_the_list_up_to_date(site: Site) -> None:
    page = await mail_page(site)
    gone = site.feed.mailbox.heads[1]

    site.feed.mailbox.add([head(-1, subject="Just now")])
    site.feed.mailbox.remove(gone["id"])
    await site.feed.add([row(1), row(2, change="deleted")])

    await expect(page.locator("a.mail-row").first).to_contain_text("Just now")
    await expect(page.get_by_text(gone["subject"])).to_have_count(0)


async def test_a_lost_delta_link_begins_anew(site: Site) -> None:
    page = await mail_page(site)
    await expect(page.locator(".folder-line")).to_contain_text("64 messages")
    gone = site.feed.mailbox.heads[40]

    site.feed.mailbox.is_link_lost = True
    site.feed.mailbox.heads = [one for one in site.feed.mailbox.heads if one is not gone]
    await site.feed.add([row(1)])

    await expect(page.locator(".folder-line")).to_contain_text("63 messages")


async def test_without_a_network_the_list_and_what_was_read_are_still_there(site: Site) -> None:
    page = await mail_page(site)
    await open_first(page)
    await expect(page.frame_locator("letter-frame iframe").get_by_text("row 14")).to_be_visible()
    await expect(page.locator(".folder-line")).to_contain_text("64 messages")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.reload()
    await page.context.set_offline(True)
    await page.reload()

    await expect(page.locator(".folder-line")).to_contain_text("as saved on this device")
    await expect(page.frame_locator("letter-frame iframe").get_by_text("row 14")).to_be_visible()
    await expect(page.locator(".letter-head")).to_contain_text("as saved on this device")
    await page.keyboard.press("j")
    await expect(page.locator(".pane")).to_contain_text("was not read on this device before")


async def test_an_old_token_is_refreshed_once(site: Site) -> None:
    site.feed.mailbox.token_is_old = True

    page = await mail_page(site)

    await expect(page.locator("a.mail-row").first).to_be_visible()
    assert site.feed.mailbox.refreshes == 1


async def test_signing_out_wipes_mail_outbox_and_shell(site: Site) -> None:
    page = await mail_page(site)
    await open_first(page)
    await expect(page.locator("letter-frame")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())

    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert not any((await stored(page)).values())
    assert await page.evaluate("indexedDB.databases().then((all) => all.length)") <= 1
