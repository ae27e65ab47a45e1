"""Partner configurations and partner topics. Source: Microsoft.EventGrid 2025-02-15, Graph's Event Grid guide."""

from datetime import timedelta

import pytest
from receiver import SOURCE, Receiver, event, events, later, linked, partner_url, to_function, topic_key

from twin.event_grid.broker import Refused
from twin.event_grid.partner_configuration import read_partner_configuration
from twin.event_grid.topics import ActivationState
from twin.world import World

GRAPH = {"partnerRegistrationImmutableId": "c02e0126-707c-436d-b6a1-175d2748fb58"}


def put_authorization(
    world: World, *partners: dict[str, str], days: int | None = None, group: str | None = None
) -> None:
    body = {"partnerAuthorization": {"defaultMaximumExpirationTimeInDays": days, "authorizedPartnersList": partners}}
    configuration = read_partner_configuration({"properties": body}, world.clock.now())
    world.event_grid.put_partner_configuration(
        (world.azure_subscription_id, group or world.resource_group), configuration
    )


def ensure(world: World, name: str | None = None, *, source: str = SOURCE, **changes: str) -> None:
    world.event_grid.ensure_partner_topic(partner_url(world, name, **changes), source=source)


def refused_status(world: World, name: str | None = None, **changes: str) -> int:
    with pytest.raises(Refused) as refusal:
        ensure(world, name, **changes)
    return refusal.value.status


def test_a_new_topic_is_never_activated(world: World) -> None:
    ensure(world)

    topic = world.event_grid.topic(topic_key(world)).as_json()
    assert topic["properties"]["activationState"] == "NeverActivated"
    assert topic["properties"]["source"] == SOURCE
    assert topic["properties"]["expirationTimeIfNotActivatedUtc"].endswith("Z")


def test_ensuring_an_existing_topic_of_the_same_source_changes_nothing(world: World) -> None:
    ensure(world)
    topic = world.event_grid.topic(topic_key(world))

    ensure(world)

    assert world.event_grid.topics() == [topic]


def test_without_authorization_the_partner_is_refused(world: World) -> None:
    world.switches.partner_authorized = False
    assert refused_status(world) == 403

    put_authorization(world, GRAPH)
    ensure(world)


def test_another_resource_group_is_not_authorized(world: World) -> None:
    assert refused_status(world, resourcegroup="rg-other") == 403


def test_either_the_partner_name_or_the_registration_id_is_enough(world: World) -> None:
    put_authorization(world, {"partnerName": "MicrosoftGraphAPI"})
    ensure(world)


def test_another_partner_does_not_help(world: World) -> None:
    put_authorization(world, {"partnerName": "Auth0"})
    assert refused_status(world) == 403


def test_an_authorization_lapses_after_seven_days_unless_told_otherwise(world: World) -> None:
    put_authorization(world, GRAPH)
    world.clock.advance(timedelta(days=7))

    assert refused_status(world) == 403


def test_an_existing_topic_outlives_the_authorization(world: World) -> None:
    put_authorization(world, GRAPH)
    ensure(world)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    world.clock.advance(timedelta(days=8))

    ensure(world)


def test_days_beyond_a_year_are_refused(world: World) -> None:
    with pytest.raises(Refused):
        put_authorization(world, days=366)


def test_a_topic_that_nobody_activates_is_deleted(world: World) -> None:
    ensure(world)
    world.clock.advance(timedelta(days=7))

    assert world.event_grid.topics() == []


def test_the_time_to_activate_is_a_switch(world: World) -> None:
    world.switches.topic_activation_days = 1
    ensure(world)
    world.clock.advance(timedelta(days=1))

    assert world.event_grid.topics() == []


def test_an_activated_topic_stays(world: World) -> None:
    ensure(world)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    world.clock.advance(timedelta(days=100))

    assert len(world.event_grid.topics()) == 1


def test_names_are_unique_in_a_region(world: World) -> None:
    put_authorization(world, GRAPH, group="rg-other")
    ensure(world)

    assert refused_status(world, resourcegroup="rg-other") == 409
    ensure(world, resourcegroup="rg-other", location="northeurope")


def test_a_topic_belongs_to_one_source(world: World) -> None:
    ensure(world)

    with pytest.raises(Refused) as refusal:
        ensure(world, source="/tenants/t/applications/other")
    assert refusal.value.status == 409


def test_a_source_has_at_most_ten_topics(world: World) -> None:
    for number in range(10):
        ensure(world, f"topic-{number}")

    assert refused_status(world, "topic-10") == 403
    ensure(world, "topic-10", source="/tenants/t/applications/other")


async def test_events_before_activation_are_lost(world: World) -> None:
    ensure(world)
    world.event_grid.publish(partner_url(world), events(3))

    assert world.event_grid.deliveries["dropped"] == 3


async def test_events_without_an_event_subscription_are_lost(world: World) -> None:
    ensure(world)
    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    world.event_grid.publish(partner_url(world), events(3))

    assert world.event_grid.deliveries["dropped"] == 3


async def test_events_for_a_topic_that_is_gone_are_lost(world: World) -> None:
    world.event_grid.publish(partner_url(world), events(3))

    assert world.event_grid.deliveries["dropped"] == 3


async def test_a_deactivated_topic_loses_events(world: World, receiver: Receiver) -> None:
    url = await linked(world)
    world.event_grid.turn_topic(topic_key(world), ActivationState.DEACTIVATED)
    world.event_grid.publish(url, events(3))
    await world.event_grid.settled(5)

    assert receiver.requests == []
    assert world.event_grid.deliveries["dropped"] == 3


async def test_a_switch_keeps_events_for_activation(world: World, receiver: Receiver) -> None:
    world.switches.keep_before_activation = True
    world.event_grid.start()
    ensure(world)
    world.event_grid.publish(partner_url(world), events(3))
    await world.event_grid.put_event_subscription(topic_key(world), "to-func", to_function(world))
    assert world.event_grid.deliveries["waiting"] == 3

    world.event_grid.turn_topic(topic_key(world), ActivationState.ACTIVATED)
    await world.event_grid.settled(5)

    assert sorted(receiver.ids) == ["event-0", "event-1", "event-2"]


async def test_a_deleted_topic_drops_what_waited(world: World, receiver: Receiver) -> None:
    receiver.then = 500
    url = await linked(world)
    world.event_grid.publish(url, [event()])
    await world.event_grid.settled(5)

    world.event_grid.delete_topic(topic_key(world))
    await later(world, hours=1)

    assert len(receiver.requests) == 1
    assert world.event_grid.deliveries["dropped"] == 1
    assert world.event_grid.deliveries["waiting"] == 0
