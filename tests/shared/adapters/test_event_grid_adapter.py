"""Custom topics by the real SDK over TLS, against the twin's publishing endpoint."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from builders import mail_event, reading_of
from served_graph import StaticToken, served

from shared.adapters.event_grid import EventGridTopics
from shared.domain.events.notifications import parse_time
from shared.ports import PublishFault
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.event_grid.app import event_grid_app
from twin.event_grid.broker import EventGrid
from twin.world import World


@dataclass
class Served:
    world: World
    url: str
    topics: EventGridTopics


@pytest.fixture
async def at_hand(authority) -> AsyncIterator[Served]:
    world = World(clock=MovableClock())
    world.event_grid, world.entra = EventGrid(world), Entra(world)
    token = world.entra.issue("https://eventgrid.azure.net", subject="app")
    async with served(event_grid_app(world), authority) as url:
        topics = EventGridTopics(lambda: StaticToken(token), {"connection_verify": str(authority.ca)})
        yield Served(world, f"{url}/api/events", topics)
        await topics.close()


async def test_a_cloud_event_arrives_as_it_is_with_id_and_traceparent(at_hand: Served):
    event = {**json.loads(reading_of(mail_event()).notification.body), "traceparent": "00-aa-bb-01", "myext": "x"}

    await at_hand.topics.send(at_hand.url, json.dumps(event))

    (received,) = at_hand.world.event_grid.received
    # where the package cloudevents is installed (for measurements only), the SDK lets it spell the time
    assert parse_time(received.pop("time")) == parse_time(event.pop("time"))
    assert received == event


async def test_a_refusal_is_a_fault_of_ours_that_names_no_secret(at_hand: Served):
    at_hand.topics.credential = lambda: StaticToken("nonsense")

    with pytest.raises(PublishFault) as raised:
        await at_hand.topics.send(at_hand.url, mail_event())

    assert "nonsense" not in str(raised.value)
    assert at_hand.world.event_grid.received == []


async def test_a_topic_that_nobody_serves_is_a_fault(at_hand: Served):
    with pytest.raises(PublishFault):
        await at_hand.topics.send("https://localhost:1/api/events", mail_event())


async def test_nothing_is_opened_before_the_first_event():
    opened = []

    EventGridTopics(lambda: opened.append(1))

    assert opened == []
