"""Event subscriptions of a partner topic through azure-mgmt-eventgrid. Source: Microsoft.EventGrid 2025-02-15."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.eventgrid.models import (
    AzureFunctionEventSubscriptionDestination,
    DeadLetterWithResourceIdentity,
    EventSubscription,
    EventSubscriptionFilter,
    EventSubscriptionIdentity,
    IdentityInfo,
    PartnerTopicUpdateParameters,
    RetryPolicy,
    StorageBlobDeadLetterDestination,
    StringInAdvancedFilter,
    UserIdentityProperties,
)

SOURCE = "/tenants/t/applications/a"


def to_function(served: Any, name: str = "receive_graph_event", **more: Any) -> EventSubscription:
    return EventSubscription(
        destination=AzureFunctionEventSubscriptionDestination(
            resource_id=served.function_id(name), max_events_per_batch=50, preferred_batch_size_in_kilobytes=64
        ),
        event_delivery_schema="CloudEventSchemaV1_0",
        **more,
    )


async def create(client: Any, served: Any, event_subscription: EventSubscription) -> Any:
    poller = await client.partner_topic_event_subscriptions.begin_create_or_update(
        served.world.resource_group, served.world.topic_name, "to-func", event_subscription
    )
    return await poller.result()


@pytest.fixture
def names(served: Any) -> tuple[str, str, str]:
    served.world.event_grid.ensure_partner_topic(served.partner_url, source=SOURCE)
    return served.world.resource_group, served.world.topic_name, "to-func"


async def test_linking_as_production_does_lets_events_through(served: Any, names: tuple[str, str, str]) -> None:
    event = {"id": "1", "source": SOURCE, "type": "Microsoft.Graph.UserUpdated", "specversion": "1.0", "data": {}}
    async with served.client as client:
        made = await create(client, served, to_function(served))
        await client.partner_topics.activate(*names[:2])
    served.world.event_grid.publish(served.partner_url, [event])
    await served.world.event_grid.settled(5)

    assert made.provisioning_state == "Succeeded"
    assert served.deliveries == [[event]]


async def test_creation_is_long_running(served: Any, names: tuple[str, str, str]) -> None:
    async with served.client as client:
        poller = await client.partner_topic_event_subscriptions.begin_create_or_update(*names, to_function(served))
        first = poller.status()
        await poller.result()

    assert (first, poller.status()) == ("Creating", "Succeeded")


async def test_everything_that_was_put_is_shown_again(served: Any, names: tuple[str, str, str]) -> None:
    wanted = to_function(
        served,
        filter=EventSubscriptionFilter(
            subject_begins_with="Users/",
            advanced_filters=[StringInAdvancedFilter(key="data.changeType", values=["updated"])],
        ),
        retry_policy=RetryPolicy(max_delivery_attempts=5, event_time_to_live_in_minutes=60),
        dead_letter_with_resource_identity=DeadLetterWithResourceIdentity(
            identity=EventSubscriptionIdentity(type="UserAssigned", user_assigned_identity="/id"),
            dead_letter_destination=StorageBlobDeadLetterDestination(
                resource_id="/storage", blob_container_name="dead-letters"
            ),
        ),
    )
    identity = IdentityInfo(type="UserAssigned", user_assigned_identities={"/id": UserIdentityProperties()})
    async with served.client as client:
        with pytest.raises(HttpResponseError, match="identity"):
            await create(client, served, wanted)
        await client.partner_topics.update(*names[:2], PartnerTopicUpdateParameters(identity=identity))
        await create(client, served, wanted)
        shown = await client.partner_topic_event_subscriptions.get(*names)
        listed = client.partner_topic_event_subscriptions.list_by_partner_topic(*names[:2])
        everything = [item async for item in listed]

    assert shown.as_dict() == everything[0].as_dict()
    assert shown.topic.endswith("/partnerTopics/graph-pulse")
    assert shown.destination.max_events_per_batch == 50
    assert shown.filter.advanced_filters[0].values == ["updated"]
    assert shown.retry_policy.max_delivery_attempts == 5
    assert shown.dead_letter_with_resource_identity.dead_letter_destination.blob_container_name == "dead-letters"


async def test_defaults_are_shown(served: Any, names: tuple[str, str, str]) -> None:
    async with served.client as client:
        made = await create(client, served, to_function(served))

    assert (made.retry_policy.max_delivery_attempts, made.retry_policy.event_time_to_live_in_minutes) == (30, 1_440)


@pytest.mark.parametrize(
    ("function", "code"),
    [("nowhere", "Endpoint validation"), ("health", "InvalidAzureFunctionDestination")],
)
async def test_a_wrong_function_is_refused(served: Any, names: tuple[str, str, str], function: str, code: str) -> None:
    async with served.client as client:
        with pytest.raises(HttpResponseError) as fault:
            await create(client, served, to_function(served, function))

    assert (fault.value.status_code, fault.value.error.code) == (400, code)


async def test_an_event_subscription_is_deleted(served: Any, names: tuple[str, str, str]) -> None:
    async with served.client as client:
        await create(client, served, to_function(served))
        for _ in range(2):  # the second time there is nothing left, which is no fault
            await (await client.partner_topic_event_subscriptions.begin_delete(*names)).result()
        with pytest.raises(ResourceNotFoundError):
            await client.partner_topic_event_subscriptions.get(*names)


async def test_a_topic_that_is_not_there_is_told(served: Any) -> None:
    async with served.client as client:
        with pytest.raises(ResourceNotFoundError):
            await create(client, served, to_function(served))
