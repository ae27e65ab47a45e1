"""`pulse trigger`: changes in the made-up tenant, as if people had made them."""

import asyncio
import json
from typing import Annotated, Any

import typer

from pulse.commands.options import Json
from pulse.output import emit


def show_types(wanted: bool) -> None:
    if not wanted:
        return
    from twin.graph.triggers import known_types

    typer.echo("\n".join(known_types()))
    raise typer.Exit


def trigger(
    type: Annotated[str, typer.Argument(help="message.created, user.updated, lifecycle.missed …")],  # noqa: A002
    *,
    user: Annotated[str | None, typer.Option(help="whose, by alias; without it the first person's")] = None,
    count: Annotated[int, typer.Option(min=1, help="how many")] = 1,
    rate: Annotated[float | None, typer.Option(min=0.001, help="a second; without it: all at once")] = None,
    duplicate: Annotated[
        float | None, typer.Option(min=0, max=100, help="percent of the deliveries sent twice")
    ] = None,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="deliver in random order")] = False,
    forge: Annotated[
        bool, typer.Option("--forge", help="send events that Graph never sent, with a false client_state")
    ] = False,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="of the changed entity")] = None,
    list_: Annotated[
        bool, typer.Option("--list", callback=show_types, is_eager=True, help="name all types, and do nothing")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make changes in the demo's tenant."""
    order = {"type": type, "user": user, "count": count, "rate": rate, "duplicate": duplicate}
    asked = order | {"shuffle": shuffle, "forge": forge, "set": dict(map(assignment, set_ or ()))}
    made = asyncio.run(send(asked))
    if as_json:
        emit(made)
    else:
        typer.echo(f"{made['changes']} changes, {made['events']} events")


async def send(asked: dict[str, Any]) -> dict[str, Any]:
    from pulse.json_client import JsonClient
    from pulse.running_demo import find_demo

    async with JsonClient(find_demo().addresses["control"], what="the twin") as control:
        return dict(await control.post("/trigger", asked, patience_s=None))


def assignment(text: str) -> tuple[str, Any]:
    """`isRead=true` → ("isRead", True); a value that is no JSON is text."""
    path, equals, value = text.partition("=")
    if not (path and equals):
        raise typer.BadParameter(f"{text!r}: want PATH=VALUE", param_hint="--set")
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value
