"""Five calls for each simple kind, and its delta query, from the table in `entity_kinds`."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph import entity_views as views
from twin.graph.calendar_window import is_told, is_within, read_window
from twin.graph.calls import Answer, Call, Routes, check_unknown
from twin.graph.delta import Place, Row, chosen
from twin.graph.delta_feed import Feed, serve
from twin.graph.entities import Entity, Gone
from twin.graph.entity_access import may_change, may_read
from twin.graph.entity_kinds import CONTACT, ENTITY_KINDS, EVENT, EntityKind, Keys
from twin.graph.errors import bad_request
from twin.graph.odata import collection, entity, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

LIST_OPTIONS = ("$select", "$top", "$skip", "$count")
DEFAULT_FOLDER = "contacts"
type Split = Callable[[Keys], tuple[Keys, Keys]]  # the path's → the collection's, the entity's own


def _serve(kind: EntityKind, path: str, *, default: Keys = ()) -> None:
    """`default`: keys that the path leaves out, at the end of the parents'."""
    parents = path.count("{}")

    def split(keys: Keys) -> tuple[Keys, Keys]:
        return (*keys[:parents], *default), keys[parents:]

    _serve_collection(kind, path, split)
    _serve_one(kind, f"{path}/{{}}", split)
    if kind.removable:
        _serve_removal(kind, f"{path}/{{}}", split)


def _serve_collection(kind: EntityKind, path: str, split: Split) -> None:
    @routes("GET", path)
    def list_all(graph: "Graph", call: Call, *given: str) -> Answer:
        keys = may_read(graph, call, kind, split(given)[0])
        refuse_options(call, LIST_OPTIONS)
        rows = list(graph.entities.shelf(kind, keys).rows.values())
        show = _shown(kind, keys)
        return collection(call, kind.collection(keys), rows, render=show, default=kind.page, most=kind.most)

    @routes("POST", path)
    def create(graph: "Graph", call: Call, *given: str) -> Answer:
        keys = may_change(graph, call, kind, split(given)[0])
        content = _written(call, kind)
        if missing := [name for name in kind.required if content.get(name) is None]:
            raise bad_request(f"Required: {', '.join(missing)}.")
        made = graph.entities.create(kind, keys, content | _author(graph, call, kind))
        return entity(call, kind.collection(keys), kind.view(made, keys), status=201)


def _serve_one(kind: EntityKind, path: str, split: Split) -> None:
    @routes("GET", path)
    def get(graph: "Graph", call: Call, *given: str) -> Answer:
        parents, (key,) = split(given)
        keys = may_read(graph, call, kind, parents, own=key)
        refuse_options(call, ("$select",))
        row = kind.view(graph.entities.get(kind, keys, key), keys)
        return entity(call, kind.collection(keys), chosen(row, select(call)))

    @routes("PATCH", path)
    def update(graph: "Graph", call: Call, *given: str) -> Answer:
        parents, (key,) = split(given)
        keys = may_change(graph, call, kind, parents, own=key)
        row = graph.entities.get(kind, keys, key)
        graph.entities.update(kind, keys, row, _written(call, kind))
        if kind.patch_status == 204:
            return Answer(204)
        return entity(call, kind.collection(keys), kind.view(row, keys))


def _serve_removal(kind: EntityKind, path: str, split: Split) -> None:
    @routes("DELETE", path)
    def delete(graph: "Graph", call: Call, *given: str) -> Answer:
        parents, (key,) = split(given)
        keys = may_change(graph, call, kind, parents, own=key)
        graph.entities.delete(kind, keys, graph.entities.get(kind, keys, key))
        return Answer(204)


def _serve_delta(kind: EntityKind, path: str) -> None:
    @routes("GET", path)
    def delta(graph: "Graph", call: Call, *given: str) -> Answer:
        keys = may_read(graph, call, kind, given)
        shelf = graph.entities.shelf(kind, keys)

        def since(place: Place) -> list[Row]:
            return [
                partial(_delta_row, kind, keys, row, place)
                for row in shelf.since(place.until)
                if place.window is None or is_told(row, place.window, since=place.until)
            ]

        feed = Feed(
            scope=f"{kind.noun}/{'/'.join(keys)}",
            version=shelf.version,
            since=since,
            context=f"Collection({kind.noun})",
            options=kind.delta_options,
            page=kind.page,
            is_outlook=kind.is_outlook,
        )
        return serve(graph, call, feed, window=read_window(call) if kind is EVENT else None)


def _delta_row(kind: EntityKind, keys: Keys, row: Entity | Gone, place: Place) -> dict[str, Any]:
    is_gone = isinstance(row, Gone) or (place.window is not None and not is_within(row, place.window))
    if isinstance(row, Gone) or is_gone:
        return {"id": row.id, "@removed": {"reason": "deleted"}}
    return chosen(kind.view(row, keys), place.select)


def _shown(kind: EntityKind, keys: Keys) -> Callable[[Entity], dict[str, Any]]:
    return lambda row: kind.view(row, keys)


def _written(call: Call, kind: EntityKind) -> dict[str, Any]:
    check_unknown(call.json(), kind.writable)
    return kind.tidy({name: value for name, value in call.json().items() if not name.startswith("@")})


def _author(graph: "Graph", call: Call, kind: EntityKind) -> dict[str, Any]:
    """Who wrote a chat message, and who made a chat, is in it."""
    if not kind.only_people_write:
        return {}
    user = graph.directory.get(call.caller.object_id)
    return {"from": views.author(user.id, str(user.properties["displayName"]))}


@routes("GET", "users/{}/calendarView")
def calendar_view(graph: "Graph", call: Call, user_id: str) -> Answer:
    keys = may_read(graph, call, EVENT, (user_id,))
    window = read_window(call)
    if window is None:
        raise bad_request("This request requires a time window specified by the query string parameters.")
    rows = [row for row in graph.entities.shelf(EVENT, keys).rows.values() if is_within(row, window)]
    path = f"users('{keys[0]}')/calendarView"
    return collection(call, path, rows, render=_shown(EVENT, keys), default=10, most=1000)


for one in ENTITY_KINDS:  # delta first: its path would fit an id as well
    if one.delta:
        _serve_delta(one, one.delta)
_serve(CONTACT, "users/{}/contacts", default=(DEFAULT_FOLDER,))
for one in ENTITY_KINDS:
    _serve(one, one.path)
