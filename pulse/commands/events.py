"""`pulse events`: what was journaled, as it comes and one by one."""

import asyncio
import contextlib
from typing import Annotated, Any

import typer

from pulse.commands.operator import ask, finish
from pulse.commands.options import App, ClientId, Json, User
from pulse.output import EVENT, emit, pick, show_whole

group = typer.Typer(no_args_is_help=True, help="the journal: events as they come, and one by one")

POLL_S = 0.5
LONGEST_PART = 14  # of a resource, in a line for people


@group.command()
def tail(
    *,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    since: Annotated[str | None, typer.Option(help="a cursor: every event after it")] = None,
    type: Annotated[str | None, typer.Option(help="only types that fit this glob: '*message*'")] = None,  # noqa: A002
    last: Annotated[
        int | None, typer.Option(min=0, help="without --since: begin with so many of the newest (in the demo: 10)")
    ] = None,
    follow: Annotated[bool, typer.Option(help="go on with those to come, until Ctrl-C")] = True,
    as_json: Json = False,
) -> None:
    """Show events as they are journaled. In the demo: those of every person, unless --user names one."""
    from pulse.app_client import Target, open_apps
    from pulse.feeds import MergedFeed

    async def run() -> None:
        async with open_apps(Target(app=app, client_id=client_id, user=user)) as apps:
            newest = last if last is not None else 0 if app else 10
            feed = MergedFeed(apps, since or (None if newest else "head"))
            rows = fitting(await feed.pull(), type)
            write(rows if since else rows[-newest:], as_json=as_json)
            while follow:
                await asyncio.sleep(POLL_S)
                write(fitting(await feed.pull(), type), as_json=as_json)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


@group.command()
def show(
    event_id: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Show one event whole, without its client_state."""
    from pulse.app_client import Target, open_apps
    from pulse.feeds import find_event

    async def run() -> dict[str, Any]:
        async with open_apps(Target(app=app, client_id=client_id, user=user)) as apps:
            return await find_event(apps, event_id)

    show_whole(asyncio.run(run()), as_json=as_json)


@group.command()
def replay(
    event_id: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Run all handlers of a journaled event again, under the keys they had: receivers can refuse a second effect."""
    finish(ask(lambda operator: operator.replay_event(event_id), app, client_id, user), as_json=as_json)


def fitting(rows: list[dict[str, Any]], glob: str | None) -> list[dict[str, Any]]:
    """Rows whose type fits, ignoring case."""
    from fnmatch import fnmatchcase

    return [row for row in rows if not glob or fnmatchcase(str(row["type"]).lower(), glob.lower())]


def write(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    for row in rows:
        if as_json:
            emit(pick(row, EVENT))
        else:
            typer.echo(line(row))


def line(row: dict[str, Any]) -> str:
    """12:30:01  created   Users/735326…72a4/Messages/AAMkp_…Eyj0 recovered  <id>"""
    mark = " recovered" if row.get("recovered") else ""
    when, what = str(row["accepted_at"])[11:19], str(row.get("change_type") or row["type"])
    return f"{when}  {what:<8}  {shortened(str(row.get('resource') or '-'))}{mark}  {row['id']}"


def shortened(resource: str) -> str:
    """Each long part by its ends: Graph's ids have up to 150 characters."""
    return "/".join(part if len(part) <= LONGEST_PART else f"{part[:6]}…{part[-4:]}" for part in resource.split("/"))
