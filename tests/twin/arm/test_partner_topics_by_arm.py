"""Partner configuration and partner topics through azure-mgmt-eventgrid. Source: Microsoft.EventGrid 2025-02-15."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.eventgrid.models import (
    IdentityInfo,
    Partner,
    PartnerAuthorization,
    PartnerConfiguration,
    PartnerTopicUpdateParameters,
    UserIdentityProperties,
)

from twin.event_grid.broker import Refused

GRAPH_ID = "c02e0126-707c-436d-b6a1-175d2748fb58"


async def test_the_demo_starts_with_graph_authorized_for_a_year(served: Any) -> None:
    async with served.client as client:
        configuration = await client.partner_configurations.get(served.world.resource_group)

    [partner] = configuration.partner_authorization.authorized_partners_list
    assert partner.partner_registration_immutable_id == GRAPH_ID
    assert partner.authorization_expiration_time_in_utc > datetime.now(UTC) + timedelta(days=364)
    assert (configuration.name, configuration.location) == ("default", "global")


async def test_a_configuration_is_put_and_a_partner_authorized(served: Any) -> None:
    served.world.switches.partner_authorized = False
    async with served.client as client:
        with pytest.raises(ResourceNotFoundError):
            await client.partner_configurations.get(served.world.resource_group)
        empty = PartnerConfiguration(location="global", partner_authorization=PartnerAuthorization())
        poller = await client.partner_configurations.begin_create_or_update(served.world.resource_group, empty)
        made = await poller.result()
        with pytest.raises(Refused):
            served.world.event_grid.ensure_partner_topic(served.partner_url, source="/tenants/t/applications/a")

        graph = Partner(partner_registration_immutable_id=GRAPH_ID, partner_name="MicrosoftGraphAPI")
        authorized = await client.partner_configurations.authorize_partner(served.world.resource_group, graph)

    served.world.event_grid.ensure_partner_topic(served.partner_url, source="/tenants/t/applications/a")
    assert made.partner_authorization.default_maximum_expiration_time_in_days == 7
    [partner] = authorized.partner_authorization.authorized_partners_list
    in_seven_days = datetime.now(UTC) + timedelta(days=7)
    assert abs(partner.authorization_expiration_time_in_utc - in_seven_days) < timedelta(minutes=5)


async def test_authorizing_again_replaces_the_older_entry(served: Any) -> None:
    until = datetime.now(UTC) + timedelta(days=30)
    graph = Partner(partner_registration_immutable_id=GRAPH_ID, authorization_expiration_time_in_utc=until)
    async with served.client as client:
        await client.partner_configurations.authorize_partner(served.world.resource_group, graph)
        configuration = await client.partner_configurations.get(served.world.resource_group)

    [partner] = configuration.partner_authorization.authorized_partners_list
    assert partner.authorization_expiration_time_in_utc == until


async def test_the_verified_partners_name_graph(served: Any) -> None:
    async with served.client as client:
        partners = [partner async for partner in client.verified_partners.list()]

    assert [(partner.name, partner.partner_registration_immutable_id) for partner in partners] == [
        ("MicrosoftGraphAPI", GRAPH_ID)
    ]


async def test_a_topic_is_found_activated_and_deactivated(served: Any) -> None:
    served.world.event_grid.ensure_partner_topic(served.partner_url, source="/tenants/t/applications/a")
    group, name = served.world.resource_group, served.world.topic_name
    async with served.client as client:
        new = await client.partner_topics.get(group, name)
        listed = [topic.name async for topic in client.partner_topics.list_by_resource_group(group)]
        everywhere = [topic.name async for topic in client.partner_topics.list_by_subscription()]
        active = await client.partner_topics.activate(group, name)
        stopped = await client.partner_topics.deactivate(group.upper(), name.upper())

    assert (new.activation_state, active.activation_state, stopped.activation_state) == (
        "NeverActivated",
        "Activated",
        "Deactivated",
    )
    in_seven_days = datetime.now(UTC) + timedelta(days=7)
    assert abs(new.expiration_time_if_not_activated_utc - in_seven_days) < timedelta(minutes=5)
    assert new.source == "/tenants/t/applications/a"
    assert new.partner_registration_immutable_id == GRAPH_ID
    assert listed == everywhere == [name]


async def test_an_update_sets_tags_and_identity(served: Any) -> None:
    served.world.event_grid.ensure_partner_topic(served.partner_url, source="/tenants/t/applications/a")
    identity = IdentityInfo(type="UserAssigned", user_assigned_identities={"/id": UserIdentityProperties()})
    async with served.client as client:
        answer = await client.partner_topics.update(
            served.world.resource_group,
            served.world.topic_name,
            PartnerTopicUpdateParameters(tags={"app": "pulse"}, identity=identity),
        )
        read = await client.partner_topics.get(served.world.resource_group, served.world.topic_name)

    assert answer is None  # the client reads a body from 201 only, and the documented success is 200
    assert read.tags == {"app": "pulse"}
    assert list(read.identity.user_assigned_identities) == ["/id"]


async def test_a_topic_is_deleted(served: Any) -> None:
    served.world.event_grid.ensure_partner_topic(served.partner_url, source="/tenants/t/applications/a")
    group, name = served.world.resource_group, served.world.topic_name
    async with served.client as client:
        await (await client.partner_topics.begin_delete(group, name)).result()
        with pytest.raises(ResourceNotFoundError) as fault:
            await client.partner_topics.get(group, name)
        await (await client.partner_topics.begin_delete(group, name)).result()

    assert fault.value.error.code == "ResourceNotFound"


async def test_a_token_for_something_else_is_refused(served: Any) -> None:
    token = served.world.entra.issue("https://graph.microsoft.com", subject="app")
    async with served.client_with(token) as client:
        with pytest.raises(ClientAuthenticationError) as fault:
            await client.partner_topics.get(served.world.resource_group, served.world.topic_name)

    assert fault.value.error.code == "InvalidAuthenticationToken"


@pytest.mark.parametrize("audience", ["https://management.core.windows.net/", "https://management.azure.com/"])
async def test_both_audiences_are_taken(served: Any, audience: str) -> None:
    async with served.client_with(served.world.entra.issue(audience, subject="app")) as client:
        assert [topic async for topic in client.partner_topics.list_by_subscription()] == []


async def test_what_is_not_served_has_an_error_body_too(served: Any) -> None:
    async with served.client as client:
        with pytest.raises(HttpResponseError) as fault:
            await client.domains.get(served.world.resource_group, "custom")

    assert fault.value.error.code == "InvalidResourceType"
