"""One fixture for each documented event type: https://learn.microsoft.com/azure/event-grid/partner-events-graph-api."""

import pytest
from graph_builders import ALL_ROLES, bearer, delegated_token, subscription, token

from twin.graph.fixtures import FIXTURES, fixture_event

RESOURCES = {
    "alert": "security/alerts",
    "callRecord": "communications/callRecords",
    "chatMessage": "chats/19:x/messages",
    "contact": "users/{ada}/contacts",
    "conversation": "groups/g/conversations",
    "driveItem": "users/{ada}/drive/root",
    "event": "users/{ada}/events",
    "group": "groups",
    "list": "sites/s/lists/l",
    "message": "users/{ada}/messages",
    "printer": "print/printers/p/jobs",
    "printTaskDefinition": "print/taskDefinitions/t/tasks",
    "toDo": "users/{ada}/todo/lists/l/tasks",
    "user": "users",
}
NO_CHANGE_TYPE = {"driveItem", "list"}
ROLES = (*ALL_ROLES, "Sites.Read.All", "PrintTaskDefinition.ReadWrite.All")


@pytest.fixture
def subscribe(call, world):
    async def post(noun, change_type):
        person = delegated_token(world, "ada", scopes="Group.Read.All")
        caller = person if noun == "conversation" else token(world, roles=ROLES)
        resource = RESOURCES[noun].format(ada=world.people[0].id)
        kinds = "created,updated" if noun == "alert" else change_type
        body = subscription(world, resource=resource, changeType=kinds)
        answer = await call("POST", "/subscriptions", body, headers=bearer(caller))
        assert answer.status_code == 201, answer.text
        return world.graph.subscriptions.get(answer.json()["id"])

    return post


@pytest.mark.parametrize("kind", FIXTURES)
async def test_a_fixture_has_its_documented_type_and_proves_its_origin(world, subscribe, kind):
    noun, _, change_type = kind.partition(".")
    row = await subscribe(noun, change_type)

    event = fixture_event(world, row, change_type)

    data = {name.lower(): value for name, value in event["data"].items()}
    assert event["type"] == f"Microsoft.Graph.{noun[0].upper()}{noun[1:]}{change_type.capitalize()}"
    assert (data["subscriptionid"], data["clientstate"]) == (row.id, "a-client-state")
    assert ("changetype" in data) is (noun not in NO_CHANGE_TYPE)
    assert data["resource"]
    assert "expirationdatetime" in data or "subscriptionexpirationdatetime" in data


@pytest.mark.parametrize(
    "kind", ["list.updated", "conversation.deleted", "printTaskDefinition.created", "alert.created"]
)
async def test_what_is_not_kept_is_told_by_fixture_and_stands_in_no_ledger(world, event_grid, subscribe, kind):
    noun, _, change_type = kind.partition(".")
    await subscribe(noun, change_type)

    assert world.graph.trigger(kind, count=2) == 2

    assert len(event_grid.events) == 2
    assert world.ledger.changes == []
