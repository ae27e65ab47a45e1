"""Rules of Event Grid, each with the page that states it.

E-retry: learn.microsoft.com/azure/event-grid/delivery-and-retry
E-sub:   learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events
E-queue: learn.microsoft.com/azure/event-grid/handler-storage-queues
"""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from receiver import SOURCE, Receiver, cloud, event, events, later, linked, partner_url, to_function, topic_key

from twin.event_grid.refusal import Refused
from twin.event_grid.topics import IDLE, ActivationState
from twin.world import World

DAY = timedelta(days=1)


def dead_letters_on(world: World) -> dict[str, object]:
    target = {"endpointType": "StorageBlob", "properties": {"resourceId": "/any", "blobContainerName": "dead-letters"}}
    return to_function(world, deadLetterDestination=target)


def used_until(world: World, *days: int) -> None:
    """Graph subscriptions that use the topic and end so many days from now."""
    rows = [
        SimpleNamespace(notification_url=partner_url(world), expires_at=world.clock.now() + day * DAY) for day in days
    ]
    now = world.clock.now
    live = SimpleNamespace(live=lambda: [row for row in rows if row.expires_at > now()])
    world.graph = SimpleNamespace(subscriptions=live)
    world.event_grid.tick()


async def test_a_dead_letter_is_written_five_minutes_after_the_last_attempt(
    world: World, receiver: Receiver, blobs: dict[tuple[str, str], bytes]
) -> None:
    """E-retry: "There is a five-minute delay between the last attempt to deliver an event and when it is delivered to
    the dead-letter location.\""""
    world.switches.dead_letter_delay_minutes = 5
    receiver.then = 400
    url = await linked(world, dead_letters_on(world))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, minutes=4)
    assert (blobs, world.event_grid.deliveries["waiting"]) == ({}, 1)

    await later(world, minutes=1)

    assert len(blobs) == 1


async def test_dead_letters_can_be_looked_at(world: World, receiver: Receiver) -> None:
    receiver.then = 403
    url = await linked(world, dead_letters_on(world))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    [shown] = world.event_grid.dead_letters

    assert (shown["id"], shown["outcome"], shown["attempts"]) == ("event-1", "Forbidden", 1)
    assert (shown["container"], shown["blob"][:21]) == ("dead-letters", "GRAPH-PULSE/TO-FUNC/2")


async def test_after_ten_failures_new_events_wait_too(world: World, receiver: Receiver) -> None:
    """E-retry, "Delayed delivery": for how long is not documented, so the switch says it."""
    world.switches.delayed_delivery_minutes = 60
    receiver.then = 500
    url = await linked(world)
    world.event_grid.publish(url, events(10))
    await world.event_grid.settled(5)
    receiver.then = 202
    world.event_grid.publish(url, [event(99)])
    await later(world, minutes=59)
    assert len(receiver.requests) == 10

    await later(world, minutes=1)

    assert sorted(receiver.ids[10:]) == sorted([*(each["id"] for each in events(10)), "event-99"])


async def test_a_success_among_the_failures_starts_the_count_anew(world: World, receiver: Receiver) -> None:
    world.switches.delayed_delivery_minutes = 60
    url = await linked(world)
    for status in [*[500] * 9, 202, *[500] * 9, 202]:
        receiver.then = status
        world.event_grid.publish(url, [event()])
        await world.event_grid.settled(5)

    assert len(receiver.requests) == 20


@pytest.mark.parametrize(("days", "reusable"), [(36, True), (37, False)])
def test_a_topic_can_be_used_again_within_30_days_of_its_last_subscription(days: int, reusable: bool) -> None:
    """E-sub: "You can reuse a partner topic if its Graph API subscription expired less than 30 days ago.\""""
    world = cloud(1)
    world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    used_until(world, 3, 7)

    world.clock.advance(days * DAY)

    if reusable:
        world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)
    else:
        with pytest.raises(Refused, match="30 days"):
            world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)
    shown = world.event_grid.topic(topic_key(world)).as_json()["properties"]["provisioningState"]
    assert shown == ("Succeeded" if reusable else IDLE)


def test_a_subscription_that_is_deleted_ends_then(world: World) -> None:
    world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    used_until(world, 29)
    world.clock.advance(DAY)
    used_until(world)

    world.clock.advance(30 * DAY)

    with pytest.raises(Refused, match="30 days"):
        world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)


def test_a_topic_that_can_not_be_used_again_is_deleted_and_made_anew(world: World) -> None:
    world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    used_until(world, 1)
    world.clock.advance(31 * DAY)

    world.event_grid.delete_topic(topic_key(world))
    world.event_grid.ensure_partner_topic(partner_url(world), source=SOURCE)

    assert not world.event_grid.topic(topic_key(world)).is_idle


async def test_a_delivery_whose_answer_is_lost_is_repeated(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    world.outages.turn({"delivery": {"unanswered_percent": 100}})
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    world.outages.turn({"delivery": None})

    await later(world, seconds=10)

    assert receiver.ids == ["event-1", "event-1"]
    assert world.event_grid.deliveries["delivered"] == 1
