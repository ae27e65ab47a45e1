"""Each change: one line in the ledger, and one documented event for every live subscription that sees it."""

import re
from datetime import datetime, timedelta

import pytest
from graph_builders import OTHER_TOPIC, TOPIC, subscription, users_subscription

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def test_a_new_message_is_told_in_the_case_that_was_observed(call, world, event_grid, ada):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    message = (await call("POST", f"/users/{ada}/mailFolders/inbox/messages", {"subject": "Hello"})).json()

    ((url, event),) = event_grid.published
    resource = f"Users/{ada}/Messages/{message['id']}"
    assert url == TOPIC
    assert GUID.fullmatch(event.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", event.pop("time"))
    expiry = event["data"].pop("SubscriptionExpirationDateTime")
    assert expiry.endswith("+01:00")
    assert abs(datetime.fromisoformat(expiry) - datetime.fromisoformat(row["expirationDateTime"])) < timedelta(
        seconds=1
    )
    assert event == {
        "type": "Microsoft.Graph.MessageCreated",
        "source": f"/tenants/{world.tenant_id}/applications/{world.app_id}",
        "subject": resource,
        "datacontenttype": "application/json",
        "specversion": "1.0",
        "data": {
            "SubscriptionId": row["id"],
            "ChangeType": "created",
            "Resource": resource,
            "ResourceData": {
                "@odata.type": "#Microsoft.Graph.Message",
                "@odata.id": resource,
                "@odata.etag": message["@odata.etag"],
                "Id": message["id"],
            },
            "clientState": "a-client-state",
            "tenantId": world.tenant_id,
        },
    }


async def test_a_changed_user_is_told_in_camel_case(call, world, event_grid, ada):
    row = (await call("POST", "/subscriptions", users_subscription(world))).json()

    await call("PATCH", f"/users/{ada}", {"jobTitle": "Countess"})

    (event,) = event_grid.events
    data = event["data"]
    sequence = data["resourceData"].pop("sequenceNumber")
    assert sequence > 2**53
    assert data["resourceData"].pop("eventTime").endswith("0Z")
    assert data.pop("subscriptionExpirationDateTime") == row["expirationDateTime"].replace("Z", "+00:00")
    assert (event["type"], event["subject"]) == ("Microsoft.Graph.UserUpdated", f"Users/{ada}")
    assert data == {
        "changeType": "updated",
        "clientState": "a-client-state",
        "resource": f"Users/{ada}",
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.User",
            "@odata.id": f"Users/{ada}",
            "id": ada,
            "organizationId": world.tenant_id,
        },
        "subscriptionId": row["id"],
        "tenantId": world.tenant_id,
    }
    assert world.ledger.final()[f"Users/{ada}"].version == str(sequence)


async def test_the_ledger_knows_every_change_and_who_was_told(call, world, ada):
    row = (await call("POST", "/subscriptions", subscription(world, changeType="created"))).json()

    message = (await call("POST", f"/users/{ada}/messages", {"subject": "1"})).json()
    changed = (await call("PATCH", f"/users/{ada}/messages/{message['id']}", {"isRead": True})).json()
    await call("DELETE", f"/users/{ada}/messages/{message['id']}")

    created, updated, deleted = world.ledger.changes
    assert [change.change_type for change in world.ledger.changes] == ["created", "updated", "deleted"]
    assert {change.resource for change in world.ledger.changes} == {f"Users/{ada}/Messages/{message['id']}"}
    assert [change.announced_to for change in world.ledger.changes] == [(row["id"],), (), ()]
    assert (created.version, updated.version) == (message["@odata.etag"], changed["@odata.etag"])
    assert len({created.version, updated.version, deleted.version}) == 3


@pytest.mark.parametrize("kind", ["message.created", "message.updated", "message.deleted", "user.updated"])
async def test_an_unannounced_change_is_in_the_ledger_only(call, world, event_grid, kind):
    await call("POST", "/subscriptions", subscription(world))
    await call("POST", "/subscriptions", users_subscription(world))
    world.switches.announce = False

    world.graph.trigger(kind)

    assert event_grid.events == []
    assert world.ledger.changes[-1].change_type == kind.partition(".")[2]
    assert world.ledger.changes[-1].announced_to == ()


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        ("users/{ada}/messages", True),
        ("users/ada@contoso.example/messages", True),
        ("users/{ada}/mailFolders('inbox')/messages", True),
        ("users/{ada}/mailFolders/Inbox/messages", True),
        ("users/{ada}/mailFolders('archive')/messages", False),
        ("users/{grace}/messages", False),
        ("users", False),
    ],
)
async def test_a_message_in_the_inbox_is_told_to_those_who_watch_it(call, world, event_grid, resource, told):
    resource = resource.format(ada=world.people[0].id, grace=world.people[1].id)
    answer = await call("POST", "/subscriptions", subscription(world, resource=resource, changeType="updated"))
    assert answer.status_code == 201

    world.graph.trigger("message.updated", user="ada")

    assert bool(event_grid.events) is told


async def test_every_matching_subscription_is_told_at_its_own_topic(call, world, event_grid, ada):
    await call("POST", "/subscriptions", subscription(world))
    other = subscription(
        world, changeType="created", notificationUrl=OTHER_TOPIC, lifecycleNotificationUrl=OTHER_TOPIC, clientState="2"
    )
    await call("POST", "/subscriptions", other)

    world.graph.trigger("message.created", user="ada")

    told = {(url, event["data"]["clientState"]) for url, event in event_grid.published}
    assert told == {(TOPIC, "a-client-state"), (OTHER_TOPIC, "2")}
    assert len({event["id"] for event in event_grid.events}) == 2
    assert len(world.ledger.changes[-1].announced_to) == 2


async def test_a_move_is_seen_by_folders_as_leaving_and_arriving(call, world, event_grid, ada):
    message = (await call("POST", f"/users/{ada}/mailFolders/inbox/messages", {})).json()
    names = {}
    for folder in ("inbox", "archive", None):
        resource = f"users/{ada}/mailFolders('{folder}')/messages" if folder else f"users/{ada}/messages"
        row = (await call("POST", "/subscriptions", subscription(world, resource=resource))).json()
        names[row["id"]] = folder

    path, prefer = f"/users/{ada}/messages/{message['id']}/move", {"Prefer": 'IdType="ImmutableId"'}
    moved = await call("POST", path, {"destinationId": "archive"}, headers=prefer)

    seen = {names[event["data"]["SubscriptionId"]]: event["data"]["ChangeType"] for event in event_grid.events}
    assert seen == {"inbox": "deleted", "archive": "created", None: "updated"}
    assert (moved.status_code, moved.json()["id"]) == (201, message["id"])


async def test_a_moved_message_gets_a_new_id_where_ids_are_not_immutable(call, world, event_grid, ada):
    message = (await call("POST", f"/users/{ada}/mailFolders/inbox/messages", {})).json()
    await call("POST", "/subscriptions", subscription(world))

    moved = await call("POST", f"/users/{ada}/messages/{message['id']}/move", {"destinationId": "archive"})

    assert moved.json()["id"] != message["id"]
    assert (await call("GET", f"/users/{ada}/messages/{message['id']}")).status_code == 404
    told = [(event["data"]["ChangeType"], event["data"]["ResourceData"]["Id"]) for event in event_grid.events]
    assert told == [("deleted", message["id"]), ("created", moved.json()["id"])]


async def test_a_deleted_user_is_told_as_updated_and_then_not_found_until_erased(call, world, event_grid, ada):
    await call("POST", "/subscriptions", users_subscription(world))

    deleted = await call("DELETE", f"/users/{ada}")
    got = await call("GET", f"/users/{ada}")
    erased = await call("DELETE", f"/directory/deletedItems/{ada}")

    assert (deleted.status_code, got.status_code, erased.status_code) == (204, 404, 204)
    assert got.json()["error"]["code"] == "Request_ResourceNotFound"
    assert [event["type"] for event in event_grid.events] == [
        "Microsoft.Graph.UserUpdated",
        "Microsoft.Graph.UserDeleted",
    ]
    assert [change.change_type for change in world.ledger.changes] == ["updated", "deleted"]


async def test_a_deleted_user_can_be_restored(call, world, ada):
    await call("DELETE", f"/users/{ada}")

    assert (await call("POST", f"/directory/deletedItems/{ada}/restore")).status_code == 200
    assert (await call("GET", f"/users/{ada}")).status_code == 200


async def test_sequence_numbers_rise_also_when_the_clock_goes_back(world):
    world.graph.trigger("user.updated")
    world.clock.advance(timedelta(days=-1))
    world.graph.trigger("user.updated", user="grace")

    first, second = world.ledger.changes
    assert int(second.version) > int(first.version)


async def test_a_trigger_makes_as_many_changes_as_asked_with_the_values_given(call, world, event_grid, ada):
    await call("POST", "/subscriptions", subscription(world))

    made = world.graph.trigger(
        "message.created", user="ada", count=50, set={"subject": "Mine", "from.emailAddress.name": "Lord Byron"}
    )

    listed = (await call("GET", f"/users/{ada}/mailFolders/inbox/messages?$top=100")).json()["value"]
    assert made == len(event_grid.events) == len(listed) == 50
    assert {(row["subject"], row["from"]["emailAddress"]["name"]) for row in listed} == {("Mine", "Lord Byron")}


async def test_updating_or_deleting_without_a_message_first_makes_one_quietly(call, world, event_grid):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    world.graph.trigger("message.updated", user="ada", set={"subject": "New"})
    world.graph.trigger("message.deleted", user="ada", count=2)

    kinds = [(change.change_type, change.announced_to) for change in world.ledger.changes]
    told = (row["id"],)
    assert kinds == [("created", ()), ("updated", told), ("deleted", told), ("created", ()), ("deleted", told)]
    assert [event["data"]["ChangeType"] for event in event_grid.events] == ["updated", "deleted", "deleted"]


async def test_deleting_a_user_by_trigger_takes_somebody_made_up_unless_named(call, world, event_grid):
    await call("POST", "/subscriptions", users_subscription(world))

    world.graph.trigger("user.deleted")

    assert [event["type"] for event in event_grid.events] == ["Microsoft.Graph.UserDeleted"]
    assert len((await call("GET", "/users")).json()["value"]) == len(world.people)


@pytest.mark.parametrize(("kind", "fault"), [("message.renamed", LookupError), ("alert.created", LookupError)])
async def test_a_trigger_that_nobody_could_hear_is_an_error(world, kind, fault):
    with pytest.raises(fault):
        world.graph.trigger(kind)


async def test_a_trigger_for_an_unknown_user_is_an_error(world):
    with pytest.raises(ValueError, match="nobody"):
        world.graph.trigger("message.created", user="nobody")


async def test_forged_events_carry_another_client_state_and_are_in_no_ledger(call, world, event_grid):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    world.graph.forge(3)

    assert len(event_grid.events) == 3
    assert {event["data"]["SubscriptionId"] for event in event_grid.events} == {row["id"]}
    assert "a-client-state" not in {event["data"]["clientState"] for event in event_grid.events}
    assert world.ledger.changes == []


@pytest.mark.parametrize(
    ("kind", "resource", "change_types", "event_type"),
    [
        ("group.deleted", "groups", "updated,deleted", "Microsoft.Graph.GroupDeleted"),
        ("event.created", "users/{ada}/events", "created", "Microsoft.Graph.EventCreated"),
        ("contact.updated", "users/{ada}/contacts", "updated", "Microsoft.Graph.ContactUpdated"),
        ("driveItem.updated", "users/{ada}/drive/root", "updated", "Microsoft.Graph.DriveItemUpdated"),
        ("todo.created", "users/{ada}/todo/lists/l/tasks", "created", "Microsoft.Graph.ToDoCreated"),
        ("alert.created", "security/alerts", "created,updated", "Microsoft.Graph.AlertCreated"),
        ("printer.updated", "print/printers/p/jobs", "updated", "Microsoft.Graph.PrinterUpdated"),
        ("chatMessage.created", "chats/19:x/messages", "created", "Microsoft.Graph.ChatMessageCreated"),
        ("callRecord.created", "communications/callRecords", "created", "Microsoft.Graph.CallRecordCreated"),
    ],
)
async def test_other_documented_kinds_have_events_without_entities(
    call, world, event_grid, ada, kind, resource, change_types, event_type
):
    body = subscription(world, resource=resource.format(ada=ada), changeType=change_types)
    assert (await call("POST", "/subscriptions", body)).status_code == 201

    assert world.graph.trigger(kind) == 1

    (event,) = event_grid.events
    assert event["type"] == event_type
    assert event["data"]["clientState"] == "a-client-state"


async def test_the_doubtful_parts_of_events_are_switches(call, world, event_grid):
    await call("POST", "/subscriptions", subscription(world))
    await call("POST", "/subscriptions", users_subscription(world))
    world.switches.turn(
        {
            "outlook_camel_case": True,
            "message_updated_type": "microsoft.graph.messageupdated",
            "sequence_number_as_text": True,
            "client_state_null_in_events": True,
        }
    )

    world.graph.trigger("message.updated")
    world.graph.trigger("user.updated")

    message, user = event_grid.events
    assert message["type"] == "microsoft.graph.messageupdated"
    assert message["data"]["resourceData"]["id"] == message["data"]["resource"].rpartition("/")[2]
    assert "ResourceData" not in message["data"]
    assert isinstance(user["data"]["resourceData"]["sequenceNumber"], str)
    assert message["data"]["clientState"] is None
