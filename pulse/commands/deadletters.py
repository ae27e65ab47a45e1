"""`pulse deadletters`: what Event Grid gave up on after its retries."""

from typing import Annotated

import typer

from pulse.commands.operator import ask, finish
from pulse.commands.options import App, ClientId, Json, User
from pulse.output import DEAD_LETTER, show, show_whole

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
    show_whole(ask(lambda operator: operator.dead_letter(event_id), app, client_id, user), as_json=as_json)


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
