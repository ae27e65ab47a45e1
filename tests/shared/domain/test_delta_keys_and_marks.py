"""By which key a place is kept, where its readings begin, and how entities are named there."""

import pytest
from builders import ADA, NOW

from shared.domain.catch_up.delta import DELTAS, Place, places_of

MAIL = "?$select=createdDateTime,lastModifiedDateTime"
GROUPS = "groups/delta?$select=displayName,description,mail,members"
YEAR = "users/u/calendarView/delta?startDateTime=2026-01-01T00:00:00Z&endDateTime=2027-01-01T00:00:00Z"


def place(key: str, path: str, mark: str = "") -> Place:
    return Place(key=key, path=path, mark=mark or path)


@pytest.mark.parametrize(
    ("resource", "kind", "ids", "first"),
    [
        (
            "/users/u/messages/",
            "messages",
            ["a=b-c_d", "e/f"],
            place("a=b-c_d", f"users/u/mailFolders/a=b-c_d/messages/delta{MAIL}"),
        ),
        (
            "Users/u/MailFolders('F')/Messages",
            "messages",
            [],
            place("F", f"users/u/mailFolders/F/messages/delta{MAIL}"),
        ),
        ("users/u/events", "events", [], place("|2026", YEAR)),
        ("users/u/contacts", "contacts", ["c"], place("contacts", "users/u/contactFolders/contacts/contacts/delta")),
        ("users/u/contactFolders/F/contacts", "contacts", [], place("F", "users/u/contactFolders/F/contacts/delta")),
        ("users", "users", [], place("", "users/delta")),
        ("users/u", "users", [], place("", "users/delta?$filter=id eq 'u'")),
        ("groups", "groups", [], place("", GROUPS)),
        ("groups/g/owners", "groups", [], place("", f"{GROUPS}&$filter=id eq 'g'")),
        ("drives/d/root", "drive_items", [], place("", "drives/d/root/delta", "drives/d/root/delta?token=latest")),
        (
            "users/u/drive/root",
            "drive_items",
            [],
            place("", "users/u/drive/root/delta", "users/u/drive/root/delta?token=latest"),
        ),
        (
            "sites/s/lists/l",
            "list_items",
            [],
            place("", "sites/s/lists/l/items/delta", "sites/s/lists/l/items/delta?token=latest"),
        ),
        ("users/u/todo/lists/l/tasks", "tasks", [], place("", "users/u/todo/lists/l/tasks/delta")),
        ("teams/t/channels/c/messages", "channel_messages", [], place("", "teams/t/channels/c/messages/delta")),
    ],
)
def test_a_place_has_a_key_and_two_beginnings(resource, kind, ids, first):
    places = places_of(resource)

    assert places is not None
    assert places.of(ids, now=NOW)[0] == first
    assert places.kind is DELTAS[kind]


@pytest.mark.parametrize(
    ("resource", "only", "are_many"),
    [
        ("users/u/messages", "", True),
        ("users/u/mailFolders/F/messages", "", False),
        ("users/u/events", "", True),
        ("users/X", "X", False),
        ("groups/g/members", "g", False),
        ("groups", "", False),
    ],
)
def test_only_among_several_places_may_an_entity_move(resource, only, are_many):
    places = places_of(resource)

    assert places is not None
    assert (places.only, places.are_many) == (only, are_many)


def test_a_folder_that_is_listed_twice_is_read_once():
    places = places_of("users/u/contacts")

    assert places is not None
    assert [one.key for one in places.of(["x", "contacts", "x"], now=NOW)] == ["contacts", "x"]


@pytest.mark.parametrize("resource", ["users/u/messages/m/x", "me/messages", "user", "", "groups/g/conversations"])
def test_a_path_of_another_form_is_read_nowhere(resource):
    assert places_of(resource) is None


def test_an_entity_has_an_address_a_name_and_an_id():
    places = places_of(f"users('{ADA.upper()}')/messages")

    assert places is not None
    assert places.item_path("a/b=c-d_e") == f"users/{ADA.upper()}/messages/a%2Fb=c-d_e"
    assert places.item_resource("A=") == f"users/{ADA}/messages/A="
    assert places.item_of(f"users/{ADA}/messages/A=") == "A="
    assert places.item_of(f"users/{ADA}/events/A=") == ""
    assert places.item_of(f"users/{ADA}/messages/A/B") == ""


def test_only_what_versions_compare_for_is_measurable():
    assert {name for name, kind in DELTAS.items() if kind.is_measurable} == {"messages", "events", "contacts"}
