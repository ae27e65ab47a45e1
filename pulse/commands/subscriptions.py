"""`pulse subscriptions`: what is watched at Graph, what should be, and making the one the other."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pulse.commands.operator import ask
from pulse.commands.options import App, ClientId, Json, User
from pulse.errors import PulseError
from pulse.output import ACTION, ROTATION, SUBSCRIPTION, show
from pulse.subscription_views import listed, planned

group = typer.Typer(no_args_is_help=True, help="Graph subscriptions: what is watched, what should be")


@group.command("list")
def list_(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """List subscriptions with their state and expiry."""
    rows = ask(lambda operator: operator.subscriptions(), app, client_id, user)
    if as_json:
        show(rows, keys=SUBSCRIPTION, columns=SUBSCRIPTION, as_json=True)
        return
    print(*listed(rows), sep="\n", flush=True)


@group.command()
def plan(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Show what `apply` would do, and do nothing."""
    write_actions(ask(lambda operator: operator.plan(), app, client_id, user), as_json=as_json)


@group.command()
def apply(*, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Make Graph's subscriptions what subscriptions.toml says."""
    write_actions(ask(lambda operator: operator.apply(), app, client_id, user), as_json=as_json)


@group.command()
def renew(name: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False) -> None:
    """Renew one subscription now."""
    write_actions(ask(lambda operator: operator.renew(name), app, client_id, user), as_json=as_json)


@group.command()
def reauthorize(
    name: str, *, app: App = None, client_id: ClientId = None, user: User = None, as_json: Json = False
) -> None:
    """Have Graph check access anew, without a longer life. `renew` does both; Graph wants ten minutes between them."""
    write_actions(ask(lambda operator: operator.reauthorize(name), app, client_id, user), as_json=as_json)


@group.command()
def delete(
    name: str,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Delete at Graph. What subscriptions.toml still wants stays away until `pulse subscriptions apply`."""
    sure(yes, f"Delete {name} at Graph? Its changes are not announced until it is applied again.")
    write_actions(ask(lambda operator: operator.delete(name), app, client_id, user), as_json=as_json)


@group.command()
def rotate(
    name: Annotated[str | None, typer.Argument(help="only this one, now; without it all, spread out")] = None,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="stop; `rotate` goes on with it")] = False,
    show_only: Annotated[bool, typer.Option("--show", help="only say how far it is")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="with NAME: no event with its older keys is believed")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="deny without asking")] = False,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Make subscriptions anew with the newest key of CLIENT_STATE_KEYS, 100 in five minutes."""
    if (deny and not name) or (name and (stop or show_only)) or (stop and show_only):
        raise typer.BadParameter("--deny goes with NAME; --stop and --show go without, one of them")
    if name:
        sure(yes or not deny, f"Believe no event of {name} that has an older key?")
        write_actions(ask(lambda it: it.rotate(name, deny=deny), app, client_id, user), as_json=as_json)
        return
    rows = ask(lambda it: it.rotation() if show_only else it.turn_rotation(on=not stop), app, client_id, user)
    show(rows, keys=ROTATION, columns=ROTATION, as_json=as_json)


def sure(yes: bool, question: str) -> None:
    """Asks a person, on stderr. Raises PulseError unless the answer is yes; where there is none to ask, say --yes."""
    if yes:
        return
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise PulseError("nothing was done; --yes does it without asking")


def write_actions(actions: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Exit code 1 when one of them failed."""
    if as_json:
        show(actions, keys=ACTION, columns=ACTION, as_json=True)
    else:
        print(*planned(actions, coloured=_has_colours()), sep="\n", flush=True)
    if any(action.get("fault") for action in actions):
        raise typer.Exit(1)


def _has_colours() -> bool:
    """https://no-color.org"""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
