"""Event Grid's way in."""

import azure.functions as func

from shared.composition import app

blueprint = func.Blueprint()


@blueprint.event_grid_trigger(arg_name="event")
async def receive_graph_event(event: str, context: func.Context) -> None:
    """One CloudEvent as its raw JSON: no library's version stands between us and the bytes."""
    await app().receive(event, hop=context.trace_context.trace_parent)
