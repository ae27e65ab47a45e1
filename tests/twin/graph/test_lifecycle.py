from datetime import timedelta

import pytest
from graph_builders import TOPIC, in_minutes, subscription, users_subscription


@pytest.fixture
async def mail(call, world):
    return (await call("POST", "/subscriptions", subscription(world))).json()


@pytest.fixture
async def users(call, world):
    return (await call("POST", "/subscriptions", users_subscription(world))).json()


async def test_reauthorization_is_asked_of_one_or_of_all(world, event_grid, mail, users):
    assert world.graph.ask_reauthorization(users["id"]) == 1
    assert world.graph.ask_reauthorization(None) == 2

    first = event_grid.published[0]
    assert first[0] == TOPIC
    assert first[1]["type"] == "Microsoft.Graph.SubscriptionReauthorizationRequired"
    assert first[1]["subject"] == f"Subscriptions/{users['id']}"
    assert first[1]["data"] == {
        "subscriptionId": users["id"],
        "subscriptionExpirationDateTime": users["expirationDateTime"],
        "tenantId": world.tenant_id,
        "organizationId": world.tenant_id,
        "clientState": "a-client-state",
        "lifecycleEvent": "reauthorizationRequired",
    }


async def test_missed_is_said_to_outlook_only(world, event_grid, mail, users):
    assert world.graph.announce_missed(None) == 1
    assert world.graph.announce_missed(users["id"]) == 0

    (event,) = event_grid.events
    assert (event["type"], event["data"]["lifecycleEvent"]) == ("Microsoft.Graph.Missed", "missed")
    assert event["data"]["subscriptionId"] == mail["id"]


async def test_removal_is_said_to_outlook_only_and_takes_the_subscription_away(call, world, event_grid, mail, users):
    assert world.graph.remove_subscription(mail["id"]) == 1
    assert world.graph.remove_subscription(users["id"]) == 0

    (event,) = event_grid.events
    assert event["type"] == "Microsoft.Graph.SubscriptionRemoved"
    assert event["data"]["lifecycleEvent"] == "subscriptionRemoved"
    assert (await call("GET", f"/subscriptions/{mail['id']}")).status_code == 404
    assert (await call("GET", "/subscriptions")).json()["value"] == []


async def test_a_removal_can_be_silent(call, world, event_grid, mail):
    world.graph.remove_subscription(mail["id"], announce=False)

    assert event_grid.events == []
    assert (await call("GET", f"/subscriptions/{mail['id']}")).status_code == 404


async def test_without_a_lifecycle_url_nothing_is_said(call, world, event_grid):
    await call("POST", "/subscriptions", subscription(world, lifecycleNotificationUrl=None))

    assert world.graph.ask_reauthorization(None) == 0


async def test_triggers_reach_the_lifecycle(world, event_grid, mail, users):
    assert world.graph.trigger("lifecycle.reauthorizationRequired") == 2
    assert world.graph.trigger("lifecycle.missed") == 1
    assert world.graph.trigger("lifecycle.removed") == 1

    said = [event["data"]["lifecycleEvent"] for event in event_grid.events]
    assert said == ["reauthorizationRequired", "reauthorizationRequired", "missed", "subscriptionRemoved"]


async def test_a_subscription_near_its_end_is_challenged_once(world, event_grid, mail):
    world.graph.tick()
    world.clock.advance(timedelta(hours=37))  # of 48
    world.graph.tick()
    world.graph.tick()

    assert [event["data"]["lifecycleEvent"] for event in event_grid.events] == ["reauthorizationRequired"]


async def test_a_renewal_begins_a_new_period(call, world, event_grid, mail):
    world.clock.advance(timedelta(hours=37))
    world.graph.tick()

    await call("PATCH", f"/subscriptions/{mail['id']}", {"expirationDateTime": in_minutes(world, 48 * 60)})
    world.graph.tick()
    world.clock.advance(timedelta(hours=37))
    world.graph.tick()

    assert len(event_grid.events) == 2


async def test_after_a_reauthorize_the_next_challenge_comes_later_in_what_is_left(call, world, event_grid, mail):
    world.clock.advance(timedelta(hours=40))
    world.graph.tick()

    await call("POST", f"/subscriptions/{mail['id']}/reauthorize")
    world.graph.tick()
    told_at_once = len(event_grid.events)
    world.clock.advance(timedelta(hours=6.5))
    world.graph.tick()

    assert (told_at_once, len(event_grid.events)) == (1, 2)


async def test_names_and_members_of_lifecycle_events_are_switches(world, event_grid, mail):
    world.switches.turn(
        {"missed_type": "", "removed_type": "microsoft.graph.subscriptionRemoved", "lifecycle_pascal_case": True}
    )
    world.switches.lifecycle_data_without = "lifecycleEvent,clientState"

    assert world.graph.announce_missed(None) == 0
    assert world.graph.remove_subscription(mail["id"]) == 1

    (event,) = event_grid.events
    assert event["type"] == "microsoft.graph.subscriptionRemoved"
    assert set(event["data"]) == {"SubscriptionId", "SubscriptionExpirationDateTime", "TenantId", "OrganizationId"}
