"""Dead letters. Sources: Event Grid's delivery-and-retry and manage-event-delivery pages."""

import json
import re
from typing import Any

import pytest
from receiver import Receiver, cloud, event, events, later, linked, to_function, topic_key

from twin.world import World

Blobs = dict[tuple[str, str], bytes]


def dead_letters_on(world: World, **more: Any) -> dict[str, Any]:
    target = {"endpointType": "StorageBlob", "properties": {"resourceId": "/any", "blobContainerName": "dead-letters"}}
    return to_function(world, deadLetterDestination=target, **more)


@pytest.mark.parametrize("status", [400, 403, 413])
async def test_what_can_never_work_is_dead_lettered_at_once(
    world: World, receiver: Receiver, blobs: Blobs, status: int
) -> None:
    receiver.then = status
    url = await linked(world, dead_letters_on(world))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    assert len(receiver.requests) == 1
    assert len(blobs) == 1
    assert world.event_grid.deliveries["dead_lettered"] == 1
    assert world.event_grid.deliveries["waiting"] == 0


async def test_a_dead_letter_says_why_and_when_in_lower_case(world: World, receiver: Receiver, blobs: Blobs) -> None:
    receiver.then = 404
    url = await linked(world, dead_letters_on(world, retryPolicy={"maxDeliveryAttempts": 2}))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, minutes=5)

    [letter] = json.loads(*blobs.values())
    times = letter.pop("publishtime"), letter.pop("lastdeliveryattempttime")
    reasons = {
        "deadletterreason": "MaxDeliveryAttemptsExceeded",
        "deliveryattempts": 2,
        "lastdeliveryoutcome": "NotFound",
    }
    assert letter == event() | reasons
    assert times[0] < times[1]


async def test_too_old_is_a_reason_of_its_own(world: World, receiver: Receiver, blobs: Blobs) -> None:
    receiver.then = 500
    url = await linked(world, dead_letters_on(world, retryPolicy={"eventTimeToLiveInMinutes": 1}))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    await later(world, minutes=1)

    [letter] = json.loads(*blobs.values())
    assert (letter["deadletterreason"], letter["deliveryattempts"]) == ("TimeToLiveExceeded", 1)
    assert letter["lastdeliveryoutcome"] == "InternalServerError"


async def test_a_batch_is_one_blob_with_upper_case_names(world: World, receiver: Receiver, blobs: Blobs) -> None:
    receiver.then = 400
    url = await linked(world, dead_letters_on(world) | {"destination": to_function(world, batch=10)["destination"]})
    world.event_grid.publish(url, events(10))
    await world.event_grid.settled(5)

    [(container, name)] = blobs
    now = world.clock.now()
    assert container == "dead-letters"
    assert re.fullmatch(rf"GRAPH-PULSE/TO-FUNC/{now.year}/{now.month}/\d+/\d+/[0-9a-f-]{{36}}\.json", name)
    assert [letter["id"] for letter in json.loads(blobs[container, name])] == [item["id"] for item in events(10)]


async def test_by_identity_needs_that_identity_at_the_topic(world: World, receiver: Receiver, blobs: Blobs) -> None:
    receiver.then = 400
    await linked(world)
    world.event_grid.topic(topic_key(world)).identity = {"type": "UserAssigned", "userAssignedIdentities": {"/ID": {}}}
    properties = dead_letters_on(world)
    target = properties.pop("deadLetterDestination")
    identity = {"type": "UserAssigned", "userAssignedIdentity": "/id"}
    properties["deadLetterWithResourceIdentity"] = {"identity": identity, "deadLetterDestination": target}
    url = await linked(world, properties)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    assert len(blobs) == 1


@pytest.fixture
async def storage_away(receiver: Receiver):
    """A cloud whose storage does not answer while the list has an element."""
    away = [True]

    async def write(container: str, name: str, body: bytes) -> None:
        if away:
            raise ConnectionRefusedError("no storage")

    world = cloud(receiver.port, write_blob=write)
    world.switches.dead_letter_delay_minutes = 0
    yield world, away
    await world.event_grid.stop()


async def test_storage_that_comes_back_gets_the_dead_letter(storage_away, receiver: Receiver) -> None:
    world, away = storage_away
    receiver.then = 400
    url = await linked(world, dead_letters_on(world))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    assert world.event_grid.deliveries["waiting"] == 1

    away.clear()
    await later(world, seconds=10)

    assert world.event_grid.deliveries["dead_lettered"] == 1


async def test_storage_away_for_four_hours_drops_the_event(storage_away, receiver: Receiver) -> None:
    world, _ = storage_away
    receiver.then = 400
    url = await linked(world, dead_letters_on(world))
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)
    for _ in range(10):
        await later(world, minutes=40)

    assert world.event_grid.deliveries["dropped"] == 1
    assert world.event_grid.deliveries["waiting"] == 0
