"""Graph and the real Event Grid of the twin together."""

import pytest
from graph_builders import TOPIC, subscription

from twin.event_grid.broker import EventGrid


@pytest.fixture
def body(world):
    world.event_grid = EventGrid(world)
    url = TOPIC.replace("5F0C7D3E-9B26-4A18-8E6D-B1A4C07F2D95", world.azure_subscription_id)
    url = url.replace("resourcegroup=rg", f"resourcegroup={world.resource_group}")
    return subscription(world, notificationUrl=url, lifecycleNotificationUrl=url)


async def test_a_subscription_makes_a_partner_topic_that_is_never_activated(call, world, body):
    answer = await call("POST", "/subscriptions", body)

    (topic,) = world.event_grid.topics()
    assert answer.status_code == 201
    assert topic.address.name == "pulse"
    assert topic.source == f"/tenants/{world.tenant_id}/applications/{world.app_id}"
    assert topic.activation_state == "NeverActivated"


async def test_without_partner_authorization_there_is_neither_topic_nor_subscription(call, world, body):
    body["notificationUrl"] = body["lifecycleNotificationUrl"] = TOPIC  # a resource group that authorized nobody

    answer = await call("POST", "/subscriptions", body)

    assert answer.status_code == 403
    assert world.event_grid.topics() == []
    assert (await call("GET", "/subscriptions")).json()["value"] == []


async def test_events_are_handed_to_the_broker(call, world, body):
    await call("POST", "/subscriptions", body)

    world.graph.trigger("message.created", count=3)

    assert world.event_grid.deliveries["published"] == 3
