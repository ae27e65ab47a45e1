"""SharePoint lists, as far as who watches one asks what changed in it. The twin keeps no items: every list is empty.

https://learn.microsoft.com/graph/api/listitem-delta
"""

from typing import TYPE_CHECKING

from twin.graph.callers import demand
from twin.graph.calls import Answer, Call, Routes
from twin.graph.delta_feed import Feed, serve

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

READ_SITES = ("Sites.Read.All", "Sites.ReadWrite.All")


@routes("GET", "sites/{}/lists/{}/items/delta")
def delta(graph: "Graph", call: Call, site: str, name: str) -> Answer:
    demand(call.caller, READ_SITES)
    feed = Feed(
        scope=f"sites/{site}/lists/{name}".lower(),
        version=1,
        since=lambda _: [],
        context=f"sites('{site}')/lists('{name}')/items",
        options=("$select", "$expand", "$top", "token"),
        latest="token",
        next_key="token",
        delta_key="token",
    )
    return serve(graph, call, feed)
