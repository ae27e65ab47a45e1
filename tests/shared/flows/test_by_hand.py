"""What a person asks of single subscriptions, and what Graph's ten-minute rule makes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, GRACE, NOW, RING, lifecycle_event, mail_event, mail_spec, people_spec
from house import DAY, House

from shared.domain.events.client_state import KeyRing
from shared.domain.watching.subscriptions import APART, Act, State
from shared.domain.watching.transitions import touching
from shared.flows.keep_alive import BUSY
from shared.flows.keep_alive.lease import try_lease
from shared.handlers import find_handlers
from shared.ports import GraphFault

MINUTE = timedelta(minutes=1)
NEWER = KeyRing({**RING.keys, 2: bytes(range(1, 33))})


async def settled(**members: object) -> House:
    house = House(router=find_handlers(), **members)
    await house.keep_alive.tick()
    house.graph.calls.clear()
    return house


async def reauthorize(house: House, spec: str = mail_spec()) -> str:
    (outcome,) = await house.by_hand.reauthorize([(await house.fleet.all())[spec]])
    return outcome.fault


async def delete(house: House, spec: str = mail_spec()) -> None:
    (outcome,) = await house.by_hand.delete([(await house.fleet.all())[spec]])
    assert (outcome.step.act, outcome.fault) == (Act.REMOVE, "")


async def test_reauthorizing_by_hand_is_one_call_after_a_look_and_extends_nothing():
    house = await settled()
    before = await house.fleet.get(mail_spec())

    assert await reauthorize(house) == ""

    assert house.graph.calls == {"get_subscription": 1, "reauthorize_subscription": 1}
    assert (await house.fleet.get(mail_spec())).expires_at == before.expires_at


async def test_the_row_says_that_it_is_touched_before_graph_is_called():
    house = await settled()
    house.graph.lose_answer("reauthorize_subscription")

    assert "can't be reached" in await reauthorize(house)

    assert (await house.fleet.get(mail_spec())).touching_at == house.clock.now()


async def test_graph_s_demand_within_ten_minutes_of_a_touch_is_answered_after_them():
    house = await settled()
    await reauthorize(house)
    known = await house.fleet.get(mail_spec())
    house.clock.advance(9 * MINUTE)

    await house.receive(lifecycle_event("reauthorizationRequired", subscription=known.id, time=house.clock.now()))
    assert house.graph.calls["renew_subscriptions"] == 0

    house.clock.advance(APART - 9 * MINUTE + MINUTE)
    await house.keep_alive.tick()
    assert house.graph.calls["renew_subscriptions"] == 1


async def test_a_demand_just_after_a_renewal_is_answered_once_its_time_is_over():
    house = await settled()
    await house.keep_alive.renew([mail_spec()])
    known = await house.fleet.get(mail_spec())
    house.clock.advance(MINUTE)

    await house.lifecycle.reauthorize(mail_spec(), known.id)
    assert house.graph.calls["renew_subscriptions"] == 1

    house.clock.advance(APART - MINUTE)
    await house.keep_alive.tick()
    assert house.graph.calls["renew_subscriptions"] == 2


async def test_what_people_renew_after_they_reauthorized_waits_ten_minutes_too():
    house = await settled()
    await reauthorize(house)

    await house.keep_alive.renew([mail_spec()])
    assert house.graph.calls["renew_subscriptions"] == 0

    house.clock.advance(APART + MINUTE)
    await house.keep_alive.tick()
    assert house.graph.calls["renew_subscriptions"] == 1


async def test_one_that_was_just_reauthorized_fills_no_batch():
    house = await settled()
    house.clock.advance(timedelta(days=4))
    for spec in (mail_spec(ADA), mail_spec(GRACE)):
        known = await house.fleet.get(spec)
        await house.fleet.update(known, replace(known, renewed_at=NOW, renew_at=NOW + timedelta(days=5)))
    known = await house.fleet.get(mail_spec(ADA))
    await house.fleet.update(known, touching(known, now=house.clock.now()))
    house.graph.batches.clear()

    await house.keep_alive.renew([mail_spec(GRACE)])

    assert (await house.fleet.get(mail_spec(ADA))).renewed_at == NOW


async def test_within_ten_minutes_of_a_renewal_nothing_is_reauthorized():
    house = await settled()
    await house.keep_alive.renew([mail_spec()])
    house.clock.advance(9 * MINUTE)

    assert "ten minutes" in await reauthorize(house)

    assert house.graph.calls["reauthorize_subscription"] == 0


async def test_a_renewal_of_which_only_graph_knows_is_seen_before():
    house = await settled()
    house.graph.lose_answer("renew_subscriptions")
    await house.keep_alive.renew([mail_spec()])
    known = await house.fleet.get(mail_spec())
    await house.fleet.update(known, replace(known, renew_at=NOW + timedelta(days=1), due_at=NOW + timedelta(days=1)))
    house.graph.subscriptions[known.id] = replace(
        house.graph.subscriptions[known.id], expires_at=known.expires_at + MINUTE
    )

    assert "renewed just now" in await reauthorize(house)

    assert house.graph.calls["reauthorize_subscription"] == 0
    assert (await house.fleet.get(mail_spec())).expires_at == known.expires_at + MINUTE


async def test_what_is_due_or_near_its_end_is_to_be_renewed_instead():
    house = await settled()
    house.clock.time = (await house.fleet.get(mail_spec())).renew_at

    assert "use `renew`" in await reauthorize(house)


async def test_while_another_works_people_are_told_so():
    house = await settled()

    async with try_lease(house.tables, house.clock, name="keep_alive", holder="other"):
        assert await reauthorize(house) == BUSY
        (outcome,) = await house.by_hand.delete([(await house.fleet.all())[mail_spec()]])
    assert outcome.fault == BUSY

    await house.keep_alive.tick()
    assert len(house.graph.living()) == 2


async def test_what_is_deleted_by_hand_stays_away_until_it_is_applied():
    house = await settled()

    await delete(house)
    for _ in range(40):
        house.clock.advance(timedelta(days=1))
        await house.keep_alive.tick()

    known = await house.fleet.get(mail_spec())
    assert (known.state, known.id) == (State.PARKED, "")
    assert "apply" in known.note
    (step,) = [step for step in await house.keep_alive.plan() if step.act is not Act.KEEP]
    assert (step.act, step.spec, step.why) == (Act.CREATE, mail_spec(), known.held)

    await house.keep_alive.reconcile(asked=True)
    await house.keep_alive.work()
    assert (await house.fleet.get(mail_spec())).state is State.LIVE
    assert {step.act for step in await house.keep_alive.plan()} == {Act.KEEP}


async def test_what_changed_while_it_was_deleted_is_recovered_when_it_is_back():
    house = await settled()
    await delete(house)
    house.graph.put_message(ADA, "meanwhile")

    await house.keep_alive.reconcile(asked=True)
    await house.keep_alive.work()

    assert len(await house.rows(mail_spec().partition("~")[2])) == 1


@pytest.mark.parametrize("kind", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
async def test_no_lifecycle_event_brings_back_what_a_person_deleted(kind):
    house = await settled()
    known = await house.fleet.get(mail_spec())
    await delete(house)
    house.graph.calls.clear()

    await house.receive(lifecycle_event(kind, subscription=known.id))
    await house.keep_alive.renew([mail_spec()])
    await house.keep_alive.tick()

    assert house.graph.calls["create_subscriptions"] == 0


async def test_a_deletion_that_graph_refuses_is_tried_again():
    house = await settled()
    known = await house.fleet.get(mail_spec())
    house.graph.item_faults[known.id] = GraphFault(503, "", "down", 30)

    (outcome,) = await house.by_hand.delete([known])
    assert "503" in outcome.fault

    house.clock.advance(10 * MINUTE)
    await house.keep_alive.tick()
    assert known.id not in house.graph.subscriptions
    assert (await house.fleet.get(mail_spec())).state is State.PARKED


async def test_what_no_entry_wants_is_gone_for_good():
    house = await settled()
    await delete(house)
    other = house.beside(watch=replace(house.watch, specs={people_spec(): house.watch.specs[people_spec()]}))

    await other.keep_alive.reconcile()
    await other.keep_alive.work()

    assert set(await house.fleet.all()) == {people_spec()}


async def test_denying_the_older_keys_of_one_subscription_makes_it_anew_and_quarantines_them():
    house = await settled()
    event = mail_event()
    newer = house.beside(ring=NEWER)

    await newer.by_hand.rotate([(await house.fleet.all())[mail_spec()]], deny=True)
    await newer.receive(event)

    assert (await house.fleet.get(mail_spec())).key_version == 2
    assert (await house.fleet.get(mail_spec(GRACE))).key_version == 1
    assert [row["reason"] for row in await newer.quarantine.list(DAY)] == ["denied"]
    await newer.receive(mail_event(person=GRACE))
    assert len(await newer.quarantine.list(DAY)) == 1


async def test_without_a_newer_key_nothing_can_be_denied_or_rotated():
    house = await settled()
    known = (await house.fleet.all())[mail_spec()]

    (denied,) = await house.by_hand.rotate([known], deny=True)
    (rotated,) = await house.by_hand.rotate([known], deny=False)

    assert "no older key" in denied.fault
    assert "CLIENT_STATE_KEYS" in rotated.step.why
    assert house.graph.calls == {}


async def test_who_applies_is_told_when_graph_s_list_could_not_be_read():
    house = House()
    house.graph.refuse("list_subscriptions", GraphFault(403, "", "no permission"))

    *done, last = await house.by_hand.apply()

    assert [one.fault for one in done] == [""] * len(done)
    assert (last.step.spec, last.fault) == ("all", "403 : no permission")


async def test_who_renews_is_told_why_it_was_not_done_now():
    house = House()
    await house.keep_alive.tick()
    named = [known for known in [await house.fleet.get(mail_spec())] if known]

    async with try_lease(house.tables, house.clock, name="keep_alive", holder="other"):
        (busy,) = await house.by_hand.renew(named)
    (done,) = await house.by_hand.renew(named)

    assert (busy.fault, done.fault) == (BUSY, "")
