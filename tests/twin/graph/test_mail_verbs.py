"""What the interactive half asks of Graph: read, change, reply and send, in the name of a person."""

import pytest
from graph_builders import bearer, delegated_token, subscription
from mail_calls import OUTBOX_ID, draft, to


async def test_a_sent_draft_lies_in_sent_items_under_its_id_and_reaches_each_recipient_once(me, listed):
    people = {"toRecipients": to("grace", "Grace"), "ccRecipients": to("ada"), "bccRecipients": to("alan", "nobody")}
    made = (await me("ada", "POST", "/messages", draft(**people))).json()

    sent = await me("ada", "POST", f"/messages/{made['id']}/send")

    assert (sent.status_code, sent.content) == (202, b"")
    (kept,) = await listed("ada", "sentitems")
    assert (kept["id"], kept["isDraft"], kept["from"]["emailAddress"]["name"]) == (made["id"], False, "Ada Lovelace")
    assert await listed("ada", "drafts") == []
    for alias in ("grace", "ada", "alan"):
        (got,) = await listed(alias, "inbox")
        assert (got["subject"], got["isRead"], got["bccRecipients"]) == ("Engine", False, [])
        assert got["internetMessageId"] == made["internetMessageId"]
        assert got["id"] != made["id"]


async def test_a_sent_draft_gets_a_new_id_where_ids_are_not_immutable(me, listed):
    made = (await me("ada", "POST", "/messages", draft(toRecipients=to("grace")))).json()

    await me("ada", "POST", f"/messages/{made['id']}/send", headers={"Prefer": ""})

    assert [row["id"] == made["id"] for row in await listed("ada", "sentitems")] == [False]
    assert (await me("ada", "GET", f"/messages/{made['id']}")).status_code == 404


async def test_what_ada_sends_is_announced_to_those_who_watch_grace(call, world, event_grid, me):

    grace = world.people[1].id
    await call("POST", "/subscriptions", subscription(world, resource=f"users/{grace}/messages"))

    sent = await me("ada", "POST", "/sendMail", {"message": draft(toRecipients=to("grace"))})

    assert sent.status_code == 202
    assert [(event["type"], event["subject"].split("/")[1]) for event in event_grid.events] == [
        ("Microsoft.Graph.MessageCreated", grace)
    ]
    assert [change.change_type for change in world.ledger.changes] == ["created", "created"]  # sent items and inbox


async def test_a_copy_is_kept_unless_it_is_declined(me, listed):
    await me("ada", "POST", "/sendMail", {"Message": draft(toRecipients=to("grace")), "SaveToSentItems": False})
    await me("ada", "POST", "/sendMail", {"Message": draft(subject="2", toRecipients=to("grace"))})

    assert [row["subject"] for row in await listed("ada", "sentitems")] == ["2"]
    assert len(await listed("grace", "inbox")) == 2


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (draft(), 400, "ErrorInvalidRecipients"),
        (draft(toRecipients="grace"), 400, "RequestBodyRead"),
        (draft(toRecipients=to("grace"), colour="red"), 400, "BadRequest"),
        (draft(toRecipients=to("grace"), **{"from": to("alan")[0]}), 403, "ErrorSendAsDenied"),
        (None, 400, "ErrorInvalidRequest"),
    ],
)
async def test_mail_that_cannot_go_out_is_refused(me, message, status, code):
    answer = await me("ada", "POST", "/sendMail", {"message": message})

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_message_is_sent_once(me):
    made = (await me("ada", "POST", "/messages", draft(toRecipients=to("grace")))).json()

    answers = [await me("ada", "POST", f"/messages/{made['id']}/send") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 400]


async def test_a_reply_goes_to_the_sender_within_the_conversation(me, listed):
    await me("grace", "POST", "/sendMail", {"message": draft(toRecipients=to("ada", "alan"))})
    (got,) = await listed("ada", "inbox")

    answer = await me("ada", "POST", f"/messages/{got['id']}/reply", {"comment": "1 < 2"})

    assert answer.status_code == 202
    (reply,) = await listed("grace", "inbox")
    assert (reply["subject"], reply["conversationId"]) == ("RE: Engine", got["conversationId"])
    assert reply["body"]["contentType"] == "html"
    assert "1 &lt; 2" in reply["body"]["content"]
    assert "Look &lt; here" in reply["body"]["content"]
    assert await listed("alan", "inbox", **{"$filter": "startswith(subject,'RE:')"}) == []


async def test_a_drafted_reply_to_all_leaves_its_author_out(me, listed):
    await me("grace", "POST", "/sendMail", {"message": draft(toRecipients=to("ada", "alan"), ccRecipients=to("ada"))})
    (got,) = await listed("ada", "inbox")
    named = {"singleValueExtendedProperties": [{"id": OUTBOX_ID, "value": "7"}]}

    made = await me("ada", "POST", f"/messages/{got['id']}/createReplyAll", {"message": named})
    changed = await me(
        "ada", "PATCH", f"/messages/{made.json()['id']}", {"body": {"contentType": "html", "content": "<b>Yes</b>"}}
    )
    await me("ada", "POST", f"/messages/{made.json()['id']}/send")

    body = made.json()
    assert made.status_code == 201
    assert [row["emailAddress"]["address"] for row in body["toRecipients"]] == [
        "grace@contoso.example",
        "alan@contoso.example",
    ]
    assert (body["ccRecipients"], body["isDraft"], body["isRead"]) == ([], True, True)
    assert changed.json()["body"] == {"contentType": "html", "content": "<b>Yes</b>"}
    assert (await listed("alan", "inbox"))[0]["bodyPreview"] == "Yes"


async def test_a_forwarded_message_needs_somebody_to_go_to(me, listed):
    await me("grace", "POST", "/sendMail", {"message": draft(toRecipients=to("ada"))})
    (got,) = await listed("ada", "inbox")
    path = f"/mailFolders/inbox/messages/{got['id']}/forward"

    refused = await me("ada", "POST", path, {"comment": "See"})
    sent = await me("ada", "POST", path, {"Comment": "See", "ToRecipients": to("alan")})

    assert (refused.status_code, sent.status_code) == (400, 202)
    assert [row["subject"] for row in await listed("alan", "inbox")] == ["FW: Engine"]


async def test_a_comment_and_a_body_together_are_refused(world, me, listed):
    world.graph.trigger("message.created", user="ada")
    (got,) = await listed("ada", "inbox")

    answer = await me("ada", "POST", f"/messages/{got['id']}/reply", {"comment": "x", "message": draft()})

    assert answer.status_code == 400


async def test_a_received_message_can_be_marked_but_not_rewritten(world, me, listed):
    world.graph.trigger("message.created", user="ada")
    (got,) = await listed("ada", "inbox")
    path = f"/messages/{got['id']}"

    assert (await me("ada", "PATCH", path, {"isRead": True})).json()["isRead"] is True
    refused = await me("ada", "PATCH", path, {"subject": "Mine"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "ErrorInvalidPropertySet")
    assert (await me("ada", "PATCH", path, {"isRead": "yes"})).status_code == 400


async def test_bodies_are_html_unless_text_is_preferred(me):
    made = (await me("ada", "POST", "/messages", draft())).json()
    text = await me("ada", "GET", f"/messages/{made['id']}", headers={"Prefer": 'outlook.body-content-type="text"'})

    assert made["body"]["contentType"] == "html"
    assert "Look &lt; here" in made["body"]["content"]
    assert text.json()["body"] == {"contentType": "text", "content": "Look < here"}
    assert text.headers["Preference-Applied"] == 'outlook.body-content-type="text"'


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        ("Mail.Read", "GET", "/messages", None, 200),
        ("Mail.Send", "GET", "/messages", None, 403),
        ("Mail.Read", "POST", "/messages", {}, 403),
        ("Mail.ReadWrite", "POST", "/messages", {}, 201),
        ("Mail.ReadWrite", "POST", "/sendMail", {"message": draft(toRecipients=to("ada"))}, 403),
        ("Mail.Send", "POST", "/sendMail", {"message": draft(toRecipients=to("ada"))}, 202),
        ("Mail.ReadWrite", "POST", "/messages/{id}/send", None, 403),
        ("Mail.Send", "POST", "/messages/{id}/send", None, 202),
        ("Mail.ReadWrite", "POST", "/messages/{id}/reply", {"comment": "x"}, 403),
        ("Mail.Send", "POST", "/messages/{id}/createReply", None, 403),
        ("Mail.ReadWrite", "POST", "/messages/{id}/createReply", None, 201),
        ("Mail.Send", "PATCH", "/messages/{id}", {"isRead": True}, 403),
        ("Mail.Send", "POST", "/messages/{id}/move", {"destinationId": "archive"}, 403),
        ("Mail.Read", "DELETE", "/messages/{id}", None, 403),
    ],
)
async def test_each_verb_needs_its_scope(me, scopes, method, path, body, status):
    made = (await me("ada", "POST", "/messages", draft(toRecipients=to("grace")))).json()

    answer = await me("ada", method, path.format(id=made["id"]), body, scopes=scopes)

    assert answer.status_code == status


async def test_nobody_sends_from_another_mailbox(call, world):
    headers = bearer(delegated_token(world, "ada", scopes="Mail.Send"))
    grace = world.people[1].id

    answer = await call("POST", f"/users/{grace}/sendMail", {"message": draft(toRecipients=to("ada"))}, headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ErrorAccessDenied")


async def test_a_deleted_message_is_gone_from_its_mailbox_only(me, listed):
    await me("ada", "POST", "/sendMail", {"message": draft(toRecipients=to("grace"))})
    (got,) = await listed("grace", "inbox")

    assert (await me("grace", "DELETE", f"/messages/{got['id']}")).status_code == 204
    assert await listed("grace", "inbox") == []
    assert len(await listed("ada", "sentitems")) == 1
