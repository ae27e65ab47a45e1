"""Every sentence with which an outbox item is refused, the bounds of each member, and what a right one is read as."""

import pytest

from shared.domain.outbox import MAX_RECIPIENTS, MAX_SUBJECT, MAX_TEXT, InvalidItem, Kind, OutboxItem, read_item

ID = "AB000000-0000-4000-8000-00000000000A"
NEW = {"outbox_id": ID, "kind": "new", "to": ["grace@example.test"], "subject": "Lunch?", "text": "At noon."}
REPLY = {"outbox_id": ID, "kind": "reply", "message_id": "m1", "text": "Yes."}
NO_SUBJECT = "subject: want at most 255 characters in one line"
NO_LIST = "to: want a list of 1 to 500 addresses"
NO_ANSWER = "message_id: which message is answered?"


def faults_of(body: object) -> list[str]:
    with pytest.raises(InvalidItem) as refused:
        read_item(body)
    assert str(refused.value) == "; ".join(refused.value.faults)
    return list(refused.value.faults)


def test_a_new_message_is_read_whole():
    read = OutboxItem(
        id=ID.lower(), kind=Kind.NEW, message_id="", to=("grace@example.test",), subject="Lunch?", text="At noon."
    )

    assert read_item(NEW) == read


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.REPLY_ALL])
def test_a_reply_is_read_whole(kind):
    read = OutboxItem(id=ID.lower(), kind=kind, message_id="m1", to=(), subject="", text="Yes.")

    assert read_item(REPLY | {"kind": str(kind)}) == read
    assert read_item(REPLY | {"kind": str(kind), "to": [], "subject": ""}) == read


def test_a_subject_may_be_left_out_of_a_new_message():
    assert read_item({key: value for key, value in NEW.items() if key != "subject"}).subject == ""


@pytest.mark.parametrize(
    "members",
    [
        {"text": "x" * MAX_TEXT},
        {"subject": "x" * MAX_SUBJECT},
        {"to": ["grace@example.test"] * MAX_RECIPIENTS},
        {"message_id": ""},
        {"message_id": None},
    ],
)
def test_what_just_fits_is_taken(members):
    assert read_item(NEW | members).kind is Kind.NEW


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"colour": "red"}, "colour: unknown key"),
        ({"outbox_id": "7"}, "outbox_id: want a GUID"),
        ({"outbox_id": None}, "outbox_id: want a GUID"),
        ({"outbox_id": f"{{{ID}}}"}, "outbox_id: want a GUID"),
        ({"text": " \n"}, "text: there is nothing to send"),
        ({"text": 7}, "text: there is nothing to send"),
        ({"text": "x" * (MAX_TEXT + 1)}, "text: over 500,000 characters"),
        ({"message_id": "m1"}, "message_id: only a reply has one"),
        ({"subject": "x" * (MAX_SUBJECT + 1)}, NO_SUBJECT),
        ({"subject": "a\nb"}, NO_SUBJECT),
        ({"subject": 7}, NO_SUBJECT),
        ({"subject": None}, NO_SUBJECT),
        ({"to": []}, NO_LIST),
        ({"to": "grace@example.test"}, NO_LIST),
        ({"to": ["grace@example.test"] * (MAX_RECIPIENTS + 1)}, NO_LIST),
        ({"to": ["grace@example.test", "eve"]}, "to: 'eve' is no mail address"),
        ({"to": [7]}, "to: 7 is no mail address"),
    ],
)
def test_each_fault_of_a_new_message_has_its_own_sentence(members, fault):
    assert faults_of(NEW | members) == [fault]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"to": ["eve@example.test"]}, "to: a reply takes it from the message it answers"),
        ({"subject": "Lunch?"}, "subject: a reply takes it from the message it answers"),
        ({"message_id": ""}, NO_ANSWER),
        ({"message_id": 7}, NO_ANSWER),
        ({"message_id": None}, NO_ANSWER),
        ({"kind": "fax"}, "kind: want one of new, reply, reply_all"),
    ],
)
def test_each_fault_of_a_reply_has_its_own_sentence(members, fault):
    assert faults_of(REPLY | members) == [fault]


def test_a_list_that_is_none_is_told_after_the_other_faults():
    assert faults_of(NEW | {"subject": 7, "to": 7, "message_id": "m"}) == [
        "message_id: only a reply has one",
        NO_SUBJECT,
        NO_LIST,
    ]


def test_what_has_no_members_is_told_all_that_is_missing():
    assert faults_of([]) == ["want a JSON object"]
    assert faults_of({}) == [
        "outbox_id: want a GUID",
        "kind: want one of new, reply, reply_all",
        "text: there is nothing to send",
        NO_ANSWER,
    ]
