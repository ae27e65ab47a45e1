"""`pulse clock`: the demo's time can be moved; certificates and tokens stay on real time."""

import asyncio

import typer

from pulse.commands.options import Json
from pulse.output import emit

group = typer.Typer(no_args_is_help=True, help="the demo's clock: watch a week of renewals in a minute")


@group.command("show")
def show_(*, as_json: Json = False) -> None:
    """Show what time it is in the demo."""
    from pulse.demo_clocks import read_clocks
    from pulse.running_demo import find_demo

    write(asyncio.run(read_clocks(find_demo())), as_json=as_json)


@group.command("set")
def set_(instant: str, *, as_json: Json = False) -> None:
    """Set it to an ISO time: 2026-12-01T08:00:00Z."""
    from pulse.demo_clocks import move_clocks
    from pulse.durations import parse_instant
    from pulse.running_demo import find_demo

    try:
        moment = parse_instant(instant)
    except ValueError as fault:
        raise typer.BadParameter(f"{instant!r} is no ISO time") from fault
    write(asyncio.run(move_clocks(find_demo(), {"set": moment.isoformat()})), as_json=as_json)


@group.command()
def advance(span: str, *, as_json: Json = False) -> None:
    """Advance it by a span: 90s, 5m, 2h30m, 3d, 1w."""
    from pulse.demo_clocks import move_clocks
    from pulse.durations import parse_duration
    from pulse.running_demo import find_demo

    try:
        seconds = parse_duration(span).total_seconds()
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault
    write(asyncio.run(move_clocks(find_demo(), {"advance_s": seconds})), as_json=as_json)


def write(times: dict[str, str | None], *, as_json: bool) -> None:
    if as_json:
        emit(times)
        return
    for name, instant in times.items():
        typer.echo(f"{name:<5} {instant or '-'}")
