"""`pulse quarantine`: what was believed false or could not be read, with its reason."""

import asyncio
import json
from typing import Annotated, Any

import typer

from pulse.commands.options import App, ClientId, Json, User
from pulse.output import REJECTION, emit, show

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
    from pulse.app_client import Target, open_app

    async def run() -> list[dict[str, Any]]:
        async with open_app(Target(app=app, client_id=client_id, user=user)) as operator:
            return await operator.quarantine(day)

    show(asyncio.run(run()), keys=REJECTION, columns=REJECTION, as_json=as_json)


@group.command("show")
def show_(
    event_id: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Show one rejected event, without its client_state."""
    from pulse.app_client import Target, open_app

    async def run() -> dict[str, Any]:
        async with open_app(Target(app=app, client_id=client_id, user=user)) as operator:
            return await operator.rejection(event_id)

    found = asyncio.run(run())
    if as_json:
        emit(found)
    else:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
