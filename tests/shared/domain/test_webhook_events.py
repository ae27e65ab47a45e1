"""The CloudEvent that an item of a webhook's collection becomes, member by member."""

import json
from datetime import timedelta

import pytest
from builders import NOW, TENANT

from shared.domain.events.notifications import Reading, Unreadable
from shared.domain.events.webhooks import MAX_TOKENS, cloud_event, read_collection

ITEM = {
    "SubscriptionId": "5ba30f96",
    "ChangeType": "created",
    "Resource": "Users/x/Messages/y",
    "TenantId": TENANT,
    "ResourceData": {"@odata.type": "#Microsoft.Graph.Message", "Id": "y"},
}


def event_of(item: dict[str, object], *, index: int = 0) -> dict[str, object]:
    return cloud_event({key: value for key, value in item.items() if value is not ...}, now=NOW, index=index)


def test_an_item_becomes_the_event_that_event_grid_would_have_made():
    assert event_of(ITEM) == {
        "id": "88b76ffbfda49f6ef57a5ca05ad66333",
        "source": f"/tenants/{TENANT}/webhooks",
        "type": "Microsoft.Graph.MessageCreated",
        "subject": "Users/x/Messages/y",
        "time": "2026-06-16T12:00:00+00:00",
        "datacontenttype": "application/json",
        "specversion": "1.0",
        "data": ITEM,
    }


@pytest.mark.parametrize(
    ("members", "source"),
    [
        ({"TenantId": ..., "organizationId": "o"}, "/tenants/o/webhooks"),
        ({"organizationId": "o"}, f"/tenants/{TENANT}/webhooks"),
        ({"TenantId": ...}, "/webhooks"),
        ({"TenantId": 7}, "/webhooks"),
        ({"TenantId": ""}, "/webhooks"),
    ],
)
def test_the_source_names_the_tenant_where_the_item_does(members, source):
    assert event_of(ITEM | members)["source"] == source


@pytest.mark.parametrize(
    ("members", "subject"),
    [
        ({"Resource": ...}, "5ba30f96"),
        ({"Resource": ..., "SubscriptionId": ...}, None),
        ({"SubscriptionId": ...}, "Users/x/Messages/y"),
    ],
)
def test_the_subject_is_the_resource_or_else_the_subscription(members, subject):
    assert event_of(ITEM | members)["subject"] == subject


@pytest.mark.parametrize(
    ("members", "event_type"),
    [
        ({"lifecycleEvent": "Missed"}, "SubscriptionMissed"),
        ({"lifecycleEvent": "subscriptionREMOVED"}, "SubscriptionRemoved"),
        ({"lifecycleEvent": "reauthorizationRequired"}, "SubscriptionReauthorizationRequired"),
        ({"lifecycleEvent": "other"}, "MessageCreated"),
        ({"ChangeType": ...}, "MessageUpdated"),
        ({"ChangeType": "x" * 40}, "MessageX" + "x" * 31),
        ({"ResourceData": {"@odata.type": "#a." + "n" * 70}}, "N" + "n" * 63 + "Created"),
        ({"ResourceData": {"@odata.type": "callRecord"}}, "CallRecordCreated"),
        ({"ResourceData": 7, "Resource": "x/messages('1')/y('2')"}, "MessageCreated"),
        ({"ResourceData": ..., "Resource": "users/x/events/messages"}, "MessageCreated"),
        ({"ResourceData": ..., "Resource": "CHATS(1)/x"}, "ResourceCreated"),
        ({"ResourceData": ..., "Resource": ...}, "ResourceCreated"),
        ({"ResourceData": {"@odata.type": "#a."}, "Resource": "users/x"}, "UserCreated"),
    ],
)
def test_the_type_says_what_changed_and_how(members, event_type):
    assert event_of(ITEM | members)["type"] == f"Microsoft.Graph.{event_type}"


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("2026-06-15T01:00:00+01:00", "2026-06-15T00:00:00+00:00"),
        ("yesterday", NOW.isoformat()),
        (None, NOW.isoformat()),
    ],
)
def test_the_time_is_the_item_s_own_in_utc_or_that_of_its_arrival(said, time):
    assert event_of(ITEM | {"ResourceData": {"EventTime": said}})["time"] == time


def test_items_have_ids_by_their_content_their_place_and_their_arrival():
    turned = dict(reversed(ITEM.items()))
    ids = [event_of(ITEM)["id"], event_of(ITEM, index=1)["id"], event_of(ITEM | {"x": 1})["id"]]
    ids.append(cloud_event(ITEM, now=NOW + timedelta(microseconds=1), index=0)["id"])

    assert len(set(ids)) == 4
    assert event_of(turned)["id"] == ids[0]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<html>", "not JSON: JSONDecodeError"),
        ('{"value": [], "x": NaN}', "not JSON: ValueError"),
        ("[" * 100_000, "not JSON: RecursionError"),
        ('{"value": {}}', "not a collection of notifications"),
        ("[]", "not a collection of notifications"),
        ('{"value": [7]}', "not an object"),
    ],
)
def test_what_is_unreadable_says_why_and_keeps_its_text(text, fault):
    (found,) = read_collection(text, now=NOW).events

    assert found == Unreadable(fault, "7" if "7" in text else text)


def test_an_item_nested_too_deeply_is_told_so_and_spoils_no_other():
    deep, plain = '{"a":' + "[" * 5_000 + "]" * 5_000 + "}", json.dumps(ITEM)

    found = read_collection(f'{{"value": [{deep}, {plain}]}}', now=NOW).events

    assert found[0] == Unreadable("nested too deeply, or a number without an end (1e999)", "")
    assert isinstance(found[1], Reading)


def test_as_many_tokens_are_read_as_graph_may_send():
    tokens = ["t"] * MAX_TOKENS

    assert read_collection(json.dumps({"value": [], "validationTokens": tokens}), now=NOW).tokens == tuple(tokens)
