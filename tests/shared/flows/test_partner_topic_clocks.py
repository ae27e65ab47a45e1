"""The clocks of the partner topic, as far as the app itself can know them: by its own table and by Graph's refusals."""

import logging
from datetime import timedelta

import pytest
from builders import NOW, WATCH, mail_spec
from house import House

from shared.domain.watching.subscriptions import Act, State
from shared.domain.watching.topic import OVER
from shared.domain.watching.watch import parse_watch
from shared.ports import GraphFault

MINUTE = timedelta(minutes=1)
ELSEWHERE = parse_watch(WATCH.replace("pt-sample", "pt-other"), {})


async def asleep_for(after_the_end: timedelta) -> House:
    """Nothing ran until so long after the last subscription had ended."""
    house = House()
    await house.keep_alive.tick()
    last = max(one.expires_at for one in house.graph.living())
    house.clock.time = last + after_the_end
    house.graph.calls.clear()
    return house


async def assert_whole(house: House) -> None:
    assert {one.state for one in (await house.fleet.all()).values()} == {State.LIVE}
    assert {one.url for one in house.graph.living()} == {house.watch.topic.url}
    assert {step.act for step in await house.keep_alive.plan()} == {Act.KEEP}


async def test_a_topic_whose_last_subscription_ended_under_30_days_ago_is_used_again():
    house = await asleep_for(timedelta(days=30) - MINUTE)

    await house.keep_alive.tick()

    await assert_whole(house)


async def test_after_30_days_nothing_is_tried_and_people_are_told_what_to_do(caplog):
    house = await asleep_for(timedelta(days=30))

    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            await house.keep_alive.tick()
            house.clock.advance(timedelta(days=1))

    assert house.graph.calls["create_subscriptions"] == 0
    known = await house.fleet.all()
    assert {(one.state, one.note) for one in known.values()} == {(State.PARKED, OVER)}
    assert {(step.act, step.why) for step in await house.keep_alive.plan()} == {(Act.RECREATE, OVER)}
    assert "topic.over name=pt-sample" in caplog.text


async def test_once_the_topic_is_made_anew_in_azure_apply_goes_on_with_it():
    house = await asleep_for(timedelta(days=31))
    await house.keep_alive.tick()

    await house.keep_alive.reconcile(asked=True)
    await house.keep_alive.work()

    await assert_whole(house)


async def test_another_topic_in_subscriptions_toml_needs_no_more_words():
    house = await asleep_for(timedelta(days=31))
    await house.keep_alive.tick()

    other = house.beside(watch=ELSEWHERE)
    await other.keep_alive.tick()

    await assert_whole(other)


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize("code", ["", "Forbidden", "ExtensionError"])
@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("The partner MicrosoftGraphAPI is not authorized to create partner topics in resource group 'x'", "authorize"),
        ("Operation: Create; Exception: [Status Code: 403; partner authorization expired]", "authorize"),
        ("There are already 10 partner topics of /tenants/x/applications/y.", "at most 10"),
        ("Partner topic 'pt' already exists in westeurope.", "another in [topic]"),
        ("The partner topic was deleted because it was never activated", "pulse link"),
    ],
)
async def test_what_graph_says_of_the_topic_comes_with_its_remedy(status, code, message, remedy, caplog):
    house = House()
    spec = house.watch.specs[mail_spec()]
    house.graph.item_faults[spec.resource] = GraphFault(status, code, message)

    await house.keep_alive.tick()

    known = await house.fleet.get(mail_spec())
    assert known.state is State.PARKED
    assert remedy in known.note
    (step,) = [step for step in await house.keep_alive.plan() if step.spec == mail_spec()]
    assert remedy in step.why
    assert f"topic.refused spec={mail_spec()} status={status}" in caplog.text


@pytest.mark.parametrize("message", ["The limit of 1000 subscriptions to a mailbox has been reached.", "Access denied"])
async def test_a_refusal_that_speaks_of_something_else_has_no_such_remedy(message, caplog):
    house = House()
    house.graph.item_faults[house.watch.specs[mail_spec()].resource] = GraphFault(403, "Forbidden", message)

    await house.keep_alive.tick()

    assert (await house.fleet.get(mail_spec())).note == f"403 Forbidden: {message}"
    assert "topic.refused" not in caplog.text


async def test_a_refused_topic_is_tried_again_and_lives_once_it_is_authorized():
    house = House()
    fault = GraphFault(403, "Forbidden", "The partner is not authorized")
    house.graph.refuse("create_subscriptions", fault)
    await house.keep_alive.tick()

    house.clock.time = NOW + timedelta(minutes=5)
    await house.keep_alive.tick()

    await assert_whole(house)
