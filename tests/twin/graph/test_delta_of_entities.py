"""What all delta queries share, over every kind that has one: lost tokens, replays, empty pages, `latest`."""

import pytest

from twin.graph import seeds
from twin.graph.entity_kinds import CHANNEL_MESSAGE

WINDOW = "startDateTime=2020-01-01T00:00:00Z&endDateTime=2120-01-01T00:00:00Z"
EVENTS = f"/users/{{ada}}/calendarView/delta?{WINDOW}"
CONTACTS = "/users/{ada}/contactFolders/contacts/contacts/delta"
TASKS = "/users/{ada}/todo/lists/{list}/tasks/delta"
CHANNEL = "/teams/{team}/channels/{channel}/messages/delta"
DRIVE = "/users/{ada}/drive/root/delta"
GROUPS = "/groups/delta"
ALL = [EVENTS, CONTACTS, TASKS, CHANNEL, DRIVE, GROUPS]
OUTLOOK = [EVENTS, CONTACTS, TASKS]


@pytest.fixture
def filled(world):
    """`filled(path)`: the path, with six entities where it leads."""

    def fill(path):
        kinds = {EVENTS: "event", CONTACTS: "contact", TASKS: "toDo", DRIVE: "driveItem"}
        if path in kinds:
            world.graph.trigger(f"{kinds[path]}.created", user="ada", count=6)
        for number in range(6 if path == CHANNEL else 0):
            world.graph.entities.create(
                CHANNEL_MESSAGE, (seeds.TEAM_ID, seeds.CHANNEL_ID), {"body": {"content": str(number)}}
            )
        ada = world.people[0].id
        names = {"ada": ada, "list": seeds.tasks_list(ada), "team": seeds.TEAM_ID, "channel": seeds.CHANNEL_ID}
        return path.format(**names)

    return fill


@pytest.mark.parametrize("path", ALL)
async def test_a_round_ends_in_a_link_under_which_nothing_is_new(filled, read, path):
    rows, _, link = await read(filled(path))

    assert len({row["id"] for row in rows}) == len(rows) >= 1
    assert (await read(link))[0] == []


@pytest.mark.parametrize("path", [path for path in ALL if path != GROUPS])
async def test_pages_have_the_preferred_size_and_some_are_empty(filled, read, path):
    rows, sizes, _ = await read(filled(path), Prefer="odata.maxpagesize=2")

    assert len(rows) in (6, 7)  # a drive has its root as well
    assert max(sizes) == 2
    assert 0 in sizes[:-1]


@pytest.mark.parametrize("path", ALL)
async def test_a_page_can_be_asked_for_again(call, world, filled, path):
    world.switches.empty_delta_pages = False
    first = (await call("GET", filled(path), headers={"Prefer": "odata.maxpagesize=2"})).json()

    link = first.get("@odata.nextLink") or first["@odata.deltaLink"]
    again = [(await call("GET", link)).json()["value"] for _ in range(2)]

    assert again[0] == again[1]


@pytest.mark.parametrize("path", ALL)
async def test_a_change_may_be_told_twice_where_the_switch_says_so(world, filled, read, path):
    world.switches.delta_replays = True

    rows, _, _ = await read(filled(path))

    assert len(rows) == len({row["id"] for row in rows}) + 1
    assert rows[0] == rows[-1]


@pytest.mark.parametrize("path", ALL)
async def test_a_lost_token_says_so_as_its_service_does(call, world, filled, read, path):
    _, _, link = await read(filled(path))
    world.graph.delta.expire_all()

    answer = await call("GET", link)

    assert answer.status_code == 410
    if path in OUTLOOK:
        assert answer.json()["error"]["code"] == "syncStateNotFound"
        return
    assert answer.json()["error"]["code"] == "resyncRequired"
    assert len((await read(answer.headers["Location"]))[0]) >= 1


async def test_a_token_belongs_to_its_own_place(call, filled, read):
    _, _, link = await read(filled(CONTACTS))
    token = link.partition("?")[2]

    answer = await call("GET", f"{filled(TASKS)}?{token}")

    assert answer.status_code == 410


@pytest.mark.parametrize(("path", "option"), [(GROUPS, "$deltatoken=latest"), (DRIVE, "token=latest")])
async def test_latest_starts_from_now_where_it_is_documented(world, filled, read, path, option):
    rows, _, link = await read(f"{filled(path)}?{option}")
    world.graph.trigger("driveItem.created" if path == DRIVE else "group.updated")

    later, _, _ = await read(link)

    assert rows == []
    assert [row.get("name", row.get("displayName")) for row in later if "root" not in row] != []


async def test_latest_means_nothing_to_outlook(call, filled):
    assert (await call("GET", f"{filled(CONTACTS)}?$deltatoken=latest")).status_code == 410


@pytest.mark.parametrize(
    "path", [f"{EVENTS}&$select=subject", f"{CONTACTS}?$filter=x", f"{GROUPS}?$top=5", f"{CHANNEL}?$expand=replies"]
)
async def test_options_that_are_not_documented_are_refused(call, filled, path):
    assert (await call("GET", filled(path))).status_code == 400


@pytest.mark.parametrize("query", ["", "?startDateTime=2026-01-01T00:00:00Z", "?startDateTime=x&endDateTime=y"])
async def test_a_calendar_view_needs_its_window(call, filled, query):
    assert (await call("GET", filled(EVENTS).partition("?")[0] + query)).status_code == 400


async def test_a_deleted_drive_item_has_a_facet_and_no_annotation(call, world, filled, read):
    rows, _, link = await read(filled(DRIVE))
    drive = world.graph.drives.of(world.people[0].id)

    await call("DELETE", f"/drives/{drive.id}/items/{rows[1]['id']}")
    later, _, _ = await read(link)

    (gone,) = [row for row in later if "deleted" in row]
    assert (gone["id"], gone["deleted"]) == (rows[1]["id"], {"state": "deleted"})
    assert "@removed" not in gone


async def test_select_is_kept_for_the_members_of_groups(call, world, read):
    ada = world.people[0].id
    rows, _, link = await read("/groups/delta?$select=displayName")
    with_members, _, members_link = await read("/groups/delta?$select=displayName,members")

    await call("DELETE", f"/groups/{seeds.TEAM_ID}/members/{ada}/$ref")

    assert set(rows[0]) == {"id", "displayName"}
    assert len(with_members[0]["members@delta"]) == len(world.people)
    assert "members@delta" not in (await read(link))[0][0]
    ((later,), _, _) = await read(members_link)
    assert later["members@delta"] == [
        {"@odata.type": "#microsoft.graph.user", "id": ada, "@removed": {"reason": "deleted"}}
    ]


async def test_a_delta_of_the_directory_can_be_for_some_only(call, world, read):
    ada, grace = (person.id for person in world.people[:2])
    rows, _, link = await read(f"/users/delta?$filter=id eq '{ada}' or id eq '{grace}'")

    world.graph.trigger("user.updated", user="grace")
    world.graph.trigger("user.updated", user="alan")

    assert [row["id"] for row in rows] == [ada, grace]
    assert [row["id"] for row in (await read(link))[0]] == [grace]
    assert (await call("GET", "/groups/delta?$filter=displayName eq 'x'")).status_code == 400
