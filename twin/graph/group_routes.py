"""/groups, their members and owners, and the delta query: https://learn.microsoft.com/graph/api/resources/group."""

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_GROUPS, WRITE_GROUPS, WRITE_MEMBERS, demand
from twin.graph.calls import Answer, Call, Routes, check_unknown
from twin.graph.delta import Place, chosen
from twin.graph.directory_delta import serve_directory
from twin.graph.entity_fields import GROUP_FIELDS
from twin.graph.errors import bad_request, user_not_found
from twin.graph.groups import RELATIONS, Group
from twin.graph.odata import collection, entity, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
OBJECT = re.compile(r"/(?:directoryObjects|users|groups)(?:/|\(')([^'/()]+)(?:'\))?$", re.IGNORECASE)


@routes("GET", "groups")
def list_all(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, READ_GROUPS)
    refuse_options(call, ("$select", "$top", "$skiptoken", "$count"))
    rows = graph.groups.living()
    return collection(call, "groups", rows, render=Group.as_json, default=100, most=999, skip="$skiptoken")


@routes("POST", "groups")
def create(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, WRITE_GROUPS)
    body = call.json()
    bound = {name: [_bound(graph, link) for link in body.get(f"{name}@odata.bind", ())] for name in RELATIONS}
    own = {name: value for name, value in body.items() if not name.endswith("@odata.bind")}
    check_unknown(own, GROUP_FIELDS)
    if missing := [name for name in REQUIRED if own.get(name) is None]:
        raise bad_request(f"A value is required for {', '.join(missing)}.", "Request_BadRequest")
    made = graph.groups.create(_plain(own), members=bound["members"], owners=bound["owners"])
    return entity(call, "groups", made.as_json(), status=201)


@routes("GET", "groups/delta")
def delta(graph: "Graph", call: Call) -> Answer:
    demand(call.caller, READ_GROUPS)
    return serve_directory(graph, call, "groups", graph.groups.rows.values(), partial(_row, graph))


@routes("GET", "groups/{}")
def get(graph: "Graph", call: Call, group_id: str) -> Answer:
    demand(call.caller, READ_GROUPS)
    refuse_options(call, ("$select",))
    return entity(call, "groups", chosen(graph.groups.get(group_id).as_json(), select(call)))


@routes("PATCH", "groups/{}")
def update(graph: "Graph", call: Call, group_id: str) -> Answer:
    demand(call.caller, WRITE_GROUPS)
    check_unknown(call.json(), GROUP_FIELDS)
    graph.groups.update(graph.groups.get(group_id), _plain(call.json()))
    return Answer(204)


@routes("DELETE", "groups/{}")
def delete(graph: "Graph", call: Call, group_id: str) -> Answer:
    demand(call.caller, WRITE_GROUPS)
    graph.groups.delete(graph.groups.get(group_id))
    return Answer(204)


def _relation(name: str) -> None:
    @routes("POST", f"groups/{{}}/{name}/$ref")
    def add(graph: "Graph", call: Call, group_id: str) -> Answer:
        demand(call.caller, WRITE_MEMBERS)
        graph.groups.add(graph.groups.get(group_id), name, _bound(graph, call.json().get("@odata.id")))
        return Answer(204)

    @routes("DELETE", f"groups/{{}}/{name}/{{}}/$ref")
    def remove(graph: "Graph", call: Call, group_id: str, member_id: str) -> Answer:
        demand(call.caller, WRITE_MEMBERS)
        graph.groups.remove(graph.groups.get(group_id), name, member_id.lower())
        return Answer(204)


def _listing(name: str, cast: str = "") -> None:
    @routes("GET", f"groups/{{}}/{name}/{cast}" if cast else f"groups/{{}}/{name}")
    def list_related(graph: "Graph", call: Call, group_id: str) -> Answer:
        demand(call.caller, READ_GROUPS)
        refuse_options(call, ("$select", "$top", "$skiptoken", "$count"))
        group = graph.groups.get(group_id)
        found = {"members": group.members, "owners": group.owners}.get(name)
        objects = (_object(graph, key) for key in (graph.groups.all_in(group.id) if found is None else found))
        rows = [row for row in objects if row and (not cast or row["@odata.type"].endswith(".user"))]
        context = "users" if cast else "directoryObjects"
        return collection(call, context, rows, render=lambda row: row, default=100, most=999, skip="$skiptoken")


for each in RELATIONS:
    _relation(each)
for each in (*RELATIONS, "transitiveMembers"):
    for cast in ("", "graph.user", "microsoft.graph.user"):
        _listing(each, cast)


def _object(graph: "Graph", key: str) -> dict[str, Any] | None:
    """A user or group by id, with its type; None where it is deleted."""
    if (user := graph.directory.users.get(key)) and user.exists:
        return {"@odata.type": "#microsoft.graph.user", **user.as_json()}
    if (group := graph.groups.rows.get(key)) and group.exists:
        return {"@odata.type": "#microsoft.graph.group", **group.as_json()}
    return None


def _bound(graph: "Graph", link: Any) -> str:
    """The id that https://graph.microsoft.com/v1.0/directoryObjects/<id> names. GraphError 400 or 404."""
    found = OBJECT.search(link) if isinstance(link, str) else None
    if found is None:
        raise bad_request("An invalid reference: want …/directoryObjects/{id}.", "Request_BadRequest")
    key = found[1].lower()
    if _object(graph, key) is None:
        raise user_not_found(key)
    return key


def _row(graph: "Graph", group: Group, place: Place) -> dict[str, Any]:
    row = chosen(group.as_json(), place.select)
    for name in RELATIONS:
        if not place.select or name in place.select:
            row |= _related(graph, group, name, since=place.until)
    return row


def _related(graph: "Graph", group: Group, name: str, *, since: int) -> dict[str, Any]:
    """members@delta: who came, and who went (not in a first round); nothing where neither."""
    kinds = {True: "#microsoft.graph.group", False: "#microsoft.graph.user"}

    def row(key: str) -> dict[str, Any]:
        return {"@odata.type": kinds[key in graph.groups.rows], "id": key}

    came = [row(key) for key, version in group.here[name].items() if version > since]
    went = [row(key) for key, version in group.left[name].items() if since and version > since]
    rows = came + [each | {"@removed": {"reason": "deleted"}} for each in went]
    return {f"{name}@delta": rows} if rows else {}


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("@")}
