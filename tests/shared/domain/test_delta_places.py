"""Where delta is read for each resource, and what its findings are called."""

from datetime import UTC, datetime

import pytest
from builders import ADA, NOW, sample

from shared.domain.catch_up.delta import DELTAS, SeenBy, change_of, places_of
from shared.domain.events.notifications import read
from shared.domain.watching.resources import RESOURCES

ID = "AAMk000001="


@pytest.mark.parametrize(
    ("resource", "listing", "ids", "paths", "item"),
    [
        (
            f"users/{ADA}/messages",
            f"users/{ADA}/mailFolders",
            ["a", "b/c"],
            [f"users/{ADA}/mailFolders/a/messages/delta", f"users/{ADA}/mailFolders/b%2Fc/messages/delta"],
            f"users/{ADA}/messages/{ID}",
        ),
        (
            f"users/{ADA}/mailFolders('Inbox')/messages",
            "",
            [],
            [f"users/{ADA}/mailFolders/Inbox/messages/delta"],
            f"users/{ADA}/messages/{ID}",
        ),
        (
            f"users/{ADA}/events",
            "",
            [],
            [f"users/{ADA}/calendarView/delta", f"users/{ADA}/calendarView/delta"],
            f"users/{ADA}/events/{ID}",
        ),
        (
            f"users/{ADA}/contacts",
            f"users/{ADA}/contactFolders",
            ["x"],
            [f"users/{ADA}/contactFolders/contacts/contacts/delta", f"users/{ADA}/contactFolders/x/contacts/delta"],
            f"users/{ADA}/contacts/{ID}",
        ),
        ("users", "", [], ["users/delta"], f"users/{ID}"),
        (f"users/{ADA}", "", [], ["users/delta"], f"users/{ID}"),
        ("groups", "", [], ["groups/delta"], f"groups/{ID}"),
        ("groups/G/members", "", [], ["groups/delta"], f"groups/{ID}"),
        ("drives/D/root", "", [], ["drives/D/root/delta"], f"drives/D/items/{ID}"),
        ("sites/S/lists/L", "", [], ["sites/S/lists/L/items/delta"], f"sites/S/lists/L/items/{ID}"),
        (
            f"users/{ADA}/todo/lists/L/tasks",
            "",
            [],
            [f"users/{ADA}/todo/lists/L/tasks/delta"],
            f"users/{ADA}/todo/lists/L/tasks/{ID}",
        ),
        (
            "teams/T/channels/C/messages",
            "",
            [],
            ["teams/T/channels/C/messages/delta"],
            f"teams/T/channels/C/messages/{ID}",
        ),
    ],
)
def test_where_a_resource_is_read(resource, listing, ids, paths, item):
    places = places_of(resource)

    assert places is not None
    assert places.listing == listing
    assert [place.path.partition("?")[0] for place in places.of(ids, now=NOW)] == paths
    assert places.item_path(ID) == item
    assert places.item_of(places.item_resource(ID)) == ID
    assert places.item_of("d2f840b6-37ae-4c91-85d0-6b1e9f72c3a4") == ""


@pytest.mark.parametrize("resource", [path for one in RESOURCES if not one.delta for path in one.paths])
def test_without_delta_there_is_no_place_to_read(resource):
    assert places_of(resource.replace("{", "").replace("}", "")) is None


def test_one_user_is_asked_for_alone():
    places = places_of(f"users/{ADA}")

    assert places is not None
    assert places.of([], now=NOW)[0].path == f"users/delta?$filter=id eq '{ADA}'"
    assert places.only == ADA


def test_groups_are_read_with_their_members():
    places = places_of("groups")

    assert places is not None
    assert "members" in places.of([], now=NOW)[0].path


def test_a_drive_s_first_reading_asks_only_for_the_link_to_what_comes_later():
    (place,) = places_of("drives/D/root").of([], now=NOW)

    assert (place.path, place.mark) == ("drives/D/root/delta", "drives/D/root/delta?token=latest")


@pytest.mark.parametrize(
    ("now", "years"),
    [
        (datetime(2026, 1, 30, tzinfo=UTC), [2025, 2026, 2027]),
        (datetime(2026, 2, 1, tzinfo=UTC), [2026, 2027]),
        (datetime(2026, 12, 31, tzinfo=UTC), [2026, 2027]),
        (datetime(2028, 1, 1, tzinfo=UTC), [2027, 2028]),  # a leap year has 366 days
    ],
)
def test_the_years_of_a_calendar_that_touch_a_month_back_and_a_year_ahead(now, years):
    places = places_of(f"users/{ADA}/events").of([], now=now)

    assert [place.key for place in places] == [f"|{year}" for year in years]
    assert [place.path.partition("?")[2] for place in places] == [
        f"startDateTime={year}-01-01T00:00:00Z&endDateTime={year + 1}-01-01T00:00:00Z" for year in years
    ]


def test_what_can_be_compared_is_what_both_sides_say():
    """The facts behind `seen_by`, as the documented and observed samples show them."""

    def version_of(name: str) -> str:
        (reading,) = read(sample(name))
        return reading.notification.version

    assert version_of("eg_outlook_message_created_mixedcase_observed.json").startswith("W/")
    assert version_of("eg_todo_created.json") == version_of("eg_drive_item_updated.json") == ""
    assert DELTAS["messages"].seen_by is SeenBy.VERSION
    assert {DELTAS[name].seen_by for name in ("tasks", "drive_items", "users", "groups")} == {SeenBy.NOTHING}


ALL, DIRECTORY = ("created", "updated", "deleted"), ("updated", "deleted")


@pytest.mark.parametrize(
    ("kind", "facts", "wanted", "told"),
    [
        ("messages", {}, ALL, "updated"),
        ("messages", {"is_new": True}, ALL, "created"),
        ("messages", {"is_removed": True, "is_new": True}, ALL, "deleted"),
        ("messages", {}, ("created",), None),
        ("messages", {"is_removed": True}, ("created", "updated"), None),
        ("messages", {"is_new": True}, ("updated",), None),
        ("messages", {"is_new": True, "was_changed": True}, ("updated",), "updated"),
        ("users", {"is_new": True}, DIRECTORY, "updated"),
        ("users", {"is_removed": True}, DIRECTORY, "deleted"),
        ("users", {"is_removed": True, "is_restorable": True}, DIRECTORY, "updated"),
        ("users", {"is_removed": True}, ("updated",), None),
        ("drive_items", {"is_removed": True}, ("updated",), "updated"),
        ("drive_items", {"is_new": True}, ("updated",), "updated"),
    ],
)
def test_a_change_is_called_what_graph_would_have_called_it(kind, facts, wanted, told):
    usual = {"is_removed": False, "is_restorable": False, "is_new": False, "was_changed": False}

    assert change_of(DELTAS[kind], **{**usual, **facts}, wanted=wanted) == told
