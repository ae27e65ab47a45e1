"""Slow and absent webhooks: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04)."""

from datetime import timedelta

import pytest
from graph_builders import in_minutes
from webhook_receiver import later, settled, to

from twin.graph.webhook_health import State


async def test_after_four_hours_a_notification_is_lost_and_outlook_says_missed(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world))
    receiver.then = 500

    world.graph.trigger("message.created", user="ada")
    for _ in range(30):
        await later(world, minutes=20)

    assert world.graph.webhooks.counts.lost == 1
    assert receiver.lifecycle_events == ["missed"]


async def test_nothing_is_said_of_lost_notifications_where_the_switch_is_off(call, world, receiver):
    world.switches.missed_after_loss = False
    await call("POST", "/subscriptions", to(receiver, world))
    world.switches.webhook_state = "drop"

    world.graph.trigger("message.created", user="ada")
    await settled(world)

    assert (world.graph.webhooks.counts.lost, receiver.lifecycle) == (1, [])


async def test_users_hear_of_no_loss(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world, resource="users", changeType="updated"))
    receiver.then = 500

    world.graph.trigger("user.updated")
    for _ in range(30):
        await later(world, minutes=20)
    receiver.then = 202
    await later(world, hours=1)

    assert world.graph.webhooks.counts.lost == 1
    assert receiver.lifecycle == []


async def test_more_than_a_tenth_of_answers_over_three_seconds_delays_by_ten_minutes(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world))
    world.switches.webhook_items_per_post = 1
    receiver.statuses = [202] * 8 + [0, 0]
    world.graph.trigger("message.created", user="ada", count=10)
    await settled(world)
    arrived = len(receiver.bodies)

    world.graph.trigger("message.created", user="ada")
    await settled(world)
    at_once = len(receiver.bodies)
    await later(world, minutes=10, seconds=1)

    assert (arrived, at_once) == (10, 10)
    assert world.graph.webhooks.state(receiver.url) is State.WELL  # the window is over
    assert len(receiver.bodies) == 13  # the delayed one, and the two that had no answer


async def test_more_than_15_percent_over_ten_seconds_discards_ten_minutes_of_notifications(call, world, receiver):
    world.switches.webhook_state_answers = 4
    world.switches.webhook_items_per_post = 1
    await call("POST", "/subscriptions", to(receiver, world, lifecycleNotificationUrl=None))
    receiver.statuses = [202, 0, 0]
    world.graph.trigger("message.created", user="ada", count=2)
    await settled(world)
    await later(world, seconds=11)
    world.graph.trigger("message.created", user="ada")
    await settled(world)

    world.graph.trigger("message.created", user="ada", count=3)
    await settled(world)
    lost = world.graph.webhooks.counts.lost
    await later(world, minutes=10, seconds=1)
    world.graph.trigger("message.created", user="ada")
    await settled(world)

    assert lost == 3
    assert world.graph.webhooks.counts.lost == 3
    assert world.graph.webhooks.idle()


async def test_the_state_of_webhooks_can_be_set(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world))
    world.switches.webhook_state = "slow"

    world.graph.trigger("message.created", user="ada")
    await settled(world)
    at_once = len(receiver.bodies)
    await later(world, minutes=10, seconds=1)

    assert (at_once, len(receiver.bodies)) == (0, 1)


@pytest.mark.parametrize(("ends", "attempts"), [(False, 2), (True, 1)])
async def test_whether_a_403_is_final_is_a_switch(call, world, receiver, ends, attempts):
    world.switches.webhook_403_ends = ends
    await call("POST", "/subscriptions", to(receiver, world, lifecycleNotificationUrl=None))
    receiver.statuses = [403]

    world.graph.trigger("message.created", user="ada")
    await settled(world)
    await later(world, seconds=11)

    assert len(receiver.bodies) == attempts


@pytest.mark.parametrize(("days", "status"), [(0, 200), (7, 404)])
async def test_whether_a_subscription_outlives_a_week_of_downtime_is_a_switch(call, world, receiver, days, status):
    world.switches.removed_after_days_down = days
    row = (
        await call("POST", "/subscriptions", to(receiver, world, expirationDateTime=in_minutes(world, 10_000)))
    ).json()
    receiver.then = 503
    path = f"/subscriptions/{row['id']}"

    for _ in range(7):
        world.graph.trigger("message.created", user="ada")
        await settled(world)
        await call("PATCH", path, {"expirationDateTime": in_minutes(world, 10_000)})
        world.clock.advance(timedelta(days=1))
        await settled(world)
    world.graph.trigger("message.created", user="ada")
    await settled(world)

    assert (await call("GET", path)).status_code == status
