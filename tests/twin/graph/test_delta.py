"""Delta queries of a folder's messages and of users, read as a careful client does: page by page until a deltaLink."""

import pytest
from graph_builders import subscription


@pytest.fixture
def inbox(ada):
    return f"/users/{ada}/mailFolders/inbox/messages/delta"


async def test_a_first_round_gives_what_is_there_and_the_next_what_changed(call, world, read, inbox, ada):
    world.graph.trigger("message.created", user="ada", count=3)
    rows, _, link = await read(inbox)
    kept, changed, deleted = (row["id"] for row in rows)

    await call("PATCH", f"/users/{ada}/messages/{changed}", {"isRead": True})
    await call("DELETE", f"/users/{ada}/messages/{deleted}")
    later, _, link = await read(link)
    nothing, _, _ = await read(link)

    assert [row["id"] for row in later] == [changed, deleted]
    assert later[0]["isRead"] is True
    assert later[1]["@removed"] == {"reason": "deleted"}
    assert nothing == []
    assert kept not in {row["id"] for row in later}


async def test_the_first_message_of_a_mailbox_is_not_missed_after_an_empty_round(world, read, inbox):
    _, _, link = await read(inbox)

    world.graph.trigger("message.created", user="ada")

    assert len((await read(link))[0]) == 1


async def test_items_carry_the_etag_of_their_events(call, world, event_grid, read, inbox):
    await call("POST", "/subscriptions", subscription(world))
    world.graph.trigger("message.created", user="ada")

    ((row,), _, _) = await read(inbox)

    (event,) = event_grid.events
    assert row["@odata.etag"] == event["data"]["ResourceData"]["@odata.etag"]
    assert row["id"] == event["data"]["ResourceData"]["Id"]


async def test_pages_have_the_preferred_size_and_some_are_empty(call, world, read, inbox):
    world.graph.trigger("message.created", user="ada", count=20)

    rows, sizes, _ = await read(inbox, Prefer="odata.maxpagesize=4")

    assert len({row["id"] for row in rows}) == len(rows) == 20
    assert max(sizes) == 4
    assert 0 in sizes[:-1]


async def test_no_page_is_empty_where_the_switch_says_so(world, read, inbox):
    world.switches.empty_delta_pages = False
    world.graph.trigger("message.created", user="ada", count=9)

    _, sizes, _ = await read(inbox, Prefer="odata.maxpagesize=3")

    assert sizes == [3, 3, 3]


async def test_a_message_changed_during_a_round_comes_again_in_the_next(call, world, read, inbox, ada):
    world.switches.empty_delta_pages = False
    world.graph.trigger("message.created", user="ada", count=4)
    first = (await call("GET", inbox, headers={"Prefer": "odata.maxpagesize=2"})).json()

    await call("PATCH", f"/users/{ada}/messages/{first['value'][0]['id']}", {"isRead": True})
    rest, _, link = await read(first["@odata.nextLink"])
    later, _, _ = await read(link)

    assert len(rest) == 2
    assert [row["id"] for row in later] == [first["value"][0]["id"]]


async def test_a_moved_message_is_removed_here_and_appears_there(call, world, read, inbox, ada):
    world.graph.trigger("message.created", user="ada")
    archive = inbox.replace("inbox", "archive")
    ((message,), _, here), (_, _, there) = await read(inbox), await read(archive)

    path, prefer = f"/users/{ada}/messages/{message['id']}/move", {"Prefer": 'IdType="ImmutableId"'}
    await call("POST", path, {"destinationId": "archive"}, headers=prefer)

    ((left,), _, _), ((came,), _, _) = await read(here), await read(there)
    assert (left["id"], left["@removed"]) == (message["id"], {"reason": "deleted"})
    assert came["id"] == message["id"]


async def test_select_and_change_type_of_the_first_call_hold_for_the_links(call, world, read, inbox, ada):
    _, _, link = await read(f"{inbox}?$select=subject&changeType=created")
    world.graph.trigger("message.created", user="ada", count=2)
    (row, _), _, link = await read(link)

    await call("PATCH", f"/users/{ada}/messages/{row['id']}", {"isRead": True})

    assert set(row) == {"@odata.type", "@odata.etag", "id", "subject"}
    assert (await read(link))[0] == []


@pytest.mark.parametrize("status", [410, 400])
async def test_an_expired_or_foreign_link_of_mail_is_lost_sync_state(call, world, read, inbox, status):
    world.switches.mail_sync_lost_status = status
    _, _, link = await read(inbox)

    foreign = await call("GET", link.replace("inbox", "archive"))
    world.graph.delta.expire_all()
    expired = await call("GET", link)

    assert (foreign.status_code, expired.status_code) == (status, status)
    assert expired.json()["error"]["code"] == "syncStateNotFound"


async def test_users_changed_deleted_and_erased_are_told(call, world, read):
    rows, _, link = await read("/users/delta?$select=displayName,jobTitle")
    ada, grace, alan = (person.id for person in world.people)

    await call("PATCH", f"/users/{ada}", {"jobTitle": "Countess"})
    await call("DELETE", f"/users/{grace}")
    world.graph.trigger("user.deleted", user="alan")
    later, _, link = await read(link)

    assert [row["id"] for row in rows] == [ada, grace, alan]
    assert later == [
        {"displayName": "Ada Lovelace", "jobTitle": "Countess", "id": ada},
        {"id": grace, "@removed": {"reason": "changed"}},
        {"id": alan, "@removed": {"reason": "deleted"}},
    ]
    assert (await read(link))[0] == []


async def test_latest_starts_from_now(call, world, read):
    world.graph.trigger("user.updated")

    rows, sizes, link = await read("/users/delta?$deltatoken=latest")
    world.graph.trigger("user.updated", user="grace")

    assert (rows, sizes) == ([], [0])
    assert [row["id"] for row in (await read(link))[0]] == [world.people[1].id]


async def test_an_expired_link_of_users_is_gone_and_names_where_to_begin(call, world, read):
    _, _, link = await read("/users/delta")
    world.graph.delta.expire_all()

    answer = await call("GET", link)

    assert answer.status_code == 410
    assert answer.headers["Location"].endswith("/v1.0/users/delta?$deltatoken=")
    assert len((await read(answer.headers["Location"]))[0]) == len(world.people)


@pytest.mark.parametrize("option", ["$top=5", "$expand=manager", "$orderby=displayName"])
async def test_users_delta_takes_neither_top_nor_expand_nor_orderby(call, option):
    assert (await call("GET", f"/users/delta?{option}")).status_code == 400
