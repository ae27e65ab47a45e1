"""Delivery to a handler over HTTP. Sources: Event Grid's delivery-and-retry and cloud-event-schema pages."""

import json
from datetime import timedelta

import pytest
from receiver import (
    Receiver,
    event,
    events,
    function_id,
    later,
    linked,
    to_function,
    to_webhook,
    topic_key,
)

from twin.event_grid.broker import Refused
from twin.world import World

SINGLE = "application/cloudevents+json; charset=utf-8"
BATCH = "application/cloudevents-batch+json; charset=utf-8"


def counted(world: World) -> dict[str, int]:
    return {name: count for name, count in world.event_grid.deliveries.items() if count}


async def test_a_single_event_is_a_bare_object_at_the_functions_endpoint(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    world.event_grid.publish(url, [event(data={"name": "Ada Łovelace"})])
    await world.event_grid.settled(5)

    [request] = receiver.requests
    assert request.body == event(data={"name": "Ada Łovelace"})
    assert request.query == {"functionName": "receive_graph_event"}
    assert request.headers["Content-Type"] == SINGLE
    assert request.headers["aeg-event-type"] == "Notification"
    assert counted(world) == {"published": 1, "delivered": 1}


async def test_a_switch_makes_it_an_array_of_one(world: World, receiver: Receiver) -> None:
    world.switches.deliver_arrays = True
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    assert receiver.requests[0].body == [event()]
    assert receiver.requests[0].headers["Content-Type"] == SINGLE


async def test_batches_are_arrays_up_to_the_limit(world: World, receiver: Receiver) -> None:
    url = await linked(world, to_function(world, batch=50))
    world.event_grid.publish(url, events(120))
    await world.event_grid.settled(5)

    assert sorted(len(request.body) for request in receiver.requests) == [20, 50, 50]
    assert {request.headers["Content-Type"] for request in receiver.requests} == {BATCH}
    assert len(set(receiver.ids)) == 120


async def test_batches_keep_to_the_preferred_size(world: World, receiver: Receiver) -> None:
    url = await linked(world, to_function(world, batch=50, kilobytes=2))
    world.event_grid.publish(url, [event(number, data={"text": "x" * 700}) for number in range(6)])
    world.event_grid.publish(url, [event(99, data={"text": "x" * 5000})])
    await world.event_grid.settled(5)

    sizes = [len(json.dumps(request.body)) for request in receiver.requests]
    assert sorted(len(request.body) for request in receiver.requests) == [1, 2, 2, 2]
    assert sum(size > 2048 for size in sizes) == 1  # one event larger than the limit travels alone


async def test_many_deliveries_run_at_once_up_to_a_bound(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    world.event_grid.publish(url, events(300))
    await world.event_grid.settled(10)

    assert len(receiver.requests) == 300
    assert 1 < receiver.most_at_once <= 64


async def test_a_failure_is_tried_again_after_ten_seconds_of_the_clock(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500]
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, seconds=9)
    assert len(receiver.requests) == 1
    assert counted(world) == {"published": 1, "failed_attempts": 1, "waiting": 1}

    await later(world, seconds=1)

    assert receiver.ids == ["event-1", "event-1"]
    assert [request.headers["aeg-delivery-count"] for request in receiver.requests] == ["0", "1"]
    assert counted(world) == {"published": 1, "failed_attempts": 1, "delivered": 1}


async def test_a_failed_batch_comes_again_whole(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500]
    url = await linked(world, to_function(world, batch=10))
    world.event_grid.publish(url, events(10))
    await later(world, seconds=0)
    world.event_grid.publish(url, [event(99)])
    await later(world, seconds=10)

    assert [len(request.body) for request in receiver.requests] == [10, 1, 10]
    assert receiver.requests[0].body == receiver.requests[2].body


async def test_the_whole_schedule_ends_with_the_time_to_live(world: World, receiver: Receiver) -> None:
    """Ten attempts stand before 22 h 47 min; the next would be at 34 h 47 min, where 24 h are found to be over."""
    receiver.then = 500
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    for seconds in (10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200):
        await later(world, seconds=seconds)
    assert len(receiver.requests) == 11
    assert counted(world)["waiting"] == 1

    await later(world, hours=12)

    assert len(receiver.requests) == 11
    assert counted(world) == {"published": 1, "failed_attempts": 11, "dropped": 1}


async def test_the_age_is_tested_at_the_next_attempt_only(world: World, receiver: Receiver) -> None:
    receiver.then = 404
    policy = {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1}
    url = await linked(world, to_function(world, retryPolicy=policy))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, minutes=4)
    assert counted(world)["waiting"] == 1

    await later(world, minutes=1)

    assert len(receiver.requests) == 1
    assert counted(world) == {"published": 1, "failed_attempts": 1, "dropped": 1}


async def test_attempts_are_limited_by_the_retry_policy(world: World, receiver: Receiver) -> None:
    receiver.then = 500
    policy = {"maxDeliveryAttempts": 2, "eventTimeToLiveInMinutes": 1_440}
    url = await linked(world, to_function(world, retryPolicy=policy))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, hours=1)

    assert len(receiver.requests) == 2
    assert counted(world) == {"published": 1, "failed_attempts": 2, "dropped": 1}


async def test_a_refused_connection_is_a_failed_attempt(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    await receiver.stop()
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    assert counted(world) == {"published": 1, "failed_attempts": 1, "waiting": 1}

    await receiver.start()
    await later(world, seconds=10)

    assert counted(world) == {"published": 1, "failed_attempts": 1, "delivered": 1}


async def test_no_answer_in_time_is_a_failed_attempt(world: World, receiver: Receiver) -> None:
    receiver.statuses = [0]
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, seconds=10)

    assert counted(world) == {"published": 1, "failed_attempts": 1, "delivered": 1}


async def test_waiting_for_a_retry_keeps_nobody_else_from_delivering(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500] * 100
    url = await linked(world)
    world.event_grid.publish(url, events(100))
    await world.event_grid.settled(10)
    world.event_grid.publish(url, [event(999)])
    await world.event_grid.settled(5)

    assert receiver.ids[-1] == "event-999"
    assert counted(world)["delivered"] == 1


async def test_events_go_to_every_event_subscription_that_wants_them(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    hook = to_webhook(receiver.url) | {"filter": {"subjectBeginsWith": "groups/"}}
    await world.event_grid.put_event_subscription(topic_key(world), "groups", hook)
    world.event_grid.publish(url, [event(1), event(2, subject="Groups/2")])
    await world.event_grid.settled(5)

    assert sorted(receiver.ids) == ["event-1", "event-2", "event-2"]
    assert counted(world) == {"published": 2, "filtered": 1, "delivered": 3}


async def test_duplicates_come_under_the_same_id(world: World, receiver: Receiver) -> None:
    world.switches.duplicate_percent = 100.0
    url = await linked(world)
    world.event_grid.publish(url, events(5))
    await world.event_grid.settled(5)

    assert sorted(receiver.ids) == sorted([item["id"] for item in events(5)] * 2)
    assert counted(world) == {"published": 5, "duplicated": 5, "delivered": 10}


async def test_a_switch_shuffles(world: World, receiver: Receiver) -> None:
    world.switches.shuffle = True
    url = await linked(world, to_function(world, batch=50))
    world.event_grid.publish(url, events(50))
    await world.event_grid.settled(5)

    in_order = [item["id"] for item in events(50)]
    assert receiver.ids != in_order
    assert sorted(receiver.ids) == sorted(in_order)


async def test_what_was_published_before_the_start_goes_out_at_the_start(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    await world.event_grid.stop()
    world.event_grid.publish(url, [event()])
    assert not world.event_grid.idle()

    world.event_grid.start()
    await world.event_grid.settled(5)

    assert receiver.ids == ["event-1"]


async def test_an_updated_event_subscription_keeps_what_waits(world: World, receiver: Receiver) -> None:
    receiver.statuses = [500]
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    await world.event_grid.put_event_subscription(topic_key(world), "TO-FUNC", to_webhook(receiver.url))
    await later(world, seconds=10)

    assert [request.query for request in receiver.requests] == [{"functionName": "receive_graph_event"}, {}]


async def test_a_webhook_is_asked_by_options_first(world: World, receiver: Receiver) -> None:
    """CloudEvents' abuse protection: learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema."""
    url = await linked(world, to_webhook(receiver.url))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    assert receiver.options[0]["WebHook-Request-Origin"] == "eventgrid.azure.net"
    assert receiver.ids == ["event-1"]


@pytest.mark.parametrize("origin", [None, "somebody.else"])
async def test_a_webhook_that_does_not_agree_is_refused(world: World, receiver: Receiver, origin: str | None) -> None:
    receiver.allowed_origin = origin

    with pytest.raises(Refused) as refusal:
        await linked(world, to_webhook(receiver.url))
    assert refusal.value.code == "Url validation"


async def test_a_webhook_needs_https_unless_it_is_local(world: World) -> None:
    with pytest.raises(Refused, match="https"):
        await linked(world, to_webhook("http://example.com/hook"))


async def test_a_function_must_exist_and_have_an_event_grid_trigger(world: World, receiver: Receiver) -> None:
    await linked(world)
    for name, code in (("nowhere", "Endpoint validation"), ("health", "InvalidAzureFunctionDestination")):
        destination = {"endpointType": "AzureFunction", "properties": {"resourceId": function_id(world, name)}}
        with pytest.raises(Refused) as refusal:
            await world.event_grid.put_event_subscription(topic_key(world), "other", {"destination": destination})
        assert (refusal.value.status, refusal.value.code) == (400, code)


async def test_a_function_of_an_app_that_is_down_is_refused(world: World, receiver: Receiver) -> None:
    await receiver.stop()

    with pytest.raises(Refused, match="Destination endpoint not found"):
        await linked(world)


@pytest.mark.parametrize(
    "changes",
    [
        {"eventDeliverySchema": "EventGridSchema"},
        {"destination": {"endpointType": "StorageQueue"}},
        {"destination": {"endpointType": "AzureFunction", "properties": {"resourceId": "/not/a/function"}}},
        {"retryPolicy": {"maxDeliveryAttempts": 31}},
        {"retryPolicy": {"eventTimeToLiveInMinutes": 0}},
        {"deadLetterDestination": {"endpointType": "StorageBlob", "properties": {}}},
        {"deadLetterWithResourceIdentity": {"identity": {"type": "SystemAssigned"}, "deadLetterDestination": {}}},
    ],
)
async def test_what_the_service_would_not_take_is_refused(world: World, changes: dict[str, object]) -> None:
    with pytest.raises(Refused) as refusal:
        await linked(world, to_function(world) | changes)
    assert refusal.value.status == 400


async def test_settled_gives_up_when_asked_to(world: World) -> None:
    url = await linked(world)
    await world.event_grid.stop()
    world.event_grid.publish(url, [event()])

    with pytest.raises(TimeoutError):
        await world.event_grid.settled(timeout_s=0.01)


async def test_what_goes_on_can_be_shown(world: World, receiver: Receiver) -> None:
    receiver.then = 503
    url = await linked(world)
    before = world.clock.now()
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    shown = json.loads(json.dumps(world.event_grid.as_json()))
    [topic] = shown["topics"]
    [event_subscription] = topic["event_subscriptions"]
    assert topic["properties"]["activationState"] == "Activated"
    assert event_subscription["waiting"] == 1
    assert event_subscription["next_retry_at"] >= (before + timedelta(seconds=30)).isoformat()
    assert shown["deliveries"]["failed_attempts"] == 1
