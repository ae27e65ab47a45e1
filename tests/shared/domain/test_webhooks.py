"""Graph's own POSTs: each item becomes the CloudEvent that Event Grid would have made of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from builders import ADA, NOW, SAMPLES, TENANT, cloud_event, mail_spec, reading_of, state_of
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.notifications import Notification, Reading, Unreadable
from shared.domain.events.webhooks import MAX_TOKENS, read_collection
from shared.domain.journal.log_layout import claims_of

MESSAGE = f"Users/{ADA}/Messages/AAMk1="


def item(**changes: Any) -> dict[str, Any]:
    """A created message as documented; None leaves a member out."""
    form = {
        "subscriptionId": "5ba30f96-c82e-4d17-a4b9-e60718d3f25c",
        "subscriptionExpirationDateTime": "2026-06-19T14:30:00.418Z",
        "clientState": state_of(mail_spec()),
        "changeType": "created",
        "resource": MESSAGE,
        "tenantId": TENANT,
        "resourceData": {"@odata.type": "#Microsoft.Graph.Message", "@odata.id": MESSAGE, "@odata.etag": 'W/"1"'},
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def told_by(*items: object, **members: object) -> list[Notification]:
    found = read_collection(json.dumps({"value": items, **members}), now=NOW)
    return [one.notification for one in found.events if isinstance(one, Reading)]


def test_the_documented_items_are_read():
    basic = (SAMPLES / "webhook_basic_message_created.json").read_text(encoding="utf-8")
    lifecycle = (SAMPLES / "webhook_lifecycle_batch.json").read_text(encoding="utf-8")

    (message,) = read_collection(basic, now=NOW).events
    kinds = [one.notification.lifecycle for one in read_collection(lifecycle, now=NOW).events]

    assert message.client_state == "sample-client-state-not-a-secret"
    assert (message.notification.type, message.notification.change_type) == (
        "Microsoft.Graph.MessageCreated",
        "created",
    )
    assert message.notification.resource.startswith(f"users/{ADA}/messages/AAMk")
    assert kinds == ["reauthorizationRequired", "subscriptionRemoved", "missed"]


def test_a_change_is_the_same_one_however_it_came():
    by_event_grid = (SAMPLES / "eg_outlook_message_created_mixedcase_observed.json").read_text(encoding="utf-8")
    by_webhook = (SAMPLES / "webhook_basic_message_created.json").read_text(encoding="utf-8")

    one, other = reading_of(by_event_grid).notification, read_collection(by_webhook, now=NOW).events[0].notification

    assert claims_of(one, "mail~x", recovered=False) == claims_of(other, "mail~x", recovered=False)


def test_a_body_read_again_is_the_same_notification():
    (told,) = told_by(item())

    assert reading_of(told.body).notification == told


@pytest.mark.parametrize(
    ("odata_type", "resource", "change", "event_type"),
    [
        ("#Microsoft.Graph.Message", "x", "updated", "MessageUpdated"),
        ("#microsoft.graph.chatMessage", "chats('1')/messages('2')", "created", "ChatMessageCreated"),
        ("#microsoft.graph.callRecord", "communications/callRecords/1", "created", "CallRecordCreated"),
        ("#microsoft.graph.todoTask", "me/todo/lists/1/tasks/2", "deleted", "ToDoDeleted"),
        ("#microsoft.graph.printJob", "print/printers/1/jobs/2", "updated", "PrinterUpdated"),
        ("#microsoft.graph.presence", "communications/presences/1", "updated", "PresenceUpdated"),
        (None, "groups/1/conversations/2", "created", "ConversationCreated"),
        (None, "drives/1/root", None, "DriveItemUpdated"),
        (None, "sites/1/lists/2", "updated", "ListUpdated"),
        (None, "security/alerts_v2/x", "updated", "ResourceUpdated"),
    ],
)
def test_the_type_is_the_one_that_event_grid_would_say(odata_type, resource, change, event_type):
    details = {"@odata.type": odata_type} if odata_type else None

    (told,) = told_by(item(resource=resource, changeType=change, resourceData=details))

    assert told.type == f"Microsoft.Graph.{event_type}"
    assert told.change_type == (change or "updated")


def test_items_without_a_version_are_never_taken_for_each_other():
    drive = item(resourceData=None, resource="drives/1/root")
    text = json.dumps({"value": [drive, drive]})

    first, second = (one.notification for one in read_collection(text, now=NOW).events)
    later = read_collection(text, now=NOW + timedelta(seconds=1)).events[0].notification

    assert len({claims_of(one, "d~x", recovered=False) for one in (first, second, later)}) == 3


def test_an_item_is_of_the_time_that_it_says_or_of_its_arrival():
    said = item(resourceData={"eventTime": "2026-06-15T23:59:59.1234567+00:00", "@odata.type": "#microsoft.graph.user"})

    times = [one.time for one in told_by(said, item())]

    assert [time.day for time in times if time] == [15, 16]
    assert times[1] == NOW


def test_the_tenant_may_be_called_the_organization():
    (told,) = told_by(item(tenantId=None, organizationId=TENANT.upper()))

    assert told.tenant_id == TENANT


@pytest.mark.parametrize(
    ("given_tokens", "read"),
    [
        (["a", "b"], ("a", "b")),
        ([], ()),
        (["a", 7, None], ("a", "", "")),
        ("a", ("",)),
        ({}, ("",)),
        (["a"] * (MAX_TOKENS + 1), ("",)),
    ],
)
def test_validation_tokens_are_texts_and_what_is_none_is_an_empty_one(given_tokens, read):
    assert read_collection(json.dumps({"value": [], "validationTokens": given_tokens}), now=NOW).tokens == read


def test_no_tokens_and_null_tokens_are_told_apart_from_an_empty_list():
    assert read_collection('{"value": []}', now=NOW).tokens is None
    assert read_collection('{"value": [], "validationTokens": null}', now=NOW).tokens is None
    assert read_collection('{"value": [], "validationTokens": []}', now=NOW).tokens == ()


def test_one_bad_item_spoils_no_other():
    found = read_collection(json.dumps({"value": [item(), 7, {}, [], None, item()]}), now=NOW)

    assert [type(one) for one in found.events] == [Reading, *[Unreadable] * 4, Reading]


@pytest.mark.parametrize(
    "text",
    [
        *("", "<html>", "null", "[]", "{}", '{"value": {}}', '{"value": "x"}', '{"value": [NaN]}'),
        cloud_event("t", {}, subject="", time=NOW),
    ],
)
def test_what_is_no_collection_is_unreadable(text):
    (found,) = read_collection(text, now=NOW).events

    assert isinstance(found, Unreadable)
    assert found.fault


def test_what_is_unreadable_keeps_no_token():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"

    (cut,) = read_collection(f'{{"validationTokens": ["{token}"], "value": [', now=NOW).events
    (odd,) = read_collection(json.dumps({"value": 7, "validationTokens": [token]}), now=NOW).events

    assert token.partition(".")[0] not in cut.text + odd.text
    assert "validationTokens" in cut.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
ITEM = st.dictionaries(st.sampled_from([*item(), "lifecycleEvent", "encryptedContent"]) | st.text(max_size=5), JSON)


@given(items=JSON | st.lists(JSON | ITEM, max_size=4), tokens=JSON)
def test_reading_never_raises(items, tokens):
    found = read_collection(json.dumps({"value": items, "validationTokens": tokens}), now=NOW)

    assert all(isinstance(one, Reading | Unreadable) for one in found.events)


@given(changes=ITEM)
def test_an_item_of_any_form_read_again_from_its_body_is_the_same(changes):
    for told in told_by({**item(), **changes}):
        assert reading_of(told.body).notification == told
