"""Calendars, contacts, tasks, drives, groups, chats: what is told of their changes, to whom, and who may make them."""

import pytest
from graph_builders import bearer, delegated_token

from twin.graph import seeds
from twin.graph.entity_kinds import CHANNEL_MESSAGE

TIMES = {
    "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Paris"},
    "end": {"dateTime": "2026-12-01T10:00:00", "timeZone": "UTC"},
}


@pytest.fixture
def me(call, world):
    async def request(alias, method, path, json=None, *, scopes="Chat.ReadWrite ChannelMessage.Send Chat.Create"):
        return await call(method, path, json, headers=bearer(delegated_token(world, alias, scopes=scopes)))

    return request


@pytest.mark.parametrize(
    ("path", "body", "resource", "name"),
    [
        ("/users/{ada}/events", TIMES, "users/{ada}/events", "Event"),
        ("/users/{ada}/contacts", {"givenName": "C"}, "users/{ada}/contacts", "Contact"),
        (
            "/users/{ada}/contactFolders/contacts/contacts",
            {"givenName": "C"},
            "users/{ada}/contactFolders/contacts/contacts",
            "Contact",
        ),
    ],
)
async def test_outlook_items_are_told_as_messages_are(call, world, event_grid, watch, ada, path, body, resource, name):
    row = await watch(resource.format(ada=ada))
    path = path.format(ada=ada)

    made = (await call("POST", path, body)).json()
    changed = (await call("PATCH", f"{path}/{made['id']}", body)).json()
    await call("DELETE", f"{path}/{made['id']}")

    told = f"Users/{ada}/{name}s/{made['id']}"
    assert [event["type"] for event in event_grid.events] == [
        f"Microsoft.Graph.{name}{change}" for change in ("Created", "Updated", "Deleted")
    ]
    assert {event["data"]["Resource"] for event in event_grid.events} == {told}
    assert [event["data"]["ResourceData"]["@odata.etag"] for event in event_grid.events[:2]] == [
        made["@odata.etag"],
        changed["@odata.etag"],
    ]
    assert [(change.resource, change.change_type) for change in world.ledger.changes] == [
        (told, "created"),
        (told, "updated"),
        (told, "deleted"),
    ]
    assert {change.announced_to for change in world.ledger.changes} == {(row,)}


async def test_a_task_is_told_with_a_capital_and_without_its_tenant(call, event_grid, watch, ada):
    tasks = f"users/{ada}/todo/lists/{seeds.tasks_list(ada)}/tasks"
    await watch(tasks)

    made = (await call("POST", f"/{tasks}", {"title": "Punch cards"})).json()

    (event,) = event_grid.events
    assert (event["type"], event["subject"]) == ("Microsoft.Graph.ToDoCreated", f"TodoTask/{made['id']}")
    assert (event["data"]["changeType"], event["data"]["resourceData"]["id"]) == ("Created", made["id"])
    assert "tenantId" not in event["data"]
    assert event["data"]["resource"] == f"todob2/graph/v1/users({ada})/tasks"


async def test_a_drive_only_ever_says_that_it_was_updated(call, world, event_grid, watch, ada):
    drive = world.graph.drives.of(ada)
    await watch(f"drives/{drive.id}/root", "updated")
    await watch(f"users/{ada}/drive/root", "updated")

    put = await call("PUT", f"/users/{ada}/drive/root:/a.txt:/content", content=b"x")
    await call("DELETE", f"/drives/{drive.id}/items/{put.json()['id']}")

    assert put.status_code == 201
    assert [event["type"] for event in event_grid.events] == ["Microsoft.Graph.DriveItemUpdated"] * 4
    assert not any("changeType" in event["data"] for event in event_grid.events)
    assert [change.change_type for change in world.ledger.changes] == ["created", "deleted"]
    assert len({change.resource for change in world.ledger.changes}) == 1


async def test_a_group_is_told_of_its_members_and_its_end(call, world, event_grid, watch, ada):
    await watch("groups", "updated,deleted")
    await watch(f"groups/{seeds.TEAM_ID}/members", "updated,deleted")
    members = f"/groups/{seeds.TEAM_ID}/members"

    removed = await call("DELETE", f"{members}/{ada}/$ref")
    again = await call("DELETE", f"{members}/{ada}/$ref")
    await call("DELETE", f"/groups/{seeds.TEAM_ID}")
    await call("DELETE", f"/directory/deletedItems/{seeds.TEAM_ID}")

    assert (removed.status_code, again.status_code) == (204, 404)
    kinds = [event["type"].removeprefix("Microsoft.Graph.Group") for event in event_grid.events]
    assert kinds == ["Updated", "Updated", "Updated", "Deleted"]
    assert {event["data"]["resource"] for event in event_grid.events} == {f"Groups/{seeds.TEAM_ID}"}
    assert [change.change_type for change in world.ledger.changes] == ["updated", "updated", "deleted"]
    numbers = [int(change.version) for change in world.ledger.changes]
    assert numbers == sorted(set(numbers))


async def test_a_deleted_group_can_be_restored(call):
    path = f"/groups/{seeds.TEAM_ID}"

    await call("DELETE", path)
    gone = await call("GET", path)
    restored = await call("POST", f"/directory/deletedItems/{seeds.TEAM_ID}/restore")

    assert (gone.status_code, restored.status_code) == (404, 200)
    assert (await call("GET", path)).status_code == 200


async def test_the_last_owner_stays(call, ada):
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    body["owners@odata.bind"] = [f"https://graph.microsoft.com/v1.0/users/{ada}"]
    group = (await call("POST", "/groups", body)).json()["id"]

    assert (await call("DELETE", f"/groups/{group}/owners/{ada}/$ref")).status_code == 400
    assert [row["id"] for row in (await call("GET", f"/groups/{group}/owners")).json()["value"]] == [ada]


async def test_groups_within_each_other_list_everybody_once(call, world):
    body = {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True}
    outer = (await call("POST", "/groups", body)).json()["id"]
    for parent, child in ((outer, seeds.TEAM_ID), (seeds.TEAM_ID, outer), (outer, world.people[0].id)):
        link = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{child}"}
        assert (await call("POST", f"/groups/{parent}/members/$ref", link)).status_code == 204

    rows = (await call("GET", f"/groups/{outer}/transitiveMembers/microsoft.graph.user")).json()["value"]

    assert sorted(row["id"] for row in rows) == sorted(person.id for person in world.people)


async def test_chat_messages_reach_those_who_watch_the_chat_all_chats_or_a_member(me, event_grid, watch, ada):
    await watch(f"chats/{seeds.CHAT_ID}/messages")
    await watch("chats/getAllMessages")
    await watch(f"users/{ada}/chats/getAllMessages")
    path = f"/chats/{seeds.CHAT_ID}/messages"

    made = (await me("grace", "POST", path, {"body": {"content": "Lunch?"}})).json()
    changed = await me("grace", "PATCH", f"{path}/{made['id']}", {"body": {"content": "Dinner?"}})
    foreign = await me("ada", "PATCH", f"{path}/{made['id']}", {"body": {"content": "No"}})
    deleted = await me("grace", "POST", f"/users/me{path}/{made['id']}/softDelete")

    assert (changed.status_code, foreign.status_code, deleted.status_code) == (204, 403, 204)
    told = [(event["type"].removeprefix("Microsoft.Graph."), event["data"]["resource"]) for event in event_grid.events]
    resource = f"chats('{seeds.CHAT_ID}')/messages('{made['id']}')"
    kinds = ("ChatMessageCreated", "ChatMessageUpdated", "ChatMessageDeleted")
    assert told == [(kind, resource) for kind in kinds for _ in range(3)]
    row = (await me("ada", "GET", f"{path}/{made['id']}")).json()
    assert (row["body"]["content"], row["deletedDateTime"] is None) == ("", False)


async def test_a_chat_is_for_its_members(me, world):
    members = [{"user@odata.bind": f"https://graph.microsoft.com/v1.0/users('{world.people[1].id}')"}]
    chat = (await me("grace", "POST", "/chats", {"chatType": "group", "topic": "x", "members": members})).json()

    assert (await me("grace", "GET", f"/chats/{chat['id']}/messages")).status_code == 200
    assert (await me("ada", "GET", f"/chats/{chat['id']}/messages")).status_code == 403
    assert [row["topic"] for row in (await me("ada", "GET", "/me/chats")).json()["value"]] == ["Lunch"]


async def test_channel_messages_are_caught_up_with_and_kept_when_deleted(me, call, watch, event_grid):
    channel = f"/teams/{seeds.TEAM_ID}/channels/{seeds.CHANNEL_ID}/messages"
    await watch(channel)
    link = (await call("GET", f"{channel}/delta")).json()["@odata.deltaLink"]

    made = (await me("ada", "POST", channel, {"body": {"content": "Hello"}})).json()
    await me("ada", "POST", f"{channel}/{made['id']}/softDelete")
    rows = await _rows(call, link)

    assert [(row["id"], row["deletedDateTime"] is None) for row in rows] == [(made["id"], False)]
    assert [event["type"][-7:] for event in event_grid.events] == ["Created", "Deleted"]


async def _rows(call, path):
    rows = []
    while path:
        page = (await call("GET", path)).json()
        rows, path = rows + page["value"], page.get("@odata.nextLink")
    return rows


async def test_times_of_events_are_kept_in_utc_and_checked(call, ada):
    made = (await call("POST", f"/users/{ada}/events", TIMES)).json()
    wrong = [
        await call("POST", f"/users/{ada}/events", TIMES | {"start": start})
        for start in (
            {"dateTime": "9 o'clock", "timeZone": "UTC"},
            {"dateTime": "2026-12-01T09:00:00", "timeZone": "X"},
            1,
        )
    ]

    assert made["start"] == {"dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC"}
    assert [answer.status_code for answer in wrong] == [400] * 3
    assert (await call("POST", f"/users/{ada}/events", {"subject": "x"})).status_code == 400
    assert (await call("GET", f"/users/{ada}/calendarView")).status_code == 400


async def test_everything_below_a_deleted_list_is_gone(call, ada):
    made = (await call("POST", f"/users/{ada}/todo/lists", {"displayName": "x"})).json()
    tasks = f"/users/{ada}/todo/lists/{made['id']}/tasks"
    await call("POST", tasks, {"title": "y"})

    await call("DELETE", f"/users/{ada}/todo/lists/{made['id']}")

    assert (await call("GET", tasks)).status_code == 404


async def test_what_nobody_watches_is_in_the_ledger_all_the_same(world):
    world.graph.entities.create(CHANNEL_MESSAGE, (seeds.TEAM_ID, seeds.CHANNEL_ID), {"body": {"content": "x"}})

    assert [change.announced_to for change in world.ledger.changes] == [()]
