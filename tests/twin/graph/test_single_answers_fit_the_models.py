"""Single entities, uploads, what comes back from the bin, who may what: against the types of msgraph-sdk's models."""

import pytest
from graph_builders import bearer, in_minutes, subscription, token
from msgraph.generated.models.app_role_assignment_collection_response import AppRoleAssignmentCollectionResponse
from msgraph.generated.models.channel import Channel
from msgraph.generated.models.chat_message import ChatMessage
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.drive_item import DriveItem
from msgraph.generated.models.event import Event
from msgraph.generated.models.group import Group
from msgraph.generated.models.list_item_collection_response import ListItemCollectionResponse
from msgraph.generated.models.message import Message
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.todo_task_list import TodoTaskList
from msgraph.generated.models.user import User
from sdk_models import assert_fits

from twin.graph import seeds
from twin.graph.service_principals import GRAPH_PRINCIPAL


async def test_a_subscription_made_read_and_renewed(call, world):
    made = await call("POST", "/subscriptions", subscription(world))
    path = f"/subscriptions/{made.json()['id']}"
    read = await call("GET", path)
    renewed = await call("PATCH", path, {"expirationDateTime": in_minutes(world, 5_000)})

    assert [answer.status_code for answer in (made, read, renewed)] == [201, 200, 200]
    for answer in (made, read, renewed):
        assert_fits(answer.json(), Subscription)


async def test_a_subscription_with_resource_data(call, rich_body):
    made = await call("POST", "/subscriptions", rich_body)

    assert made.status_code == 201, made.text
    assert_fits(made.json(), Subscription)


@pytest.mark.parametrize(("kind", "model"), [("users", User), ("groups", Group)])
async def test_what_comes_back_from_the_bin(call, ada, kind, model):
    key = ada if kind == "users" else seeds.TEAM_ID
    assert (await call("DELETE", f"/{kind}/{key}")).status_code == 204

    restored = await call("POST", f"/directory/deletedItems/{key}/restore")

    assert restored.status_code == 200
    assert_fits(restored.json(), model)


async def test_files_that_are_uploaded_replaced_renamed_and_read(call, world, ada):
    drive = f"/drives/{world.graph.drives.of(ada).id}"
    text = {"Content-Type": "text/plain"}
    made = await call("PUT", f"{drive}/root:/May.txt:/content", content=b"May", headers=text)
    again = await call("PUT", f"{drive}/root:/May.txt:/content", content=b"May and June", headers=text)
    item = f"{drive}/items/{made.json()['id']}"
    replaced = await call("PUT", f"{item}/content", content=b"June", headers=text)
    renamed = await call("PATCH", item, {"name": "June.txt"})
    read = await call("GET", item)

    assert [each.status_code for each in (made, again, replaced, renamed, read)] == [201, 200, 200, 200, 200]
    for answer in (made, again, replaced, renamed, read):
        assert_fits(answer.json(), DriveItem)
    assert read.json()["size"] == 4


async def test_what_the_app_may(call, world):
    granted = await call("GET", f"/servicePrincipals/{world.principal_id}/appRoleAssignments")
    offered = await call("GET", f"/servicePrincipals/{GRAPH_PRINCIPAL}")

    assert_fits(granted.json(), AppRoleAssignmentCollectionResponse)
    assert_fits(offered.json(), ServicePrincipal)
    assert granted.json()["value"]


async def test_a_lists_delta_is_empty_and_has_a_link_that_goes_on(call, world):
    world.switches.empty_delta_pages = False

    first = await call("GET", "/sites/contoso.example/lists/inventory/items/delta", headers=_reading_sites(world))
    second = await call("GET", first.json()["@odata.deltaLink"], headers=_reading_sites(world))
    denied = await call("GET", "/sites/contoso.example/lists/inventory/items/delta")

    assert (first.status_code, second.status_code, denied.status_code) == (200, 200, 403)
    assert (first.json()["value"], second.json()["value"]) == ([], [])
    assert_fits(first.json(), ListItemCollectionResponse)


def _reading_sites(world):
    return bearer(token(world, roles=("Sites.Read.All",)))


@pytest.mark.parametrize(
    ("kind", "path", "model"),
    [
        ("message", "/users/{ada}/messages", Message),
        ("event", "/users/{ada}/events", Event),
        ("contact", "/users/{ada}/contacts", Contact),
        ("toDo", "/users/{ada}/todo/lists/{tasks}/tasks", TodoTask),
        ("chatMessage", "/chats/{chat}/messages", ChatMessage),
        ("driveItem", "/drives/{drive}/root/children", DriveItem),
    ],
)
async def test_each_row_of_a_list_is_what_one_reads_by_its_id(call, world, ada, kind, path, model):
    world.graph.trigger(f"{kind}.created", user="ada")
    names = {"ada": ada, "tasks": seeds.tasks_list(ada), "chat": seeds.CHAT_ID, "drive": world.graph.drives.of(ada).id}
    path = path.format(**names)
    row = (await call("GET", path)).json()["value"][0]

    one = await call("GET", f"{path.replace('/root/children', '/items')}/{row['id']}")

    assert one.status_code == 200
    assert_fits(one.json(), model)
    assert row.items() <= one.json().items()


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/users/{ada}/todo/lists/{tasks}", TodoTaskList),
        ("/teams/{team}/channels/{channel}", Channel),
    ],
)
async def test_places_are_read_one_by_one(call, ada, path, model):
    ids = {"ada": ada, "tasks": seeds.tasks_list(ada), "team": seeds.TEAM_ID, "channel": seeds.CHANNEL_ID}

    answer = await call("GET", path.format(**ids))

    assert answer.status_code == 200
    assert_fits(answer.json(), model)


async def test_a_message_that_was_moved(call, world, ada):
    world.graph.trigger("message.created", user="ada")
    (message,) = (await call("GET", f"/users/{ada}/messages")).json()["value"]

    moved = await call("POST", f"/users/{ada}/messages/{message['id']}/move", {"destinationId": "archive"})

    assert moved.status_code == 201
    assert_fits(moved.json(), Message)
