"""The two experiments on the ways in, small: nothing is let through, nothing falls over, and both can tell."""

import json
from collections import Counter
from random import Random

import pytest

from lab import fuzz, security
from lab.doors import Doors
from lab.oddities import GENERATORS
from lab.overheard import Overheard


async def test_no_attack_is_let_through_and_no_secret_kept():
    (row,) = await security.rows()

    assert (row["value"], row["note"]) == (0, "all refused, no secret kept")
    assert row["n"] > 600


async def test_nothing_falls_over():
    (row,) = await fuzz.rows(tried=600, seed=3)

    assert (row["value"], row["n"]) == (0, 600)


async def test_a_door_that_raises_is_counted():
    doors, faults = Doors(), Counter[str]()
    doors.app.receive.quarantine.tables = None

    await fuzz._try(doors, "no JSON", faults, through_doors=True)

    assert faults.total() == 1


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_makes_the_same_of_the_same_seed_and_many_different_ones(name):
    bases = fuzz._bases(Doors())

    first, second = ([GENERATORS[name](random, bases) for _ in range(50)] for random in (Random(5), Random(5)))

    assert first == second
    assert len(set(first)) > 40


async def test_the_doors_are_open_to_what_is_genuine():
    doors = Doors()

    await doors.app.receive(json.dumps(doors.event()))

    assert (await doors.journaled(), len(doors.effects)) == (1, 1)


async def test_what_the_app_tells_telemetry_is_looked_through_too():
    doors, overheard = Doors(), Overheard()
    overheard.listen_to(doors.app)

    await doors.app.receive(json.dumps(doors.event()))
    with doors.app.receive.telemetry.span("planted", state=doors.state):
        pass

    told = overheard.text()
    assert "messaging.client.consumed.messages" in told
    assert doors.state in told, "a secret in telemetry would be found"


async def test_what_a_failing_handler_says_is_in_no_span():
    doors, overheard = Doors(), Overheard()
    overheard.listen_to(doors.app)
    doors.app.receive.router.routes.clear()

    @doors.app.receive.router.on("*")
    async def fail(_: object, __: object) -> None:
        raise RuntimeError("canary-in-a-fault")

    with pytest.raises(ExceptionGroup):
        await doors.app.receive(json.dumps(doors.event()))

    assert "RuntimeError" in overheard.text()
    assert "canary-in-a-fault" not in overheard.text()
