"""`pulse purge`: all that the app keeps of one person goes."""

from typing import Annotated

import typer

from pulse.commands.operator import ask
from pulse.commands.options import App, ClientId, Json, User
from pulse.errors import PulseError
from pulse.output import emit, say


def purge(
    person: Annotated[str, typer.Argument(help="object id")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="do it: this can't be undone")] = False,
    app: App = None,
    client_id: ClientId = None,
    user: User = None,
    as_json: Json = False,
) -> None:
    """Delete journal rows, quarantine, dead letters and delta links of one person who is watched no more."""
    if not yes:
        raise PulseError("this deletes all that is kept of that person; say --yes")
    gone = ask(lambda operator: operator.purge(person), app, client_id, user)
    if as_json:
        emit(gone)
    else:
        say(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in gone.items()))
