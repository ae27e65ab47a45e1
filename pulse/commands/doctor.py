"""`pulse doctor`: one line a check, with what to do."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from pulse.commands.options import App, ClientId, Json
from pulse.output import DOCTOR, emit, pick

if TYPE_CHECKING:
    from pulse.doctor.finding import Finding


def doctor(
    *,
    cloud: Annotated[bool, typer.Option("--cloud", help="look at a deployed app, not at this machine")] = False,
    azure_subscription_id: Annotated[str, typer.Option(envvar="AZURE_SUBSCRIPTION_ID")] = "",
    resource_group: Annotated[str, typer.Option(envvar="RESOURCE_GROUP")] = "",
    topic: Annotated[str, typer.Option(envvar="PARTNER_TOPIC", help="name of the partner topic")] = "",
    function_app: Annotated[str, typer.Option(envvar="FUNCTION_APP", help="name of the function app")] = "",
    app: App = None,
    client_id: ClientId = None,
    as_json: Json = False,
) -> None:
    """Check everything that has to fit together, here or with --cloud in Azure, and say what would cure it."""
    from pulse.cloud import Place
    from pulse.doctor.start import examine_azure, examine_here

    place = Place(
        azure_subscription_id=azure_subscription_id,
        resource_group=resource_group,
        topic=topic,
        function_app=function_app,
    )
    findings = examine_azure(place, app, client_id) if cloud else examine_here()
    if any(not found.ok for found in asyncio.run(_shown(findings, as_json=as_json))):
        raise typer.Exit(1)


async def _shown(findings: "AsyncIterator[Finding]", *, as_json: bool) -> "list[Finding]":
    from dataclasses import asdict

    from pulse.doctor.lines import Lines

    seen: list[Finding] = []
    lines = Lines()
    async for found in findings:
        seen.append(found)
        if as_json:
            emit(pick(asdict(found), DOCTOR))
        else:
            lines.show(found)
    if not as_json:
        lines.sum_up(seen)
    return seen
