"""`pulse chaos`: faults are put back whatever happens, and a scenario tells whether its expectations came true."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_app import served
from typer.testing import CliRunner

from pulse.__main__ import app
from pulse.faults_at_work import FaultsAtWork
from pulse.json_client import JsonClient
from pulse.running_demo import FOLDER, RunningDemo
from pulse.scenario_run import House, run_scenario
from twin.clocks import MovableClock
from twin.control import control_app
from twin.entra.tokens import Entra
from twin.event_grid.broker import EventGrid
from twin.faults import Fault, find_fault
from twin.graph.tenant import Graph
from twin.scenarios.reader import parse_scenario
from twin.world import World


def a_world(seed: int = 7) -> World:
    world = World(clock=MovableClock(), seed=seed)
    world.entra, world.event_grid = Entra(world), EventGrid(world)
    world.graph = Graph(world)
    return world


@asynccontextmanager
async def control_of(world: World) -> AsyncIterator[JsonClient]:
    transport = httpx.ASGITransport(control_app(world))
    async with JsonClient("http://localhost", what="the twin", transport=transport) as client:
        yield client


def state_of(world: World) -> tuple[Any, Any]:
    return world.switches.as_json(), world.outages.as_json()


async def test_a_fault_holds_while_it_lasts_and_is_put_back() -> None:
    world = a_world()
    world.switches.duplicate_percent = 3.0
    before = state_of(world)

    async with control_of(world) as twin, FaultsAtWork(twin) as faults:
        await faults.begin("1", find_fault("duplicate"))
        await faults.begin("2", find_fault("graph-down"))
        assert world.switches.duplicate_percent == 100
        assert world.outages.draw("graph").refused

    assert state_of(world) == before


async def test_faults_that_overlap_end_in_any_order() -> None:
    world = a_world()
    older, younger = Fault("a", "", {"duplicate_percent": 10.0}), Fault("b", "", {"duplicate_percent": 50.0})

    async with control_of(world) as twin, FaultsAtWork(twin) as faults:
        await faults.begin("a", older)
        await faults.begin("b", younger)
        await faults.end("a")
        assert world.switches.duplicate_percent == 50
        await faults.end("b")
        assert world.switches.duplicate_percent == 0


async def test_what_breaks_inside_puts_back_too() -> None:
    world = a_world()

    async def break_down() -> None:
        async with control_of(world) as twin, FaultsAtWork(twin) as faults:
            await faults.begin("1", find_fault("drop"))
            assert world.switches.announce is False
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_down()
    assert world.switches.announce is True


STEPS = [
    {"fault": "graph-down", "for": "30m"},
    {"changes": {"type": "message.created", "count": 4}},
    {"at": "5m", "changes": {"type": "message.updated", "count": 6}},
    {"at": "10m", "switches": {"announce_twice": True}, "for": "5m"},
    {"at": "12m", "changes": {"type": "message.deleted", "count": 2}},
    {"at": "20m", "changes": {"type": "driveItem.updated"}},
    {"at": "25m", "clock": "2h"},
    {"at": "1h", "changes": {"type": "user.updated", "user": "grace"}},
]


async def run(world: World, steps: list[Mapping[str, Any]], **house: Any) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []

    async def advance(seconds: float) -> None:
        await twin.post("/clock", {"advance_s": seconds})

    async def no_pause(_: float) -> None:
        pass

    async with control_of(world) as twin:
        around = House(twin=twin, advance=advance, sleep=no_pause, **house)
        scenario = parse_scenario({"about": "x", "pace": "5m", "step": steps}, "mine")
        return await run_scenario(scenario, around, tell=lambda at_s, what: told.append(f"{at_s:.0f} {what}")), told


async def test_one_seed_repeats_a_whole_run() -> None:
    (first, told), (again, _) = await run(a_world(), STEPS), await run(a_world(), STEPS)
    other, _ = await run(a_world(8), STEPS)

    assert first["changes"] == 14
    assert (first["ledger"], first["changes"]) == (again["ledger"], again["changes"])
    assert first["ledger"] != other["ledger"]
    assert told[0].startswith("0 begins: graph-down")
    assert told[-1] == "3600 1 times user.updated"


async def test_time_passes_as_the_scenario_says() -> None:
    world = a_world()

    await run(world, STEPS)

    assert 3 * 3600 - 30 < world.clock.offset.total_seconds() <= 3 * 3600


async def test_an_expectation_that_stays_unmet_is_told_and_the_faults_are_over() -> None:
    world = a_world()

    async def nothing() -> list[dict[str, Any]]:
        return []

    async def none() -> int:
        return 0

    steps = [
        {"fault": "drop"},
        {"changes": {"type": "message.created", "count": 2}},
        {"expect": {"lost": 0, "quarantined": 0, "journaled_at_least": 1, "within": "0s"}},
    ]
    result, _ = await run(world, steps, journal=nothing, rejections=none)

    assert (result["ok"], result["lost"]) == (False, 2)
    assert result["why"] == "after 0 s: lost is 2, expected 0, journaled is 0, expected 1 or more"
    assert world.switches.announce is True


async def test_without_an_app_nothing_can_be_expected() -> None:
    result, _ = await run(a_world(), [{"expect": {"lost": 0}}])

    assert (result["ok"], result["lost"]) == (False, None)
    assert "no app runs here" in result["why"]


def test_all_faults_and_scenarios_are_listed() -> None:
    listed = CliRunner().invoke(app, ["chaos"])
    rows = CliRunner().invoke(app, ["chaos", "--json"])

    assert "graph-down" in listed.stdout
    assert "--scenario quiet-day" in listed.stdout
    assert '{"kind": "fault", "name": "graph-down", "about": "every call of Graph is answered 503"}' in rows.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_puts_back_what_was_turned(tmp_path: Path, ending: signal.Signals) -> None:
    world = a_world()
    with served(control_app(world)) as url:
        demo = RunningDemo(base=1, seed=7, ca="", addresses={"control": url}, processes={})
        demo.write(tmp_path / FOLDER)
        command = [sys.executable, "-m", "pulse", "chaos", "drop", "--json"]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            assert process.stdout is not None
            assert '"state": "on"' in process.stdout.readline()
            assert world.switches.announce is False
            process.send_signal(ending)
            assert '"state": "over"' in process.stdout.readline()
            assert process.wait(20) == 0

    assert world.switches.announce is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["graph-dwn"], "did you mean graph-down"),
        (["graph-down", "--for", "long"], "no span of time"),
        (["--scenario", "nothing"], "those that ship: clock-jump"),
        (["graph-down", "--scenario", "quiet-day"], "not both"),
        (["--for", "5s"], "belongs to a fault"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["chaos", *arguments], terminal_width=200)

    assert result.exit_code == 2
    assert words in " ".join(result.output.split())
