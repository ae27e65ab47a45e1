"""What the interactive half finds of mail: by filter, in order, by the extended property that names a draft."""

import pytest
from mail_calls import OUTBOX_ID, draft, to


@pytest.mark.parametrize(
    ("filter_", "subjects"),
    [
        ("isRead eq false", ["c", "b"]),
        ("isRead eq true", ["a"]),
        ("subject eq 'B'", ["b"]),
        ("isRead eq false and startswith(subject,'c')", ["c"]),
        ("internetMessageId eq '<it''s-b@x>'", ["b"]),
        ("receivedDateTime ge 2020-01-01T00:00:00Z", ["c", "b", "a"]),
        ("receivedDateTime ge 2120-01-01T00:00:00Z", []),
        ("from/emailAddress/address eq 'lord@byron.example' and isRead eq true", ["a"]),
    ],
)
async def test_messages_are_found_by_filter(world, listed, filter_, subjects):
    for name in ("a", "b", "c"):
        values = {"subject": name, "isRead": name == "a", "internetMessageId": f"<it's-{name}@x>"}
        world.graph.trigger(
            "message.created", user="ada", set=values | {"from.emailAddress.address": "lord@byron.example"}
        )

    rows = await listed("ada", "inbox", **{"$filter": filter_})

    assert [row["subject"] for row in rows] == subjects


@pytest.mark.parametrize(
    "filter_",
    [
        "isRead",
        "isRead eq 'yes'",
        "colour eq 'red'",
        "receivedDateTime ge yesterday",
        "isRead eq true or isRead eq false",
    ],
)
async def test_a_filter_that_is_not_served_is_refused(me, filter_):
    assert (await me("ada", "GET", "/messages", params={"$filter": filter_})).status_code == 400


async def test_what_is_sorted_by_must_lead_the_filter(me):
    both = {
        "$orderby": "receivedDateTime desc",
        "$filter": "receivedDateTime ge 2020-01-01T00:00:00Z and isRead eq false",
    }

    assert (await me("ada", "GET", "/messages", params=both)).status_code == 200
    refused = await me("ada", "GET", "/messages", params=both | {"$filter": "isRead eq false"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InefficientFilter")


async def test_messages_are_sorted_skipped_and_counted(world, me):
    for name in ("b", "C", "a"):
        world.graph.trigger("message.created", user="ada", set={"subject": name})

    page = (
        await me("ada", "GET", "/messages", params={"$orderby": "subject", "$skip": 1, "$top": 1, "$count": "true"})
    ).json()

    assert ([row["subject"] for row in page["value"]], page["@odata.count"]) == (["b"], 3)
    assert "@odata.nextLink" in page


async def test_an_extended_property_finds_its_draft_again(me, listed):
    named = {"singleValueExtendedProperties": [{"id": OUTBOX_ID, "value": "7"}]}
    made = (await me("ada", "POST", "/messages", draft() | named)).json()
    await me("ada", "POST", "/messages", draft())
    where = f"singleValueExtendedProperties/any(ep: ep/id eq '{OUTBOX_ID}' and ep/value eq '7')"
    expand = f"singleValueExtendedProperties($filter=id eq '{OUTBOX_ID}')"

    (found,) = await listed("ada", "drafts", **{"$filter": where, "$select": "subject", "$expand": expand})
    plain = (await me("ada", "GET", f"/messages/{made['id']}")).json()

    assert (found["id"], found["singleValueExtendedProperties"]) == (made["id"], [{"id": OUTBOX_ID, "value": "7"}])
    assert "singleValueExtendedProperties" not in plain


async def test_an_extended_property_is_changed_and_goes_to_sent_items_but_to_nobody_else(me, listed):
    made = (await me("ada", "POST", "/messages", draft(toRecipients=to("grace")))).json()
    named = {"singleValueExtendedProperties": [{"id": OUTBOX_ID, "value": "9"}]}

    assert (await me("ada", "PATCH", f"/messages/{made['id']}", named)).status_code == 200
    await me("ada", "POST", f"/messages/{made['id']}/send")

    where = f"singleValueExtendedProperties/Any(e: e/id eq '{OUTBOX_ID.upper()}' and e/value eq '9')".replace(
        "STRING", "String"
    )
    assert [row["id"] for row in await listed("ada", "sentitems", **{"$filter": where})] == [made["id"]]
    assert await listed("grace", "inbox", **{"$filter": where}) == []


async def test_an_extended_property_without_a_documented_id_is_refused(me):
    body = {"singleValueExtendedProperties": [{"id": "outbox", "value": "7"}]}

    assert (await me("ada", "POST", "/messages", body)).status_code == 400
    assert (await me("ada", "GET", "/messages", params={"$expand": "singleValueExtendedProperties"})).status_code == 400
