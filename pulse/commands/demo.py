"""`pulse demo` and `pulse twin`: the whole thing on this machine, and the local cloud alone."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pulse.commands.options import Json, PortBase, Seed

DEFAULT_PORT_BASE = 7071


class Host(StrEnum):
    """What runs the app."""

    STAND_IN = "stand-in"
    FUNC = "func"


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="make the tour and stop; exit code 0 if nothing was lost")
    ] = False,
    as_json: Json = False,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="open the page in a browser, once there is one")
    ] = True,
    seed: Seed = 7,
    port_base: PortBase = DEFAULT_PORT_BASE,
    host: Annotated[Host, typer.Option(help="what runs the app: our host, or Core Tools")] = Host.STAND_IN,
) -> None:
    """Run the app, its local cloud and a live view of what happens. Ctrl-C ends it."""
    from pulse.demo.run import Wish, run_demo

    wish = Wish(
        once=once, as_json=as_json, open_page=open_page, seed=seed, port_base=port_base, core_tools=host is Host.FUNC
    )
    raise typer.Exit(run_demo(wish))


def twin(
    *,
    port_base: PortBase = DEFAULT_PORT_BASE,
    seed: Seed = 7,
    folder: Annotated[
        Path | None, typer.Option(help="where .demo with its settings is made; without it: in this checkout")
    ] = None,
) -> None:
    """Run the local cloud alone, for an app under `func start` and an Azurite of your own, or any other app."""
    from pulse.demo.run import run_twin
    from pulse.running_demo import ROOT

    raise typer.Exit(run_twin(port_base=port_base, seed=seed, folder=folder or ROOT))
