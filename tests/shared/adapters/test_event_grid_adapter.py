"""Custom topics by the real SDK over TLS, against the twin's publishing endpoint."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from azure.core.credentials import AccessToken
from builders import mail_event, reading_of

from shared.adapters.event_grid import EventGridTopics
from shared.domain.events.notifications import parse_time
from shared.ports import PublishFault
from twin.clocks import MovableClock
from twin.entra.tokens import Entra
from twin.event_grid.app import event_grid_app
from twin.event_grid.broker import EventGrid
from twin.world import World


@dataclass
class Token:
    """An AsyncTokenCredential that has one token, and notes what is asked for."""

    token: str

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)

    async def close(self) -> None: ...


@dataclass
class Served:
    world: World
    url: str
    topics: EventGridTopics


@pytest.fixture
async def served(authority) -> AsyncIterator[Served]:
    world = World(clock=MovableClock())
    world.event_grid, world.entra = EventGrid(world), Entra(world)
    config = uvicorn.Config(
        event_grid_app(world),
        port=0,
        ssl_certfile=authority.chain,
        ssl_keyfile=authority.key,
        log_level="warning",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    url = f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}/api/events"
    token = world.entra.issue("https://eventgrid.azure.net", subject="app")
    topics = EventGridTopics(lambda: Token(token), {"connection_verify": str(authority.ca)})
    yield Served(world, url, topics)
    await topics.close()
    await server.shutdown()


async def test_a_cloud_event_arrives_as_it_is_with_id_and_traceparent(served: Served):
    event = {**json.loads(reading_of(mail_event()).notification.body), "traceparent": "00-aa-bb-01", "myext": "x"}

    await served.topics.send(served.url, json.dumps(event))

    (received,) = served.world.event_grid.received
    # where the package cloudevents is installed (for measurements only), the SDK lets it spell the time
    assert parse_time(received.pop("time")) == parse_time(event.pop("time"))
    assert received == event


async def test_a_refusal_is_a_fault_of_ours_that_names_no_secret(served: Served):
    served.topics.credential = lambda: Token("nonsense")

    with pytest.raises(PublishFault) as raised:
        await served.topics.send(served.url, mail_event())

    assert "nonsense" not in str(raised.value)
    assert served.world.event_grid.received == []


async def test_a_topic_that_nobody_serves_is_a_fault(served: Served):
    with pytest.raises(PublishFault):
        await served.topics.send("https://localhost:1/api/events", mail_event())


async def test_nothing_is_opened_before_the_first_event():
    opened = []

    EventGridTopics(lambda: opened.append(1))

    assert opened == []
