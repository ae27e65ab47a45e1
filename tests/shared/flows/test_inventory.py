"""Our table held against Graph's list: what is missing, what is in excess, and what is none of our business."""

from dataclasses import replace
from datetime import timedelta

from builders import ADA, NOW, WATCH, mail_spec
from house import House

from shared.domain.watching.subscriptions import State
from shared.domain.watching.watch import parse_watch
from shared.flows.keep_alive.inventory import LONGEST_LIFE
from shared.ports import GraphFault

URL = parse_watch(WATCH, {}).topic.url
OTHER_URL = URL.replace("pt-sample", "pt-other")
HOUR = timedelta(hours=1)


async def settled() -> House:
    house = House()
    await house.keep_alive.tick()
    house.graph.calls.clear()
    return house


async def look(house: House) -> None:
    await house.keep_alive.reconcile()
    await house.keep_alive.work()


async def assert_one_each(house: House) -> None:
    known = await house.fleet.all()
    assert {one.state for one in known.values()} == {State.LIVE}
    ours = [one.id for one in house.graph.living() if one.url == URL]
    assert sorted(one.id for one in known.values()) == sorted(ours)


async def test_when_nothing_differs_a_look_costs_one_call_and_changes_nothing():
    house = await settled()
    before = await house.fleet.all()

    await look(house)

    assert house.graph.calls == {"list_subscriptions": 1}
    assert await house.fleet.all() == before


async def test_what_is_gone_is_made_anew_and_its_gap_is_read():
    house = await settled()
    known = await house.fleet.get(mail_spec())
    del house.graph.subscriptions[known.id]
    house.graph.put_message(ADA, "missed")

    await look(house)

    await assert_one_each(house)
    assert len(await house.rows(mail_spec().partition("~")[2])) == 1


async def test_an_empty_list_of_what_lives_doubles_nothing_and_deletes_nothing():
    house = await settled()
    before = set(house.graph.subscriptions)
    house.graph.unlisted |= before

    await look(house)

    assert set(house.graph.subscriptions) == before
    assert house.graph.calls["delete_subscriptions"] == 0
    await assert_one_each(house)


async def test_an_orphan_goes_after_an_hour_in_two_lists():
    house = await settled()
    orphan = house.graph.put_subscription("groups", URL, lifecycle_url=URL)

    await look(house)
    house.clock.advance(HOUR - timedelta(seconds=1))
    await look(house)
    assert orphan in house.graph.subscriptions

    house.clock.advance(timedelta(seconds=1))
    await look(house)

    assert orphan not in house.graph.subscriptions
    await assert_one_each(house)
    assert [key for _, key in house.tables.tables["subscriptions"] if key.startswith("o|")] == []


async def test_one_that_was_away_in_between_counts_from_its_return():
    house = await settled()
    orphan = house.graph.put_subscription("groups", URL, lifecycle_url=URL)
    await look(house)
    house.graph.unlisted.add(orphan)
    await look(house)
    house.graph.unlisted.clear()
    house.clock.advance(2 * HOUR)

    await look(house)
    assert orphan in house.graph.subscriptions

    house.clock.advance(HOUR)
    await look(house)
    assert orphan not in house.graph.subscriptions


async def test_forty_five_orphans_go_in_twenties():
    house = await settled()
    for number in range(45):
        house.graph.put_subscription(f"groups/{number}", URL, lifecycle_url=URL)
    await look(house)
    house.graph.batches.clear()
    house.clock.advance(HOUR)

    await look(house)

    assert house.graph.batches == [20, 20, 5]
    await assert_one_each(house)


async def test_an_orphan_that_graph_will_not_delete_is_tried_again():
    house = await settled()
    orphan = house.graph.put_subscription("groups", URL, lifecycle_url=URL)
    await look(house)
    house.clock.advance(HOUR)
    house.graph.item_faults[orphan] = GraphFault(503, "", "down")

    for _ in range(3):
        await look(house)
        house.clock.advance(HOUR)

    assert orphan not in house.graph.subscriptions


async def test_what_has_another_url_is_not_ours():
    house = await settled()
    stranger = house.graph.put_subscription(f"users/{ADA}/messages", OTHER_URL, lifecycle_url=OTHER_URL)
    before = house.graph.subscriptions[stranger]

    for _ in range(4):
        await look(house)
        house.clock.advance(HOUR)

    assert house.graph.subscriptions[stranger] == before


async def test_what_is_left_at_a_topic_that_was_ours_goes_too():
    """Its row was lost in a crash while the topic changed: nothing else would end it before its life does."""
    house = await settled()
    left = house.graph.put_subscription("groups", URL, lifecycle_url=URL)
    moved = house.beside(watch=parse_watch(WATCH.replace("pt-sample", "pt-other"), {}))

    await look(moved)
    assert left in house.graph.subscriptions
    house.clock.advance(HOUR)
    await look(moved)

    assert left not in house.graph.subscriptions
    assert {one.url for one in house.graph.living()} == {OTHER_URL}


async def test_a_topic_that_was_ours_is_forgotten_once_nothing_of_ours_can_live_there():
    house = await settled()
    moved = house.beside(watch=parse_watch(WATCH.replace("pt-sample", "pt-other"), {}))
    await look(moved)
    house.clock.advance(LONGEST_LIFE)
    await look(moved)
    stranger = house.graph.put_subscription("groups", URL, lifecycle_url=URL)
    house.graph.subscriptions[stranger] = replace(
        house.graph.subscriptions[stranger], expires_at=house.clock.now() + 9 * HOUR
    )

    for _ in range(3):
        await look(moved)
        house.clock.advance(HOUR)

    assert stranger in house.graph.subscriptions
    assert len([key for _, key in house.tables.tables["subscriptions"] if key.startswith("t|")]) == 1


async def test_nine_topics_beside_ours_are_said_before_graph_refuses_the_eleventh(caplog):
    house = await settled()
    for number in range(9):
        house.graph.put_subscription(f"groups/{number}", URL.replace("pt-sample", f"pt-{number}"))

    await look(house)

    assert "topic.limit_near topics=10 most=10" in caplog.text


async def test_one_without_a_lifecycle_url_is_made_anew():
    house = await settled()
    known = await house.fleet.get(mail_spec())
    house.graph.subscriptions[known.id] = replace(house.graph.subscriptions[known.id], lifecycle_url=None)

    await look(house)

    assert known.id not in house.graph.subscriptions
    await assert_one_each(house)


async def test_an_expiry_that_differs_is_taken():
    house = await settled()
    known = await house.fleet.get(mail_spec())
    sooner = known.expires_at - timedelta(days=1)
    house.graph.subscriptions[known.id] = replace(house.graph.subscriptions[known.id], expires_at=sooner)

    await look(house)

    assert (await house.fleet.get(mail_spec())).expires_at == sooner


async def test_an_expiry_that_is_nearer_than_the_renewal_brings_the_renewal_forward():
    """Else it would lapse: due is what the row says, and it says a moment after the end."""
    house = await settled()
    known = await house.fleet.get(mail_spec())
    sooner = house.clock.now() + timedelta(hours=6)
    house.graph.subscriptions[known.id] = replace(house.graph.subscriptions[known.id], expires_at=sooner)

    await look(house)

    assert (await house.fleet.get(mail_spec())).renew_at < sooner


async def test_a_list_that_fails_is_asked_for_again_at_the_next_tick():
    house = House()
    house.graph.refuse("list_subscriptions", GraphFault(503, "", "down"))
    await house.keep_alive.tick()
    await assert_one_each(house)

    house.clock.time = NOW + timedelta(minutes=5)
    await house.keep_alive.tick()

    assert house.graph.calls["list_subscriptions"] == 3  # in vain, whether it comes again, to take stock
