"""`pulse link`: activates the partner topic and makes the event subscription to the app's function."""

import asyncio
from typing import Annotated

import typer

from pulse.commands.options import Json
from pulse.output import LINK, emit, pick, say


def link(
    *,
    azure_subscription_id: Annotated[str | None, typer.Option(envvar="AZURE_SUBSCRIPTION_ID")] = None,
    resource_group: Annotated[str | None, typer.Option(envvar="RESOURCE_GROUP")] = None,
    topic: Annotated[str | None, typer.Option(envvar="PARTNER_TOPIC", help="name of the partner topic")] = None,
    function_app: Annotated[str | None, typer.Option(envvar="FUNCTION_APP", help="name of the function app")] = None,
    storage_id: Annotated[
        str | None, typer.Option(envvar="DEAD_LETTER_STORAGE_ID", help="resource id of the account for dead letters")
    ] = None,
    identity_id: Annotated[
        str | None, typer.Option(envvar="TOPIC_IDENTITY_ID", help="resource id of the identity that writes them")
    ] = None,
    workspace_id: Annotated[
        str | None, typer.Option(envvar="LOG_WORKSPACE_ID", help="resource id of where the topic's logs go")
    ] = None,
    action_group_id: Annotated[
        str | None, typer.Option(envvar="ACTION_GROUP_ID", help="resource id of who is told of the topic's alerts")
    ] = None,
    as_json: Json = False,
) -> None:
    """Link Graph's partner topic with the app. Names of a deployed app, or none for the running demo. Repeatable."""
    from pulse.cloud import Place, demo_place, open_cloud, open_twin
    from pulse.link import make_link
    from pulse.running_demo import find_demo

    async def run() -> None:
        if azure_subscription_id and resource_group and topic and function_app:
            place = Place(
                azure_subscription_id=azure_subscription_id,
                resource_group=resource_group,
                topic=topic,
                function_app=function_app,
                storage_id=storage_id,
                identity_id=identity_id,
                workspace_id=workspace_id,
                action_group_id=action_group_id,
            )
            way_in = open_cloud(place)
        else:
            demo = find_demo()
            way_in = open_twin(demo, demo_place(demo))
        async with way_in as cloud:
            async for step in make_link(cloud):
                if as_json:
                    emit(pick(step, LINK))
                else:
                    say(f"{'✓' if step['done'] else '✗'} {step['step']}: {step['detail']}")

    asyncio.run(run())
