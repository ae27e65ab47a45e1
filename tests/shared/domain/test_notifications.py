"""Reading: every documented and observed shape, and anything else at all without an exception."""

import json
from datetime import UTC, datetime

import pytest
from builders import ADA, SAMPLES, TENANT, cloud_event, lifecycle_event, mail_event, reading_of, sample

from shared.domain.events.bodies import redacted
from shared.domain.events.notifications import (
    Reading,
    Unreadable,
    normal_resource,
    owner_of,
    parse_time,
    read,
)

NOW = datetime(2026, 6, 16, 12, tzinfo=UTC)
SECRET = "v1.mail~xKfoEwspT12mwT540vkFSw.secret-mac"  # sample of a client_state
SAMPLE_STATE = "sample-client-state-not-a-secret"
MESSAGE = (
    "AAMkAGwJSkRjaxuUSvvUYSSoF0j8kPtlDAVaS3dBzwqHVVX363HcCF78Y97o_UjYp7RNmxNyHaYV9NOd8r0q8C-mSiWMFGdfEv7o9_NMhH"
    "_jfNhzgBfezXDBvvMLIwko8IOA5DyH2nDbwFLCPJAXAAA="
)
CONTACT = (
    "AAMkAGVhdrE3VJXjTCOGLgk37eI7O2pjVwp6sc-VEn2KnPoYLgTaHL_E9yTYL_9S4xDQNMAAL5QaDtpc6RzGKXi5Asa6smYgOw9RTEzi1J"
    "GLEXa0sO40x9ehcZGvQfZnHg5wplQ70MxrbgPN9A5PAAA="
)

# file: resource, change type or lifecycle event, version, noun
SHAPES = {
    "alert_created": ("<alert-id>", "updated", "", "alert"),
    "drive_item_updated": ("d2f840b6-37ae-4c91-85d0-6b1e9f72c3a4", "updated", "", "driveitem"),
    "group_deleted": ("groups/a83f62d5-194e-4d70-8b26-5fc1e09d734a", "deleted", "639172048759264180", "group"),
    "outlook_contact_created_docshape": (f"users/{ADA}/contacts/{CONTACT}", "created", "<etag>", "contact"),
    "outlook_message_created_mixedcase_observed": (
        *(f"users/{ADA}/messages/{MESSAGE}", "created"),
        *('W/"CQAAABYAAAs05abweVOX3CFavUZdFf8DbklH7M/o"', "message"),
    ),
    "outlook_message_updated_mixedcase_inferred": (
        *(f"users/{ADA}/messages/{MESSAGE}", "updated"),
        *('W/"CQAAABYAAAj/t5iovL+/VCt7I3II5c7MlF/E/HM3"', "message"),
    ),
    "printer_updated": ("print/printers/<printer-id>/jobs/<job-id>", "updated", "", "printer"),
    "todo_created": (f"users/{ADA}/tasks", "created", "", "todo"),
    "user_updated": ("users/e95b1d47-6c02-4a8e-b3f9-70d4a6158c2e", "updated", "639172045381506274", "user"),
    "lifecycle_missed_inferred": ("", "missed", "", "missed"),
    "lifecycle_reauthorizationRequired": (
        *("", "reauthorizationRequired", ""),
        "subscriptionreauthorizationrequired",
    ),
}


def test_every_sample_is_read_here():
    assert {f"eg_{name}.json" for name in SHAPES} == {path.name for path in SAMPLES.glob("eg_*.json")}


@pytest.mark.parametrize("name", SHAPES)
def test_a_documented_shape_is_read(name):
    event = json.loads(sample(f"eg_{name}.json"))

    reading = reading_of(json.dumps(event))

    told = reading.notification
    assert (told.resource, told.change_type or told.lifecycle, told.version, told.noun) == SHAPES[name]
    assert (told.event_id, told.type, told.source) == (event["id"], event["type"], event["source"])
    assert told.time == datetime.fromisoformat(event["time"])
    assert told.tenant_id in (TENANT, "")
    assert told.subscription_id in event["data"].values()
    assert reading.client_state == SAMPLE_STATE
    assert SAMPLE_STATE not in told.body + repr(reading)


@pytest.mark.parametrize(
    "event_type",
    [
        *("User", "Group", "Event", "Contact", "Message", "CallRecord", "ChatMessage", "DriveItem", "List", "ToDo"),
        *("Alert", "Printer", "PrintTaskDefinition", "Conversation", "SomethingNew"),
    ],
)
@pytest.mark.parametrize("change", ["Created", "Updated", "Deleted"])
def test_the_change_is_told_by_the_type_where_data_does_not_say_it(event_type, change):
    text = cloud_event(f"microsoft.graph.{event_type}{change}", {"resource": "x"}, subject="", time=NOW)

    told = reading_of(text).notification

    assert (told.change_type, told.noun) == (change.lower(), event_type.lower())


@pytest.mark.parametrize("fold", [str.lower, str.upper, str.title])
def test_keys_of_data_are_read_in_any_case(fold):
    event = json.loads(mail_event())
    plain = reading_of(json.dumps(event))
    event["data"] = {fold(key): value for key, value in event["data"].items()}
    event["data"][fold("ResourceData")] = {
        fold(key): value for key, value in event["data"][fold("ResourceData")].items()
    }

    folded = reading_of(json.dumps(event))

    assert folded.client_state == plain.client_state
    assert folded.notification.resource == plain.notification.resource
    assert folded.notification.version == plain.notification.version
    assert "clientstate" not in folded.notification.body.lower()


def test_a_misspelt_odata_id_stands_for_a_missing_resource():
    data = {"changeType": "created", "resourceData": {"od@ata.id": f"Users/{ADA}/Events/X", "od@ata.etag": "E"}}

    told = reading_of(cloud_event("Microsoft.Graph.EventCreated", data, subject="", time=NOW)).notification

    assert (told.resource, told.version) == (f"users/{ADA}/events/X", "E")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (f"Users/{ADA.upper()}/Messages/AAMkX=", f"users/{ADA}/messages/AAMkX="),
        (f"/users/{ADA}/messages/AAMkX=/", f"users/{ADA}/messages/AAMkX="),
        (f"users('{ADA}')/mailFolders('Inbox')/messages('A')", f"users/{ADA}/mailfolders/Inbox/messages/A"),
        (f"HTTPS://outlook.office365.com/api/v2.0/Users('{ADA}@{TENANT}')/Events('A')", f"users/{ADA}/events/A"),
        (f"https://graph.microsoft.com/v1.0/users/{ADA}", f"users/{ADA}"),
        (f"todob2/graph/v1/users({ADA})/tasks", f"users/{ADA}/tasks"),
        (f"users/{ADA}/todo/lists/AAMkL=/tasks/AAMkT=", f"users/{ADA}/todo/lists/AAMkL=/tasks/AAMkT="),
        ("chats('19:X@thread.v2')/messages('1')", "chats/19:X@thread.v2/messages/1"),
        ("AlertId==", "AlertId=="),
        ("", ""),
    ],
)
def test_a_resource_has_one_spelling_and_ids_keep_their_case(written, normal):
    assert normal_resource(written) == normal
    assert normal_resource(normal) == normal


@pytest.mark.parametrize(
    ("resource", "owner"),
    [(f"users/{ADA}/messages/A", ADA), (f"Users/{ADA}/Messages", ADA), (f"users/{ADA}", None), ("groups/G/x", None)],
)
def test_the_owner_stands_in_a_person_s_path(resource, owner):
    assert owner_of(resource) == owner


@pytest.mark.parametrize(
    "kind", ["missed", "Missed", "MISSED", "subscriptionRemoved", "SubscriptionRemoved", "reauthorizationrequired"]
)
def test_a_lifecycle_event_is_known_by_its_data_in_any_spelling(kind):
    data = {"LifecycleEvent": kind, "ClientState": SECRET, "organizationId": TENANT.upper()}

    reading = reading_of(cloud_event("Microsoft.Graph.Whatever", data, subject="", time=NOW))

    told = reading.notification
    assert told.lifecycle.lower() == kind.lower()
    assert (told.change_type, told.tenant_id, reading.client_state) == ("", TENANT, SECRET)


@pytest.mark.parametrize(
    ("event_type", "lifecycle"),
    [
        ("microsoft.graph.subscriptionReauthorizationRequired", "reauthorizationRequired"),
        ("Microsoft.Graph.ReauthorizationRequired", "reauthorizationRequired"),
        ("Microsoft.Graph.SubscriptionRemoved", "subscriptionRemoved"),
        ("MICROSOFT.GRAPH.SUBSCRIPTIONMISSED", "missed"),
        ("Microsoft.Graph.SubscriptionMissedNotifications", "missed"),
    ],
)
def test_a_lifecycle_event_is_known_by_its_type(event_type, lifecycle):
    assert reading_of(cloud_event(event_type, {}, subject="", time=NOW)).notification.lifecycle == lifecycle


@pytest.mark.parametrize(
    ("event_type", "data", "told"),
    [
        ("Microsoft.Graph.PresenceChanged", {"resource": "x"}, ("x", "updated", "presencechanged")),
        ("Microsoft.Graph.SomethingNew", {"changeType": "Moved", "resource": "x"}, ("x", "moved", "somethingnew")),
        ("Contoso.Whatever", {"resourceData": {"@odata.id": "a/b"}}, ("a/b", "updated", "whatever")),
        ("Microsoft.Graph.ConversationDeleted", {}, ("Groups/G", "deleted", "conversation")),
    ],
)
def test_an_unknown_type_flows_through_as_a_change_of_what_it_names(event_type, data, told):
    found = reading_of(cloud_event(event_type, data, subject="Groups/G", time=NOW)).notification

    assert (found.resource, found.change_type, found.noun) == (told[0].replace("Groups", "groups"), *told[1:])


def test_an_array_is_read_event_by_event_and_one_bad_event_spoils_no_other():
    readings = read(f"[{mail_event(number=1)}, 7, {{}}, {lifecycle_event('missed')}]")

    assert [type(one) for one in readings] == [Reading, Unreadable, Unreadable, Reading]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-06-16T12:00:00Z", NOW),
        ("2026-06-16t12:00:00z", NOW),
        ("2026-06-16T13:00:00+01:00", NOW),
        ("2026-06-16T12:00:00.1234567Z", NOW.replace(microsecond=123456)),
        ("2026-06-16T12:00:00.123456789012Z", NOW.replace(microsecond=123456)),
        ("2026-06-16T12:00:00", None),
        ("2026-06-16", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("yesterday", None),
        (None, None),
        (1718539200, None),
    ],
)
def test_a_time_is_aware_and_in_utc_or_there_is_none(text, time):
    found = parse_time(text)

    assert found == time
    assert found is None or found.tzinfo is UTC


def test_a_number_beyond_2_to_the_53rd_loses_no_digit():
    data = {"changeType": "updated", "resource": "users/x", "resourceData": {"sequenceNumber": 2**63 + 1}}

    told = reading_of(cloud_event("Microsoft.Graph.UserUpdated", data, subject="", time=NOW)).notification

    assert told.version == str(2**63 + 1)
    assert str(2**63 + 1) in told.body


ODD = {
    "empty": "",
    "not JSON": "<html>",
    "a word": "null",
    "half an event": mail_event()[:200],
    "NaN": mail_event().replace('"specversion"', '"x": NaN, "specversion"'),
    "infinity": mail_event().replace('"specversion"', '"x": -Infinity, "specversion"'),
    "a number without an end": mail_event().replace('"specversion"', '"x": 1e999, "specversion"'),
    "a number of 5,000 digits": mail_event().replace('"specversion"', f'"x": {"9" * 5000}, "specversion"'),
    "deep array": "[" * 100_000 + "]" * 100_000,
    "deep object": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "deep, but JSON": '{"data":' * 5_000 + "1" + "}" * 5_000,
    "lone surrogate": "\ud800",
    "data as text": json.dumps({"id": "1", "source": "s", "type": "t", "data": "{}"}),
    "no id": mail_event().replace('"id"', '"no"', 1),
    "id of the wrong type": mail_event().replace('"id"', '"id": true, "was"', 1),
    "data is null": json.dumps({"id": "1", "source": "s", "type": "t", "data": None}),
    "data of nothing": cloud_event("Microsoft.Graph.UserUpdated", {}, subject="", time=NOW),
    "no resource": cloud_event("Microsoft.Graph.UserUpdated", {"changeType": "updated"}, subject="", time=NOW),
    "1 MB of brackets": "(" * 1_000_000,
    "1 MB of states": '{"clientState":"' * 65_000,
    "1 MB of beginnings of tokens": "eyJ" * 350_000,
    "1 MB of tokens": "eyJ.eyJ-" * 130_000,
    "1 MB of dots": "." * 1_000_000,
    "1 MB of backslashes": 'clientState"' + "\\" * 1_000_000,
}


@pytest.mark.parametrize("name", ODD)
def test_anything_else_is_unreadable_with_a_reason_and_no_exception(name):
    (found,) = read(ODD[name])

    assert isinstance(found, Unreadable)
    assert found.fault


@pytest.mark.parametrize(
    "wrong", [None, True, 7, -1.5, "", "x", [], [[]], {}, {"clientState": {}}, "\0", "\ud83d", "é", "x" * 1_000_000]
)
@pytest.mark.parametrize("key", ["subject", "time", "SubscriptionId", "Resource", "ResourceData", "clientState"])
def test_a_member_of_any_type_is_read_or_unreadable(key, wrong):
    event = json.loads(mail_event())
    (event if key in event else event["data"])[key] = wrong

    (found,) = read(json.dumps(event))

    if isinstance(found, Reading):
        told = found.notification
        texts = (told.subject, told.resource, told.subscription_id, told.version)
        assert all(len(text.encode()) <= 4 * 1024 and "\0" not in text for text in texts)
        assert found.client_state is None or isinstance(found.client_state, str)


def test_duplicate_keys_are_no_way_around_the_removal_of_client_state():
    text = mail_event(state=SECRET).replace('"tenantId"', f'"CLIENTSTATE": "{SECRET}", "tenantId"')

    reading = reading_of(text.replace('"data"', f'"data": {{"clientState": "{SECRET}"}}, "data"'))

    assert SECRET not in reading.notification.body


@pytest.mark.parametrize(
    "text",
    [
        f'{{"clientState": "{SECRET}", NaN}}',
        f'{{"CLIENTSTATE" : "{SECRET}',
        f'{{"client_state":"{SECRET}"}} trailing',
        json.dumps(f'{{"clientState": "{SECRET}"}}'),
        json.dumps(json.dumps({"data": {"ClientState": SECRET, "after": "kept"}})),
        json.dumps({"id": "1", "source": "s", "type": "t", "data": json.dumps({"clientState": SECRET})}),
    ],
)
def test_what_is_unreadable_holds_no_client_state_either(text):
    (found,) = read(text)

    assert isinstance(found, Unreadable)
    assert SECRET not in found.text


@pytest.mark.parametrize("cut", [10, 30, 60, 200])
def test_what_is_unreadable_holds_no_signed_token_either(cut):
    token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhLXBsYWNlIn0.c2lnbmF0dXJlLWJ5LXNvbWVib2R5"

    (found,) = read(f'["Bearer {token[:cut]}')

    assert isinstance(found, Unreadable)
    assert "eyJ" not in found.text
    assert "c2ln" not in found.text


def test_redaction_leaves_everything_else():
    assert redacted(r'{"clientState": "a\"b", "x": "y"}') == '{"clientState": "", "x": "y"}'
    assert redacted("clientState alone") == "clientState alone"
