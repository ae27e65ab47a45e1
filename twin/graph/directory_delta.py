"""What the delta queries of users and groups share: deletions that can be restored, `latest`, a filter by ids.

https://learn.microsoft.com/graph/api/user-delta and .../group-delta
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.calls import Answer, Call
from twin.graph.delta import Place, Row
from twin.graph.delta_feed import Feed, serve
from twin.graph.directory import User
from twin.graph.groups import Group
from twin.graph.odata_filter import only_ids

if TYPE_CHECKING:
    from twin.graph.tenant import Graph


def serve_directory[T: User | Group](
    graph: "Graph", call: Call, name: str, rows: Iterable[T], view: Callable[[T, Place], dict[str, Any]]
) -> Answer:
    def since(place: Place) -> list[Row]:
        asked = [row for row in rows if row.version > place.until and (row.id in place.only or not place.only)]
        told = [row for row in asked if row.exists or place.until]  # a first round tells of no deletions
        return [partial(_shown, row, view, place) for row in sorted(told, key=lambda row: row.version)]

    feed = Feed(
        scope=name,
        version=graph.directory.version,
        since=since,
        context=name,
        options=("$select", "$filter"),
        latest="$deltatoken",
    )
    return serve(graph, call, feed, only=only_ids(call))


def _shown[T: User | Group](row: T, view: Callable[[T, Place], dict[str, Any]], place: Place) -> dict[str, Any]:
    if row.exists:
        return view(row, place)
    return {"id": row.id, "@removed": {"reason": "deleted" if row.gone else "changed"}}
