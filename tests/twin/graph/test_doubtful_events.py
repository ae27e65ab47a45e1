"""What no documentation settles, or what it says and nobody expects: each is a switch, off and on."""

import base64

import pytest
from graph_builders import bearer, made, subscription, token
from webhook_receiver import listening


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize(
    ("resource", "change_type"),
    [("users/{ada}/messages", "created,updated"), ("users", "updated"), ("groups/g/conversations", "created")],
)
async def test_a_change_may_reach_the_subscriber_before_the_post_is_answered(
    call, world, event_grid, early, resource, change_type
):
    world.switches.event_before_create_answer = early
    headers = bearer(token(world, roles=("Mail.Read", "User.Read.All")))
    if "conversations" in resource:
        resource = resource.replace("g/conversations", "g/members")  # one that the twin keeps no entities of
        headers, change_type = bearer(token(world, roles=("Group.Read.All",))), "updated"
    body = subscription(world, resource=resource.format(ada=world.people[0].id), changeType=change_type)

    row = (await call("POST", "/subscriptions", body, headers=headers)).json()

    seen = [event["data"].get("SubscriptionId") or event["data"]["subscriptionId"] for event in event_grid.events]
    assert seen == ([row["id"]] if early else [])


async def test_by_webhook_too_the_change_has_been_delivered_by_then(call, world):
    world.switches.event_before_create_answer = True
    async with listening() as receiver:
        world.graph.webhooks.start()
        await made(call, world, notificationUrl=receiver.url, lifecycleNotificationUrl=None)
        delivered = len(receiver.items)
        await world.graph.webhooks.stop()

    assert delivered == 1


@pytest.mark.parametrize(("later", "same"), [(False, False), (True, True)])
async def test_events_may_carry_the_etag_of_a_later_state(call, world, event_grid, later, same):
    await made(call, world)
    world.switches.later_etags = later
    ada = world.people[0].id

    message = (await call("POST", f"/users/{ada}/messages", {"subject": "1"})).json()
    await call("PATCH", f"/users/{ada}/messages/{message['id']}", {"subject": "2"})
    world.graph.tick()

    created, updated = (event["data"]["ResourceData"]["@odata.etag"] for event in event_grid.events)
    first, second = (change.version for change in world.ledger.changes)
    assert first != second
    assert (created == updated) is same
    assert updated == second


async def test_the_directorys_sequence_may_be_a_later_one_too(call, world, event_grid):
    await made(call, world, resource="users", changeType="updated")
    world.switches.later_etags = True

    world.graph.trigger("user.updated", user="ada", count=2)
    world.graph.tick()

    assert len({event["data"]["resourceData"]["sequenceNumber"] for event in event_grid.events}) == 1


@pytest.mark.parametrize(("twice", "events"), [(False, 1), (True, 2)])
async def test_one_change_may_be_announced_under_two_ids(call, world, event_grid, twice, events):
    await made(call, world)
    world.switches.announce_twice = twice

    world.graph.trigger("message.created", user="ada")

    assert len({event["id"] for event in event_grid.events}) == events
    assert len({event["data"]["ResourceData"]["@odata.etag"] for event in event_grid.events}) == 1
    assert len(world.ledger.changes) == 1


@pytest.mark.parametrize(("seconds", "events"), [(0, 0), (60, 1)])
async def test_a_deleted_subscription_may_go_on_delivering_for_a_while(call, world, event_grid, seconds, events):
    world.switches.ghost_deliveries_s = seconds
    path = f"/subscriptions/{(await made(call, world))['id']}"

    deleted = (await call("DELETE", path)).status_code
    world.graph.trigger("message.created", user="ada")

    assert (deleted, (await call("GET", path)).status_code) == (204, 404)
    assert (await call("GET", "/subscriptions")).json()["value"] == []
    assert len(event_grid.events) == events
    assert world.ledger.changes[-1].announced_to == ()
    assert (await call("POST", "/subscriptions", subscription(world))).status_code == 201


@pytest.mark.parametrize(
    ("switch", "expected"),
    [
        ("client_state_null_in_events", None),
        ("client_state_missing_in_events", "missing"),
        ("client_state_foreign_in_events", "foreign"),
        ("announce", "a-client-state"),
    ],
)
@pytest.mark.parametrize("kind", ["message.created", "user.updated", "event.created", "lifecycle.missed"])
async def test_the_client_state_of_an_event_may_be_null_missing_or_foreign(
    call, world, event_grid, switch, expected, kind
):
    await made(call, world)
    await made(call, world, resource="users", changeType="updated")
    await made(call, world, resource=f"users/{world.people[0].id}/events", lifecycleNotificationUrl=None)
    setattr(world.switches, switch, True)

    world.graph.trigger(kind)

    found = event_grid.events[0]["data"].get("clientState", "missing")
    assert (found or "").startswith("foreign-") if expected == "foreign" else found == expected


@pytest.mark.parametrize(("misspelled", "key"), [(False, "@odata.id"), (True, "od@ata.id")])
@pytest.mark.parametrize("camel", [False, True])
async def test_outlook_may_write_as_its_page_still_shows(call, world, event_grid, misspelled, key, camel):
    """https://learn.microsoft.com/azure/event-grid/outlook-events"""
    row = await made(call, world)
    world.switches.turn({"outlook_old_form": True, "outlook_misspelled_id": misspelled, "outlook_camel_case": camel})

    world.graph.trigger("message.created", user="ada")

    (event,) = event_grid.events
    data, change = event["data"], world.ledger.changes[-1]
    item = change.resource.rpartition("/")[2]
    url = f"https://outlook.office365.com/api/beta/Users('{world.people[0].id}@{world.tenant_id}')/Messages('{item}')"
    assert data == {
        "@odata.type": "#Microsoft.OutlookServices.Notification",
        "Id": None,
        "SubscriptionExpirationDateTime": row["expirationDateTime"],
        "ChangeType": "created",
        "subscriptionId": base64.b64encode(row["id"].encode()).decode(),
        "resource": url,
        "clientState": "a-client-state",
        "resourceData": {
            "Id": item,
            "@odata.etag": change.version,
            key: url,
            "@odata.type": "#Microsoft.OutlookServices.Message",
        },
    }


@pytest.mark.parametrize(("in_utc", "end"), [(False, "+01:00"), (True, "Z")])
async def test_outlooks_expiry_may_be_in_utc(call, world, event_grid, in_utc, end):
    await made(call, world)
    world.switches.outlook_expiry_in_utc = in_utc

    world.graph.trigger("message.created", user="ada")

    assert event_grid.events[0]["data"]["SubscriptionExpirationDateTime"].endswith(end)


@pytest.mark.parametrize("kind", ["", "microsoft.graph.messageupdated", "Microsoft.Graph.Surprise"])
async def test_the_type_of_a_changed_message_is_a_switch(call, world, event_grid, kind):
    await made(call, world)
    world.switches.message_updated_type = kind

    world.graph.trigger("message.updated", user="ada")

    assert event_grid.events[0]["type"] == (kind or "Microsoft.Graph.MessageUpdated")


REAUTHORIZATION = [
    "Microsoft.Graph.SubscriptionReauthorizationRequired",
    "microsoft.graph.subscriptionReauthorizationRequired",
]
REMOVED = [
    "Microsoft.Graph.SubscriptionRemoved",
    "microsoft.graph.subscriptionRemoved",
    "MICROSOFT.GRAPH.SUBSCRIPTIONREMOVED",
    "",
]
MISSED = [
    "Microsoft.Graph.Missed",
    "microsoft.graph.missed",
    "microsoft.graph.subscriptionMissed",
    "MICROSOFT.GRAPH.MISSED",
    "",
]


@pytest.mark.parametrize(
    ("switch", "kind", "trigger"),
    [("reauthorization_type", each, "lifecycle.reauthorizationRequired") for each in REAUTHORIZATION]
    + [("removed_type", each, "lifecycle.removed") for each in REMOVED]
    + [("missed_type", each, "lifecycle.missed") for each in MISSED],
)
async def test_lifecycle_types_come_in_any_spelling_or_never(call, world, event_grid, switch, kind, trigger):
    await made(call, world)
    setattr(world.switches, switch, kind)

    told = world.graph.trigger(trigger)

    assert [event["type"] for event in event_grid.events] == ([kind] if kind else [])
    assert told == len(event_grid.events)


@pytest.mark.parametrize("pascal", [False, True])
@pytest.mark.parametrize(
    "without",
    ["", "lifecycleEvent", "clientState", "tenantId", "organizationId", "lifecycleEvent,clientState,tenantId"],
)
async def test_lifecycle_data_may_lack_members_and_be_in_another_case(call, world, event_grid, without, pascal):
    await made(call, world)
    world.switches.turn({"lifecycle_data_without": without, "lifecycle_pascal_case": pascal})

    world.graph.trigger("lifecycle.missed")

    (event,) = event_grid.events
    every = ["subscriptionId", "subscriptionExpirationDateTime", "tenantId", "organizationId", "clientState"]
    kept = {name for name in [*every, "lifecycleEvent"] if name not in without.split(",")}
    assert set(event["data"]) == ({name[0].upper() + name[1:] for name in kept} if pascal else kept)
