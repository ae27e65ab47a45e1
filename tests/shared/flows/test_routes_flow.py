"""Events go on as routes.toml says: each at least once, with its own id, and never with a client_state."""

import json
from dataclasses import dataclass, field

import pytest
from builders import lifecycle_event, mail_event, mail_spec, state_of
from fakes import FakeTopics
from house import House

from shared.adapters.memory import MemoryQueues
from shared.domain.router import Router
from shared.domain.routes import parse_routes
from shared.flows.routes import Outgoing, routes_of
from shared.ports import PublishFault

TOPIC = "https://t.westeurope-1.eventgrid.azure.net/api/events"
RULES = f"""
[[route]]
name = "topic"
types = ["Microsoft.Graph.Message*"]
to = "topic:{TOPIC}"

[[route]]
name = "queue"
types = ["*"]
to = "queue:everything"
"""


@dataclass
class Sending:
    """A house with routes, and where they lead."""

    topics: FakeTopics = field(default_factory=FakeTopics)
    queues: MemoryQueues = field(default_factory=MemoryQueues)

    def house(self) -> House:
        router = Router()
        for route in routes_of(parse_routes(RULES)):
            router.add(route)
        return House(router=router, publish=Outgoing(self.topics, self.queues))


async def test_an_event_goes_where_its_routes_lead_with_its_own_id_and_traceparent():
    sending = Sending()
    event = {**json.loads(mail_event(event_id="e-1")), "traceparent": "00-aa-bb-01"}

    await sending.house().receive(json.dumps(event))

    ((endpoint, sent),) = sending.topics.sent
    assert endpoint == TOPIC
    assert (json.loads(sent)["id"], json.loads(sent)["traceparent"]) == ("e-1", "00-aa-bb-01")
    assert sending.queues.queues == {"everything": [sent]}


async def test_no_client_state_goes_out():
    sending, state = Sending(), state_of(mail_spec())

    await sending.house().receive(mail_event(state=state))

    for text in (sending.topics.sent[0][1], sending.queues.queues["everything"][0]):
        assert "clientstate" not in text.lower()
        assert state.rpartition(".")[2] not in text


async def test_a_lifecycle_event_goes_along_and_is_handled_by_the_app_all_the_same():
    sending, seen = Sending(), []
    house = sending.house()

    @house.router.on("*")
    async def note(notification, context):
        seen.append(notification.lifecycle)

    await house.receive(lifecycle_event("missed"))

    assert seen == ["missed"]
    assert len(sending.queues.queues["everything"]) == 1


async def test_a_topic_that_fails_is_sent_to_again_and_what_went_out_is_not_repeated():
    sending = Sending()
    sending.topics.faults.append(PublishFault("503"))
    house, event = sending.house(), mail_event()

    with pytest.raises(ExceptionGroup):
        await house.receive(event)
    await house.beside().receive(event)

    assert len(sending.topics.sent) == 1
    assert len(sending.queues.queues["everything"]) == 1


async def test_a_redelivered_event_goes_out_once():
    sending, event = Sending(), mail_event()

    await sending.house().receive(event)
    house = sending.house()
    await house.receive(event)
    await house.receive(event)

    assert len(sending.topics.sent) == 2  # two houses of their own; the second one's redelivery adds nothing
