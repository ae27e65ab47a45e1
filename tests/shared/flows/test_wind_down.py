"""The end of a deployment, and how the app is before it."""

from datetime import timedelta

from builders import NOW
from house import House

from shared.flows.keep_alive.state import state
from shared.flows.keep_alive.wind_down import wind_down


async def test_every_subscription_is_deleted_at_graph_and_none_is_made_anew() -> None:
    house = House()
    await house.keep_alive.tick()
    before = len(house.graph.living())

    outcomes, left = await wind_down(house.keep_alive)
    house.clock.advance(timedelta(minutes=5))
    await house.keep_alive.tick()

    assert before > 0
    assert (len(outcomes), left) == (before, [])
    assert not house.graph.living()


async def test_winding_down_twice_is_no_fault() -> None:
    house = House()
    await house.keep_alive.tick()
    await wind_down(house.keep_alive)

    assert await wind_down(house.keep_alive) == ([], [])


async def test_without_any_subscription_there_is_nothing_to_do() -> None:
    assert await wind_down(House().keep_alive) == ([], [])


async def test_the_state_tells_the_timer_the_topic_the_entries_and_the_shortest_life() -> None:
    house = House()
    await house.keep_alive.tick()

    told = await state(house.tables, house.fleet, house.watch, house.clock)

    assert told["now"] == told["ticked_at"] == NOW.isoformat()
    assert told["topic"]["name"] == house.watch.topic.name
    assert {entry["name"] for entry in told["entries"]} == {spec.entry for spec in house.watch.specs.values()}
    assert all(entry["permission"] for entry in told["entries"])
    assert told["states"] == {"live": len(house.watch.specs)}
    assert told["least_life"]["percent"] == 100


async def test_the_state_of_an_app_that_never_ticked_is_told_too() -> None:
    house = House()

    told = await state(house.tables, house.fleet, house.watch, house.clock)

    assert (told["ticked_at"], told["least_life"], told["states"]) == (None, None, {})
