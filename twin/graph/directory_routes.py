"""/users, deleted users, and the delta query of users: https://learn.microsoft.com/graph/api/resources/user."""

from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_USERS, WRITE_USERS, demand
from twin.graph.calls import Answer, Call, Routes, check_unknown
from twin.graph.delta import Page, Place
from twin.graph.directory import WRITABLE, User
from twin.graph.errors import GraphError, bad_request
from twin.graph.odata import collection, delta_answer, delta_page, entity, link, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()


@routes("GET", "users")
def list_all(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, READ_USERS)
    refuse_options(call, ("$select", "$top", "$skiptoken", "$count"))
    render = partial(User.as_json, select=select(call))
    return collection(call, "users", graph.directory.living(), render=render, default=100, most=999, skip="$skiptoken")


@routes("POST", "users")
def create(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, WRITE_USERS)
    body = call.json()
    check_unknown(body, WRITABLE)
    if not body.get("displayName") or not body.get("userPrincipalName"):
        raise bad_request("displayName and userPrincipalName are required.", "Request_BadRequest")
    return entity(call, "users", graph.create_user(_plain(body)).as_json(), status=201)


@routes("GET", "users/delta")
def delta(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, READ_USERS)
    refuse_options(call, ("$select", "$skiptoken", "$deltatoken", "$filter"))
    page = _page(graph, call, call.query.get("$skiptoken") or call.query.get("$deltatoken"))
    return delta_answer(call, "users", page)


@routes("GET", "users/{}")
def get(graph: "Graph", call: Call, user_id: str) -> Answer:
    user = graph.directory.get(user_id)
    if not (call.caller.delegated and user.id == call.caller.object_id and call.caller.may(["User.Read"])):
        demand(call.caller, READ_USERS)
    return entity(call, "users", user.as_json(select(call)))


@routes("PATCH", "users/{}")
def update(graph: "Graph", call: Call, user_id: str) -> Answer:
    demand(call.caller, WRITE_USERS)
    user, body = graph.directory.get(user_id), call.json()
    check_unknown(body, WRITABLE)
    graph.update_user(user, _plain(body))
    return Answer(204)


@routes("DELETE", "users/{}")
def delete(graph: "Graph", call: Call, user_id: str) -> Answer:
    demand(call.caller, WRITE_USERS)
    graph.delete_user(graph.directory.get(user_id))
    return Answer(204)


@routes("POST", "directory/deletedItems/{}/restore")
def restore(graph: "Graph", call: Call, user_id: str) -> Answer:
    demand(call.caller, WRITE_USERS)
    user = graph.deleted_user(user_id)
    graph.restore_user(user)
    return entity(call, "directoryObjects", {"@odata.type": "#microsoft.graph.user", **user.as_json()})


@routes("DELETE", "directory/deletedItems/{}")
def erase(graph: "Graph", call: Call, user_id: str) -> Answer:
    demand(call.caller, WRITE_USERS)
    graph.erase_user(graph.deleted_user(user_id))
    return Answer(204)


def _page(graph: "Graph", call: Call, token: str | None) -> Page:
    now = graph.directory.version
    if token == "latest":
        return graph.delta.end(Place(scope="users", until=now, select=select(call)))
    place = graph.delta.place(token, "users") if token else Place(scope="users", until=0, select=select(call))
    if place is None:
        where = {"Location": link(call, {"$deltatoken": ""})}
        raise GraphError(410, "resyncRequired", "The delta token is no longer valid: synchronize in full.", where)
    if not place.rows and "$skiptoken" not in call.query:
        changed = [user for user in graph.directory.users.values() if user.version > place.until]
        known = [user for user in changed if user.exists or place.until]  # a first round tells of no deletions
        rows = tuple(partial(_row, user, place.select) for user in sorted(known, key=lambda user: user.version))
        place = Place(scope="users", until=now, rows=rows, select=place.select)
    empty_pages = graph.world.switches.empty_delta_pages
    return delta_page(graph.delta, call, place, default=100, empty_pages=empty_pages)


def _row(user: User, chosen: tuple[str, ...]) -> dict[str, Any]:
    if user.exists:
        return user.as_json(chosen)
    return {"id": user.id, "@removed": {"reason": "deleted" if user.gone else "changed"}}


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("@") and name != "passwordProfile"}
