"""Serving a delta query, for all kinds but mail: where the reader stands, a round, its pages, and lost tokens."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.graph.calls import Answer, Call
from twin.graph.delta import Page, Place, Row
from twin.graph.errors import GraphError
from twin.graph.odata import delta_answer, delta_page, link, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What can be read. `since` gives the rows that changed after a place, oldest first, and must not tell of removals
    when the place is the beginning."""

    scope: str
    version: int
    since: Callable[[Place], list[Row]]
    context: str
    options: tuple[str, ...] = ()
    page: int = 100
    latest: str | None = None  # the option by which a reader starts from now: $deltatoken or token
    next_key: str = "$skiptoken"
    delta_key: str = "$deltatoken"
    is_outlook: bool = False  # loses sync states as mail does


def serve(
    graph: "Graph",
    call: Call,
    feed: Feed,
    *,
    window: tuple[str, str] | None = None,
    only: tuple[str, ...] = (),
) -> Answer:
    """`window` and `only` are those of a first call; the tokens carry them on."""
    refuse_options(call, (*feed.options, feed.next_key, feed.delta_key))
    token = call.query.get(feed.next_key) or call.query.get(feed.delta_key)
    beginning = Place(scope=feed.scope, until=0, select=select(call), page_size=_top(call), window=window, only=only)
    if token == "latest" and feed.latest in call.query:
        return _answer(call, feed, graph.delta.end(replace(beginning, until=feed.version)))
    place = graph.delta.place(token, feed.scope) if token else beginning
    if place is None:
        raise _lost(graph, call, feed)
    if not place.rows:
        rows = feed.since(place)
        again = rows[:1] if graph.world.switches.delta_replays else []
        place = replace(place, until=feed.version, rows=(*rows, *again))
    empty_pages = graph.world.switches.empty_delta_pages
    return _answer(call, feed, delta_page(graph.delta, call, place, default=feed.page, empty_pages=empty_pages))


def _answer(call: Call, feed: Feed, page: Page) -> Answer:
    return delta_answer(call, feed.context, page, next_key=feed.next_key, delta_key=feed.delta_key)


def _lost(graph: "Graph", call: Call, feed: Feed) -> GraphError:
    """Outlook says that the sync state is gone; the others also say where to begin again."""
    if feed.is_outlook:
        status = graph.world.switches.mail_sync_lost_status
        return GraphError(status, "syncStateNotFound", "The sync state generation is not found; full sync required.")
    where = {"Location": link(call, {feed.delta_key: ""})}
    return GraphError(410, "resyncRequired", "The delta token is no longer valid: synchronize in full.", where)


def _top(call: Call) -> int:
    top = call.query.get("$top", "")
    return int(top) if top.isdigit() else 0
