"""What an event is read as, member by member, and why one can't be read."""

import json

import pytest
from builders import ADA, TENANT, cloud_event, lifecycle_event, mail_event, reading_of

from shared.domain.events.bodies import body_of
from shared.domain.events.notifications import (
    MAX_KEY,
    Notification,
    Unreadable,
    folded,
    normal_resource,
    owner_of,
    parse_time,
    read,
    redacted,
    refuse_constant,
)

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
MEMBERS = {
    "id": "1",
    "source": "s",
    "type": "Microsoft.Graph.UserUpdated",
    "subject": "S",
    "data": {"resource": "users/x"},
}


def told_by(**members: object) -> Notification:
    return reading_of(json.dumps(MEMBERS | members)).notification


def test_an_event_is_read_whole():
    reading = reading_of(json.dumps(json.loads(mail_event(event_id="7", state="state")) | {"traceparent": TRACE}))

    told = reading.notification
    assert (told.event_id, told.type, told.subject) == (
        "7",
        "Microsoft.Graph.MessageCreated",
        f"Users/{ADA}/Messages/AAMk000001=",
    )
    assert told.source == f"/tenants/{TENANT}/applications/2b6e9d10-58fa-4c37-8e42-91d7a3c40b65"
    assert (told.subscription_id, told.tenant_id) == ("5ba30f96-c82e-4d17-a4b9-e60718d3f25c", TENANT)
    assert (told.resource, told.change_type) == (f"users/{ADA}/messages/AAMk000001=", "created")
    assert (told.version, told.lifecycle) == ('W/"1-1"', "")
    assert (reading.client_state, reading.traceparent) == ("state", TRACE)
    assert json.loads(told.body)["traceparent"] == TRACE
    assert reading_of(mail_event()).traceparent == ""


@pytest.mark.parametrize(
    ("data", "resource"),
    [
        ({"resource": "a/b", "resourceData": {"@odata.id": "c"}}, "a/b"),
        ({"resource": "", "resourceData": {"@odata.id": "c/d"}}, "c/d"),
        ({"resource": 7, "resourceData": {}}, "7"),
        ({"resourceData": 7}, "S"),
        ({"resource": True}, "S"),
    ],
)
def test_a_resource_stands_in_the_data_or_else_in_the_subject(data, resource):
    assert told_by(data=data).resource == resource


def test_a_lifecycle_event_has_a_resource_only_where_its_data_names_one():
    event = json.loads(lifecycle_event("missed"))
    event["data"]["Resource"] = "Users/x"

    assert reading_of(json.dumps(event)).notification.resource == "users/x"
    assert reading_of(lifecycle_event("missed")).notification.resource == ""


@pytest.mark.parametrize(
    ("data", "version"),
    [
        ({"@odata.etag": "E", "sequenceNumber": 7}, "E"),
        ({"@odata.etag": "", "sequenceNumber": 7}, "7"),
        ({"sequenceNumber": 1.5}, ""),
        ({"sequenceNumber": True}, ""),
    ],
)
def test_a_version_is_the_etag_or_else_the_sequence_number(data, version):
    assert told_by(data={"resource": "x", "resourceData": data}).version == version


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"id": ""}, "id missing"),
        ({"id": None, "source": 1.5, "type": True}, "id missing, source missing, type missing"),
        ({"data": []}, "data is no object"),
        ({"source": "", "data": None}, "source missing, data is no object"),
        ({"subject": "", "data": {}}, "neither a change (it names no resource) nor a lifecycle event"),
        ({"x": 1e999}, "nested too deeply, or a number without an end (1e999)"),
    ],
)
def test_an_event_that_is_none_says_what_is_missing(members, fault):
    (found,) = read(json.dumps(MEMBERS | members).replace("Infinity", "1e999"))

    assert isinstance(found, Unreadable)
    assert found.fault == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<", "not JSON: JSONDecodeError"),
        ("[NaN]", "not JSON: ValueError"),
        ("7", "not an object"),
        ("[[]]", "not an object"),
    ],
)
def test_text_that_is_no_event_says_so(text, fault):
    assert [one.fault for one in read(text)] == [fault]


def test_an_event_that_came_alone_is_kept_to_the_letter_but_for_its_state():
    text = r'{"id":"1","source":"s","type":"t","data":{"resource":"x","clientState":"S","note":"a\/b"}}'

    assert reading_of(text).notification.body == text.replace('"clientState":"S",', "")
    assert reading_of(f"[{text}]").notification.body == text.replace('"clientState":"S",', "").replace(r"\/", "/")


def test_text_that_is_no_event_is_kept():
    assert [one.text for one in read("[{}]")] == ["{}"]
    assert read("<html>")[0].text == "<html>"
    assert read('["a b", 7]')[0].text == '"a b"'
    assert json.loads(read(json.dumps({"id": "1", "x": [1, "y"]}))[0].text) == {"id": "1", "x": [1, "y"]}
    assert json.loads(read(json.dumps(MEMBERS | {"subject": "", "data": {}}))[0].text)["id"] == "1"
    with pytest.raises(ValueError, match=r"^NaN$"):
        refuse_constant("NaN")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * MAX_KEY, "x" * MAX_KEY),
        ("x" * (MAX_KEY + 1), "x" * MAX_KEY),
        ("é" * (MAX_KEY + 1), "é" * MAX_KEY),
        ("a\0b", "ab"),
        ("é\ud800", "é?"),
        (7, "7"),
    ],
)
def test_a_text_is_kept_as_far_as_a_table_keeps_it(text, kept):
    assert told_by(subject=text).subject == kept


def test_of_two_spellings_of_a_key_the_first_with_a_value_stays():
    assert folded({"Id": None, "ID": 1, "id": 2}) == {"id": 1}
    assert folded({"id": 1, "ID": None}) == {"id": 1}
    assert folded({"od@ata.Id": 1, "X": None}) == {"@odata.id": 1, "x": None}


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (f"users/{ADA.upper()}@{TENANT}/x", f"users/{ADA}/x"),
        (f"users/{ADA.upper()}@contoso/x", f"users/{ADA.upper()}@contoso/x"),
        ("users/" + "Z" * 36, "users/" + "Z" * 36),
        ("users/" + "A" * 37, "users/" + "A" * 37),
        ("https://graph.microsoft.com/beta/Users('A')", "users/A"),
        ("http://x/api/v1.0/Users(A)/Events('')/", "users/A/events"),
        ("todo/graph/v1/users/A", "users/A"),
        ("TODOB2/GRAPH/V1/Users/A", "users/A"),
        ("todo/lists/A", "todo/lists/A"),
    ],
)
def test_a_resource_is_written_in_one_way(written, normal):
    assert normal_resource(written) == normal


@pytest.mark.parametrize(
    ("resource", "owner"),
    [("users/a/b/c", "a"), ("users/a", None), ("users//b", ""), ("users", None), ("x/users/a/b", None)],
)
def test_an_owner_is_the_id_behind_users(resource, owner):
    assert owner_of(resource) == owner


def test_a_time_without_a_zone_or_of_another_type_is_none():
    assert parse_time("2026-06-16T12:00:00") is None
    assert parse_time(20260616) is None
    assert parse_time("2026-06-16t14:00:00+02:00") == parse_time("2026-06-16T12:00:00Z")


@pytest.mark.parametrize("blank", [" ", "\n", "\r", "\t"])
def test_a_blank_before_a_colon_hides_no_key_that_comes_twice(blank):
    text = f'{{"id":"1","id"{blank}:"2"}}'

    assert body_of(json.loads(text), text) == '{"id":"2"}'


@pytest.mark.parametrize("text", [r'{"a":[1,[2]],"b":"c\/d"}', r'{"a":[{"b":1}],"c":"d\/e"}', r'{"a":[],"b":"\/"}'])
def test_plain_text_with_lists_is_kept_to_the_letter(text):
    assert body_of(json.loads(text), text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('"CLIENT_STATE" : "a\\"b" x', '"CLIENT_STATE" : "" x'),
        ('"clientState": "a\nb"', '"clientState": ""'),
        (r"\"clientState\":\"a\",\"b\":\"c\"", r"\"clientState\":\"\",\"b\":\"c\""),
        (f"a v1.mail~{'x' * 22}.{'y' * 43} b", "a  b"),
        (f"a v1.mail~{'x' * 15}.{'y' * 43} b", f"a v1.mail~{'x' * 15}.{'y' * 43} b"),
        ("a x.eyJhb-G.c_d b", "a  b"),
    ],
)
def test_secrets_are_blanked_and_nothing_else(text, kept):
    assert redacted(text) == kept


@pytest.mark.parametrize(
    ("event_type", "noun"),
    [
        ("Microsoft.Graph.MessageCreated", "message"),
        ("X.ListUpdated", "list"),
        ("A.B", "b"),
        ("created", ""),
        ("X.DeletedUser", "deleteduser"),
    ],
)
def test_the_noun_is_what_a_type_says_before_the_change(event_type, noun):
    assert (
        reading_of(
            cloud_event(event_type, {"resource": "x"}, subject="", time=parse_time("2026-06-16T12:00:00Z"))
        ).notification.noun
        == noun
    )
