"""`pulse deadletters`: what Event Grid gave up on after its retries."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from pulse.commands.options import App, ClientId, Json, User
from pulse.errors import PulseError
from pulse.output import DEAD_LETTER, REPLAYED, emit, show

group = typer.Typer(no_args_is_help=True, help="events that Event Grid gave up on: they can be taken in after all")


@group.command("list")
def list_(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """List them."""
    found = ask(lambda operator: operator.dead_letters(), app, client_id, user)
    show(found, keys=DEAD_LETTER, columns=DEAD_LETTER, as_json=as_json)


@group.command("show")
def show_(
    event_id: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Show one, without its client_state."""
    found = ask(lambda operator: operator.dead_letter(event_id), app, client_id, user)
    if as_json:
        emit(found)
    else:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


@group.command()
def replay(
    event_id: Annotated[str | None, typer.Argument()] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="every one there is")] = False,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Take one in after all, or --all. What is in the journal already is refused as a duplicate."""
    if every == bool(event_id):
        raise typer.BadParameter("name one event, or say --all")
    outcomes = ask(lambda operator: operator.replay_dead_letters(event_id), app, client_id, user)
    finish(outcomes, as_json=as_json)


def finish(outcomes: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show the outcomes of a replay. Exit 1 when any stays where it was."""
    show(outcomes, keys=REPLAYED, columns=REPLAYED, as_json=as_json)
    if left := [outcome for outcome in outcomes if not outcome["done"]]:
        raise PulseError(f"{len(left)} of {len(outcomes)} could not be replayed")


def ask[Answer](
    question: Callable[[Any], Awaitable[Answer]], app: str | None, client_id: str | None, user: str | None
) -> Answer:
    """What the app answers the operator."""
    from pulse.app_client import Target, open_app

    async def run() -> Answer:
        async with open_app(Target(app=app, client_id=client_id, user=user)) as operator:
            return await question(operator)

    return asyncio.run(run())
