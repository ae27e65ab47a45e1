"""`pulse chaos`: faults of the local cloud by name, and whole scenarios."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pulse.commands.options import Json
from pulse.errors import PulseError
from pulse.output import emit, say

if TYPE_CHECKING:
    from pulse.scenario_run import House
    from twin.faults import Fault
    from twin.scenarios.steps import Scenario

HOUR_S = 3600


def chaos(
    name: Annotated[
        str | None, typer.Argument(help="a fault; without one: all faults and scenarios are listed")
    ] = None,
    *,
    for_: Annotated[str | None, typer.Option("--for", help="how long: 30, 30s, 5m; without it: until Ctrl-C")] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="carry out a scenario: one that ships, or a TOML file")
    ] = None,
    as_json: Json = False,
) -> None:
    """Break a part of the demo's cloud for a while; all is put back at the end. Real time, not the demo's clock."""
    from pulse.demo.run import run

    if name and scenario:
        raise typer.BadParameter("want a fault or --scenario, not both")
    if for_ and not name:
        raise typer.BadParameter("--for belongs to a fault: pulse chaos graph-down --for 30s")
    if scenario:
        raise typer.Exit(run(carry_out(read(scenario), as_json=as_json)))
    if name is None:
        return list_all(as_json=as_json)
    raise typer.Exit(run(break_for(find(name), span(for_), as_json=as_json)))


def list_all(*, as_json: bool) -> None:
    from twin.faults import FAULTS
    from twin.scenarios.reader import read_scenario, shipped

    rows: list[dict[str, Any]] = [{"kind": "fault", "name": fault.name, "about": fault.about} for fault in FAULTS]
    scenarios = [read_scenario(file) for file in shipped().values()]
    rows += [{"kind": "scenario", "name": each.name, "about": each.about} for each in scenarios]
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        if as_json:
            emit(row)
        else:
            option = "--scenario " if row["kind"] == "scenario" else ""
            typer.echo(f"{option}{row['name']:<{width}}  {row['about']}")


def find(name: str) -> "Fault":
    from twin.faults import UnknownFaultError, find_fault

    try:
        return find_fault(name)
    except UnknownFaultError as fault:
        raise typer.BadParameter(str(fault)) from fault


def span(text: str | None) -> float | None:
    """Seconds. A bare number is seconds too."""
    from pulse.durations import parse_duration

    if text is None:
        return None
    try:
        return parse_duration(f"{text}s" if text.replace(".", "", 1).isdecimal() else text).total_seconds()
    except ValueError as fault:
        raise typer.BadParameter(str(fault), param_hint="--for") from fault


def read(name: str) -> "Scenario":
    """One that ships, by name, else a file."""
    from twin.scenarios.reader import ScenarioError, read_scenario, shipped

    file = shipped().get(name) or Path(name)
    if not file.is_file():
        raise typer.BadParameter(f"{name}: no such scenario or file; those that ship: {', '.join(shipped())}")
    try:
        return read_scenario(file)
    except ScenarioError as fault:
        raise PulseError(str(fault)) from fault


async def break_for(fault: "Fault", seconds: float | None, *, as_json: bool) -> int:
    """Ends by itself, or by Ctrl-C: either way what was turned is turned back."""
    import asyncio

    from pulse.faults_at_work import FaultsAtWork
    from pulse.json_client import JsonClient
    from pulse.running_demo import find_demo

    async with JsonClient(find_demo().addresses["control"], what="the twin") as twin, FaultsAtWork(twin) as faults:
        await faults.begin(fault.name, fault)
        if not fault.switches and not fault.outages:
            tell(fault.name, "sent", as_json=as_json)
            return 0
        until = "until Ctrl-C" if seconds is None else f"for {seconds:g} s"
        tell(fault.name, f"begins: {fault.about}, {until}", as_json=as_json)
        try:
            await (asyncio.Event().wait() if seconds is None else asyncio.sleep(seconds))
        finally:
            tell(fault.name, "over", as_json=as_json)
    return 0


def tell(name: str, what: str, *, as_json: bool) -> None:
    if as_json:
        emit({"fault": name, "state": "on" if what.startswith("begins") else what})
    else:
        say(f"{name} {what}")


async def carry_out(scenario: "Scenario", *, as_json: bool) -> int:
    """0 when all that was expected came true."""
    from contextlib import AsyncExitStack

    from pulse.running_demo import find_demo
    from pulse.scenario_run import run_scenario

    demo = find_demo()
    say(f"{scenario.name}: {scenario.about} (seed {demo.seed}, about {scenario.length_s / scenario.pace:.0f} s)")
    async with AsyncExitStack() as stack:
        house = await the_house(stack)
        result = await run_scenario(scenario, house, tell=lambda at_s, what: say(f"  {clock(at_s)}  {what}"))
    emit(result) if as_json else say(in_words(result))
    return 0 if result["ok"] else 1


async def the_house(stack: Any) -> "House":
    """The running demo. Under `pulse twin` alone there is no app, and nothing is expected of it."""
    from pulse.app_client import demo_apps
    from pulse.demo_clocks import move_clocks
    from pulse.feeds import MergedFeed
    from pulse.json_client import JsonClient
    from pulse.running_demo import find_demo
    from pulse.scenario_run import House

    demo = find_demo()
    twin = await stack.enter_async_context(JsonClient(demo.addresses["control"], what="the twin"))
    if len(demo.processes) == 1:

        async def advance_twin(seconds: float) -> None:
            await twin.post("/clock", {"advance_s": seconds})

        return House(twin=twin, advance=advance_twin)
    apps = await demo_apps(stack, demo, demo.aliases)
    operator = apps[demo.aliases.index(demo.operator)]

    async def advance(seconds: float) -> None:
        await move_clocks(demo, {"advance_s": seconds})

    async def rejections() -> int:
        return len(await operator.quarantine())

    return House(twin=twin, advance=advance, journal=MergedFeed(apps).pull, rejections=rejections)


def clock(seconds: float) -> str:
    """1 d 02:30:00"""
    days, rest = divmod(int(seconds), 86_400)
    return f"{f'{days} d ' if days else ''}{rest // HOUR_S:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def in_words(result: dict[str, Any]) -> str:
    names = ("changes", "journaled", "lost", "repeated", "quarantined")
    words = ", ".join(f"{name} {result[name]}" for name in names if result[name] is not None)
    end = "all as expected" if result["ok"] else f"NOT as expected: {result['why']}"
    return f"{end}; {words}; {result['seconds']} s"
