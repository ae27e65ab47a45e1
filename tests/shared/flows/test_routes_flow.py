"""Events go on as routes.toml says: each at least once, with its own id, and never with a client_state."""

import json
from dataclasses import dataclass, field

import pytest
from builders import FixedClock, lifecycle_event, mail_event, mail_spec, state_of
from fakes import FakeTopics
from house import House

from shared.adapters.memory import MemoryBlobs, MemoryQueues
from shared.domain.events.router import Router
from shared.domain.events.routes import parse_routes
from shared.flows.receive.routes import Outgoing, routes_of
from shared.ports import CONTAINER, PublishFault, StorageFault

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
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)

    def house(self) -> House:
        router = Router()
        for route in routes_of(parse_routes(RULES)):
            router.add(route)
        return House(router=router, publish=Outgoing(self.topics, self.queues, self.blobs, FixedClock()))


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


async def test_what_is_too_long_for_a_queue_goes_with_its_data_in_a_blob():
    sending = Sending()
    event = mail_event(event_id="e-1").replace('"data": {', '"data": {"filling": "' + "x" * 60_000 + '", ', 1)

    await sending.house().receive(event)

    (text,) = sending.queues.queues["everything"]
    told = json.loads(text)
    container, _, name = told["dataref"].partition("/")
    assert (container, told["id"], "data" in told) == (CONTAINER, "e-1", False)
    data = json.loads(sending.blobs.blobs[name])
    assert len(data["filling"]) == 60_000
    assert "clientstate" not in str(data).lower()
    ((_, sent),) = sending.topics.sent
    assert json.loads(sent)["data"] == data  # a topic takes a megabyte


async def test_sent_again_it_leaves_no_second_blob():
    sending = Sending()
    outgoing = sending.house().publish
    text = json.dumps({"id": "1", "source": "s", "data": "x" * 60_000})

    for _ in range(2):
        await outgoing.to("queue:orders", text)

    assert len(sending.blobs.blobs) == 1
    assert sending.queues.queues["orders"][0] == sending.queues.queues["orders"][1]


@pytest.mark.parametrize("text", ["x" * 60_000, json.dumps(["x" * 60_000]), json.dumps({"id": "x" * 60_000})])
async def test_a_long_text_that_is_no_event_with_data_is_refused(text):
    sending = Sending()

    with pytest.raises(StorageFault):
        await sending.house().publish.to("queue:orders", text)

    assert sending.blobs.blobs == {}
