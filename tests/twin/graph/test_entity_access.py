"""Which permission each simple kind asks for, and that people reach what is their own."""

import pytest
from graph_builders import bearer, delegated_token, token

from twin.graph import seeds

TIMES = {
    "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Paris"},
    "end": {"dateTime": "2026-12-01T10:00:00", "timeZone": "UTC"},
}


@pytest.mark.parametrize(
    ("path", "roles", "status"),
    [
        ("/users/{ada}/events", ("Mail.Read",), 403),
        ("/users/{ada}/events", ("Calendars.Read",), 200),
        ("/users/{ada}/contacts", ("Calendars.Read",), 403),
        ("/users/{ada}/todo/lists", ("Contacts.Read",), 403),
        ("/groups", ("User.Read.All",), 403),
        ("/groups", ("GroupMember.Read.All",), 200),
        ("/users/{ada}/drive", ("Sites.Read.All",), 403),
        ("/users/{ada}/drive/root/children", ("Files.Read.All",), 200),
        (f"/chats/{seeds.CHAT_ID}/messages", ("Chat.ReadBasic.All",), 403),
        (f"/teams/{seeds.TEAM_ID}/channels/{seeds.CHANNEL_ID}/messages", ("Chat.Read.All",), 403),
    ],
)
async def test_each_kind_needs_its_permission(call, world, ada, path, roles, status):
    answer = await call("GET", path.format(ada=ada), headers=bearer(token(world, roles=roles)))

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["innerError"]["request-id"] == answer.headers["request-id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/users/{ada}/events", TIMES),
        ("POST", "/users/{ada}/contacts", {}),
        ("POST", "/users/{ada}/drive/root/children", {"name": "x", "folder": {}}),
        ("POST", "/groups", {}),
    ],
)
async def test_who_reads_may_not_write(call, world, ada, method, path, body):
    roles = ("Calendars.Read", "Contacts.Read", "Files.Read.All", "Group.Read.All")

    answer = await call(method, path.format(ada=ada), body, headers=bearer(token(world, roles=roles)))

    assert answer.status_code == 403


async def test_people_reach_their_own_calendar_only(call, world, ada):
    headers = bearer(delegated_token(world, "grace", scopes="Calendars.Read Files.Read"))

    assert (await call("GET", "/me/events", headers=headers)).status_code == 200
    assert (await call("GET", f"/users/{ada}/events", headers=headers)).status_code == 403
    assert (await call("GET", f"/users/{ada}/drive/root", headers=headers)).status_code == 403
