"""Options that several commands share."""

from typing import Annotated

import typer

App = Annotated[
    str | None, typer.Option("--app", envvar="PULSE_APP", help="URL of a deployed app; without it: the running demo")
]
ClientId = Annotated[
    str | None,
    typer.Option(
        "--client-id", envvar="PULSE_CLIENT_ID", help="with --app: the app registration that people sign in to"
    ),
]
User = Annotated[str | None, typer.Option("--user", help="a person of the demo, by alias")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object a line, with stable keys")]
PortBase = Annotated[
    int, typer.Option("--port-base", min=1024, max=65_000, help="first of the block of 16 ports that the demo takes")
]
Seed = Annotated[int, typer.Option("--seed", help="of the made-up tenant and of chance in it")]
