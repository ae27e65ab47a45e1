"""`pulse subscriptions`: what is watched at Graph, what should be, and making the one the other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

from pulse.commands.options import App, ClientId, Json, User
from pulse.output import ACTION, SUBSCRIPTION, show

if TYPE_CHECKING:
    from pulse.app_client import AppClient, Target

group = typer.Typer(no_args_is_help=True, help="Graph subscriptions: what is watched, what should be")

LISTED = ("name", "resource", "change_types", "state", "expires_at", "due_at", "last_renewed_at", "note")


@group.command("list")
def list_(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """List subscriptions with their state and expiry."""
    rows = ask(target(app, client_id, user), lambda operator: operator.subscriptions())
    show(rows, keys=SUBSCRIPTION, columns=LISTED, as_json=as_json)


@group.command()
def plan(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Show what `apply` would do, and do nothing."""
    write_actions(ask(target(app, client_id, user), lambda operator: operator.plan()), as_json=as_json)


@group.command()
def apply(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Make Graph's subscriptions what subscriptions.toml says."""
    write_actions(ask(target(app, client_id, user), lambda operator: operator.apply()), as_json=as_json)


@group.command()
def renew(name: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Renew one subscription now."""
    write_actions(ask(target(app, client_id, user), lambda operator: operator.renew(name)), as_json=as_json)


def target(app: str | None, client_id: str | None, user: str | None) -> "Target":
    from pulse.app_client import Target

    return Target(app=app, client_id=client_id, user=user)


def ask(where: "Target", question: Callable[["AppClient"], Awaitable[list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    from pulse.app_client import open_app

    async def run() -> list[dict[str, Any]]:
        async with open_app(where) as operator:
            return await question(operator)

    return asyncio.run(run())


def write_actions(actions: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Exit code 1 when one of them failed."""
    show(actions, keys=ACTION, columns=ACTION, as_json=as_json)
    if any(action.get("fault") for action in actions):
        raise typer.Exit(1)
