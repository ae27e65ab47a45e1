"""Lifecycle events in every spelling and shape that is documented, observed or only possible, through the way in.

Nobody documents what removed and missed are called over Event Grid, nor what their data carries: whatever comes, the
subscription is mended, or at least Graph is asked how it is.
"""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, TENANT, cloud_event, lifecycle_event, mail_spec, state_of
from house import DAY, House

from shared.domain.watching.subscriptions import State
from shared.flows.keep_alive.hints import APART, MOST
from shared.handlers import find_handlers
from shared.ports import GraphFault

TYPES = {
    "reauthorizationRequired": [
        "microsoft.graph.subscriptionReauthorizationRequired",
        "Microsoft.Graph.SubscriptionReauthorizationRequired",
        "MICROSOFT.GRAPH.SUBSCRIPTIONREAUTHORIZATIONREQUIRED",
        "Microsoft.Graph.ReauthorizationRequired",
    ],
    "subscriptionRemoved": [
        "Microsoft.Graph.SubscriptionRemoved",
        "microsoft.graph.subscriptionRemoved",
        "MICROSOFT.GRAPH.SUBSCRIPTIONREMOVED",
    ],
    "missed": [
        "Microsoft.Graph.Missed",
        "microsoft.graph.subscriptionMissed",
        "Microsoft.Graph.SubscriptionMissedNotifications",
        "MICROSOFT.GRAPH.MISSED",
    ],
}
UNHEARD_OF = "Microsoft.Graph.SubscriptionLifecycle"  # only data.lifecycleEvent says what it is
SHAPES: dict[str, Callable[[str], str]] = {
    "camelCase": lambda name: name,
    "PascalCase": lambda name: name[0].upper() + name[1:],
    "lower": str.lower,
    "UPPER": str.upper,
}
WITHOUT = [(), ("lifecycleEvent",), ("tenantId",), ("lifecycleEvent", "tenantId")]
KINDS = [(kind, name) for kind, names in TYPES.items() for name in names]


def event_of(
    name: str, kind: str, *, id_: str, shape: str = "camelCase", without: tuple[str, ...] = (), **more: object
) -> str:
    data = {
        "subscriptionId": id_,
        "tenantId": TENANT,
        "clientState": state_of(mail_spec()),
        "lifecycleEvent": kind,
        **more,
    }
    kept = {SHAPES[shape](key): value for key, value in data.items() if key not in without}
    return cloud_event(name, kept, subject="Subscriptions/x", time=NOW)


async def settled() -> tuple[House, str]:
    """A house, and the id of Ada's mail; a message was missed, and Graph may say so."""
    house = House(router=find_handlers())
    await house.keep_alive.tick()
    known = await house.fleet.get(mail_spec())
    assert known is not None
    house.graph.put_message(ADA, "missed")
    house.graph.calls.clear()
    return house, known.id


async def assert_answered(house: House, kind: str, id_: str) -> None:
    known = await house.fleet.get(mail_spec())
    assert known is not None
    assert known.state is State.LIVE
    assert known.id in house.graph.subscriptions
    assert (known.id == id_) is (kind != "subscriptionRemoved")
    assert house.graph.calls["renew_subscriptions"] == (kind == "reauthorizationRequired")
    assert len(await house.rows(mail_spec().partition("~")[2])) == (kind != "reauthorizationRequired")


async def deliver(house: House, kind: str, id_: str, event: str) -> None:
    if kind == "subscriptionRemoved":
        del house.graph.subscriptions[id_]
    await house.receive(event)


@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize(("shape", "without"), list(itertools.product(SHAPES, WITHOUT)))
async def test_every_spelling_and_shape_is_answered(kind, name, shape, without):
    house, id_ = await settled()

    await deliver(house, kind, id_, event_of(name, kind, id_=id_, shape=shape, without=without))

    await assert_answered(house, kind, id_)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
async def test_under_a_type_that_says_nothing_the_data_is_believed(kind, shape):
    house, id_ = await settled()

    await deliver(house, kind, id_, event_of(UNHEARD_OF, kind, id_=id_, shape=shape))

    await assert_answered(house, kind, id_)


@pytest.mark.parametrize("kind", TYPES)
async def test_organization_id_stands_for_tenant_id_as_in_webhooks(kind):
    house, id_ = await settled()

    event = event_of(TYPES[kind][0], kind, id_=id_, without=("tenantId",), organizationId=TENANT)
    await deliver(house, kind, id_, event)

    await assert_answered(house, kind, id_)


@pytest.mark.parametrize("kind", TYPES)
async def test_an_array_of_one_is_as_good(kind):
    house, id_ = await settled()

    await deliver(house, kind, id_, f"[{event_of(TYPES[kind][0], kind, id_=id_)}]")

    await assert_answered(house, kind, id_)


@pytest.mark.parametrize("kind", TYPES)
async def test_without_an_id_the_client_state_says_whose_it_is(kind):
    house, id_ = await settled()

    await deliver(house, kind, id_, event_of(TYPES[kind][0], kind, id_="", without=("subscriptionId",)))

    await assert_answered(house, kind, id_)


@pytest.mark.parametrize(("kind", "name"), KINDS)
@pytest.mark.parametrize("state", [None, "", "forged"])
async def test_without_proof_it_is_quarantined_and_graph_is_asked(kind, name, state):
    house, id_ = await settled()

    await deliver(house, kind, id_, event_of(name, kind, id_=id_, clientState=state))

    await assert_answered(house, kind, id_)
    assert house.graph.calls["get_subscription"] == 1
    assert [row["reason"] for row in await house.quarantine.list(DAY)] == ["client_state"]


async def test_a_false_word_of_a_removal_costs_a_look_and_nothing_else():
    house, id_ = await settled()

    await house.receive(event_of("Microsoft.Graph.SubscriptionRemoved", "subscriptionRemoved", id_=id_, clientState=""))

    assert house.graph.calls == {"get_subscription": 1}
    assert (await house.fleet.get(mail_spec())).id == id_


async def test_hints_of_one_subscription_are_followed_once_in_ten_minutes():
    house, id_ = await settled()
    event = event_of("Microsoft.Graph.SubscriptionRemoved", "subscriptionRemoved", id_=id_, clientState=None)

    for _ in range(5):
        await house.receive(event)
    assert house.graph.calls["get_subscription"] == 1
    house.clock.advance(APART)
    await house.receive(event)

    assert house.graph.calls["get_subscription"] == 2


async def test_hints_of_ids_that_are_not_ours_ask_graph_for_nothing():
    house, _ = await settled()

    for number in range(MOST + 10):
        await house.receive(event_of("Microsoft.Graph.Missed", "missed", id_=f"nobody-{number}", clientState=None))

    assert house.graph.calls == {}


async def test_a_hint_that_cannot_be_followed_does_not_bring_the_event_again():
    house, id_ = await settled()
    house.graph.refuse("get_subscription", GraphFault(503, "", "down"))

    await house.receive(event_of("Microsoft.Graph.Missed", "missed", id_=id_, clientState=None))

    assert len(await house.quarantine.list(DAY)) == 1


@pytest.mark.parametrize("kind", TYPES)
async def test_one_that_is_being_made_anew_keeps_the_pause_that_graph_asked_for(kind):
    house, id_ = await settled()
    known = await house.fleet.get(mail_spec())
    house.graph.item_faults[known.resource] = GraphFault(429, "TooManyRequests", "slow down", 600)
    del house.graph.subscriptions[id_]
    await house.receive(lifecycle_event("subscriptionRemoved", subscription=id_))
    paused = await house.fleet.get(mail_spec())
    assert paused.due_at == NOW.replace(microsecond=0) + timedelta(seconds=600)
    house.graph.calls.clear()

    await house.receive(event_of(TYPES[kind][0], kind, id_="another", more="so that it is another event"))

    assert house.graph.calls == {}
    assert (await house.fleet.get(mail_spec())).due_at == paused.due_at

    house.clock.advance(timedelta(seconds=601))
    await house.keep_alive.tick()
    assert (await house.fleet.get(mail_spec())).state is State.LIVE
    assert (await house.fleet.get(mail_spec(GRACE))).state is State.LIVE


def test_the_shapes_are_what_they_are_called():
    data = json.loads(event_of("t", "missed", id_="x", shape="PascalCase", without=("tenantId",)))["data"]

    assert sorted(data) == ["ClientState", "LifecycleEvent", "SubscriptionId"]
