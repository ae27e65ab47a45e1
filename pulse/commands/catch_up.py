"""`pulse catch-up`: read by delta query what notifications missed."""

from typing import Annotated

import typer

from pulse.commands.operator import ask
from pulse.commands.options import App, ClientId, Json, User
from pulse.output import CAUGHT_UP, show


def catch_up(
    name: Annotated[str | None, typer.Argument(help="an entry or a subscription; without it: all")] = None,
    *,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Recover changes that Graph never announced."""
    rows = ask(lambda operator: operator.catch_up(name), app, client_id, user)
    show(rows, keys=CAUGHT_UP, columns=CAUGHT_UP, as_json=as_json)
