"""/users, deleted users, and the delta query of users: https://learn.microsoft.com/graph/api/resources/user."""

from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_USERS, WRITE_GROUPS, WRITE_USERS, demand
from twin.graph.calls import Answer, Call, Routes, check_unknown
from twin.graph.directory import WRITABLE, User
from twin.graph.directory_delta import serve_directory
from twin.graph.errors import bad_request
from twin.graph.odata import collection, entity, refuse_options, select

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
    users = graph.directory.users.values()
    return serve_directory(graph, call, "users", users, lambda user, place: user.as_json(place.select))


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
def restore(graph: "Graph", call: Call, key: str) -> Answer:
    if group := graph.groups.deleted(key):
        demand(call.caller, WRITE_GROUPS)
        graph.groups.restore(group)
        return entity(call, "directoryObjects", {"@odata.type": "#microsoft.graph.group", **group.as_json()})
    demand(call.caller, WRITE_USERS)
    user = graph.deleted_user(key)
    graph.restore_user(user)
    return entity(call, "directoryObjects", {"@odata.type": "#microsoft.graph.user", **user.as_json()})


@routes("DELETE", "directory/deletedItems/{}")
def erase(graph: "Graph", call: Call, key: str) -> Answer:
    if group := graph.groups.deleted(key):
        demand(call.caller, WRITE_GROUPS)
        graph.groups.erase(group)
        return Answer(204)
    demand(call.caller, WRITE_USERS)
    graph.erase_user(graph.deleted_user(key))
    return Answer(204)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("@") and name != "passwordProfile"}
