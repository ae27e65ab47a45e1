"""`pulse quarantine`: what was believed false or could not be read, with its reason."""

from typing import Annotated

import typer

from pulse.commands.operator import ask, finish
from pulse.commands.options import App, ClientId, Json, User
from pulse.output import REJECTION, show, show_whole

group = typer.Typer(no_args_is_help=True, help="events that were rejected: forged or unreadable")


@group.command("list")
def list_(
    *,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    day: Annotated[
        str | None, typer.Option(help="of arrival, in UTC, as 20261121; without it all days that are kept")
    ] = None,
    as_json: Json = False,
) -> None:
    """List rejected events."""
    found = ask(lambda operator: operator.quarantine(day), app, client_id, user)
    show(found, keys=REJECTION, columns=REJECTION, as_json=as_json)


@group.command("show")
def show_(
    event_id: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Show one rejected event, without its client_state."""
    show_whole(ask(lambda operator: operator.rejection(event_id), app, client_id, user), as_json=as_json)


@group.command()
def replay(
    event_id: Annotated[str | None, typer.Argument()] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="all that prove themselves by the keys of today")] = False,
    reason: Annotated[str, typer.Option(help="with --all: only those with it, as client_state")] = "",
    day: Annotated[str, typer.Option(help="with --all: only of that day, as 20261121")] = "",
    spec: Annotated[
        str, typer.Option(help="for one event that can't prove itself: vouch that it belongs to this subscription")
    ] = "",
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Take one in once its cause is mended, or --all. Each is judged anew; what is still not believed stays."""
    if every == bool(event_id) or (every and spec):
        raise typer.BadParameter("name one event (--spec vouches for it), or say --all")
    outcomes = ask(
        lambda operator: operator.replay_rejections(event_id, spec=spec, reason=reason, day=day), app, client_id, user
    )
    finish(outcomes, as_json=as_json)
