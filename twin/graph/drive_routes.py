"""Drives and their items: https://learn.microsoft.com/graph/api/resources/driveitem and .../driveitem-delta.

The delta query of a drive has `deleted` where others have `@removed`, and one parameter, `token`, for all its links.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_FILES, WRITE_FILES, demand
from twin.graph.calls import Answer, Call, Routes
from twin.graph.delta import Place, Row, chosen
from twin.graph.delta_feed import Feed, serve
from twin.graph.drive import Drive
from twin.graph.entities import Entity, Gone
from twin.graph.errors import bad_request
from twin.graph.odata import collection, entity, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

Act = Callable[..., Answer]


def on_drive(method: str, path: str, *, permissions: tuple[str, ...] = READ_FILES) -> Callable[[Act], Act]:
    """Under /drives/<id> and under /users/<id>/drive; the action gets the drive in place of the key."""

    def keep(act: Act) -> Act:
        def by_id(graph: "Graph", call: Call, key: str, *rest: str) -> Answer:
            demand(call.caller, permissions)
            drive = graph.drives.get(key)
            demand(call.caller, permissions, mailbox=drive.owner)
            return act(graph, call, drive, *rest)

        def of_user(graph: "Graph", call: Call, key: str, *rest: str) -> Answer:
            demand(call.caller, permissions)
            user = graph.directory.get(key)
            demand(call.caller, permissions, mailbox=user.id)
            return act(graph, call, graph.drives.of(user.id), *rest)

        end = f"/{path}" if path else ""
        routes(method, f"drives/{{}}{end}")(by_id)
        routes(method, f"users/{{}}/drive{end}")(of_user)
        return act

    return keep


@on_drive("GET", "")
def show(graph: "Graph", call: Call, drive: Drive) -> Answer:
    name = graph.directory.users[drive.owner].properties["displayName"]
    row = {
        "id": drive.id,
        "driveType": "business",
        "name": "OneDrive",
        "owner": {"user": {"id": drive.owner, "displayName": name}},
        "webUrl": f"https://contoso-my.sharepoint.com/personal/{drive.owner}/Documents",
    }
    return entity(call, "drives", row)


@on_drive("GET", "root/delta")
@on_drive("GET", "items/{}/delta")
@on_drive("GET", "root/delta/{}")
@on_drive("GET", "items/{}/delta/{}")
def delta(graph: "Graph", call: Call, drive: Drive, *keys: str) -> Answer:
    """Of the root only, as in OneDrive for work. `delta(token='…')` is another spelling of ?token=…"""
    for key in keys:
        if key.startswith("token='"):
            call = replace(call, path=call.path.rpartition("/")[0], query={**call.query, "token": key[7:]})
        elif drive.get(key) is not drive.root:
            raise bad_request("Delta is for the root only.", "notSupported")

    def since(place: Place) -> list[Row]:
        changed = drive.shelf.since(place.until)
        top = [] if place.until and not changed else [partial(_item, drive, drive.root, place.select)]
        return [*top, *(partial(_row, drive, row, place.select) for row in changed)]

    feed = Feed(
        scope=f"drive/{drive.id}",
        version=drive.shelf.version,
        since=since,
        context="Collection(driveItem)",
        options=("$select", "$top"),
        page=200,
        latest="token",
        next_key="token",
        delta_key="token",
    )
    return serve(graph, call, feed)


@on_drive("GET", "root")
@on_drive("GET", "items/{}")
def get(graph: "Graph", call: Call, drive: Drive, key: str = "root") -> Answer:
    refuse_options(call, ("$select",))
    return entity(call, "driveItem", chosen(drive.as_json(drive.get(key)), select(call)))


@on_drive("GET", "root/children")
@on_drive("GET", "items/{}/children")
def list_children(graph: "Graph", call: Call, drive: Drive, key: str = "root") -> Answer:
    refuse_options(call, ("$select", "$top", "$skiptoken"))
    rows = drive.children(drive.get(key))
    path = f"drives('{drive.id}')/items"
    return collection(call, path, rows, render=drive.as_json, default=200, most=1000, skip="$skiptoken")


@on_drive("POST", "root/children", permissions=WRITE_FILES)
@on_drive("POST", "items/{}/children", permissions=WRITE_FILES)
def create_folder(graph: "Graph", call: Call, drive: Drive, key: str = "root") -> Answer:
    body = call.json()
    if not isinstance(body.get("name"), str) or not isinstance(body.get("folder"), dict):
        raise bad_request("name and folder are required; files are made by PUT …/content.", "invalidRequest")
    made = graph.drives.create(drive, drive.get(key), body["name"])
    return entity(call, "driveItem", drive.as_json(made), status=201)


@on_drive("PUT", "items/{}/content", permissions=WRITE_FILES)
def replace_content(graph: "Graph", call: Call, drive: Drive, key: str) -> Answer:
    """Stands before `upload`, whose path would fit too."""
    item = drive.get(key)
    graph.drives.write(drive, item, call.data, call.headers.get("content-type", ""))
    return entity(call, "driveItem", drive.as_json(item))


@on_drive("PUT", "items/{}/{}/content", permissions=WRITE_FILES)
@on_drive("PUT", "{}/{}/content", permissions=WRITE_FILES)
def upload(graph: "Graph", call: Call, drive: Drive, parent: str, name: str) -> Answer:
    """`root:/May.txt:/content`: a new file, or other content for the one that is there."""
    if not (parent.endswith(":") and name.endswith(":")):
        raise bad_request("Want {parent-id}:/{filename}:/content.", "invalidRequest")
    folder, kind = drive.get(parent[:-1]), call.headers.get("content-type", "")
    there = next((row for row in drive.children(folder) if row.content["name"] == name[:-1]), None)
    if there:
        graph.drives.write(drive, there, call.data, kind)
    item = there or graph.drives.create(drive, folder, name[:-1], data=call.data, kind=kind)
    return entity(call, "driveItem", drive.as_json(item), status=200 if there else 201)


@on_drive("PATCH", "items/{}", permissions=WRITE_FILES)
def update(graph: "Graph", call: Call, drive: Drive, key: str) -> Answer:
    """A new name, another folder, or both."""
    item, body = drive.get(key), call.json()
    changes: dict[str, Any] = {"name": str(body["name"])} if body.get("name") else {}
    if parent := (body.get("parentReference") or {}).get("id"):
        changes["parent"] = drive.get(parent).id
    graph.drives.update(drive, item, changes)
    return entity(call, "driveItem", drive.as_json(item))


@on_drive("DELETE", "items/{}", permissions=WRITE_FILES)
def delete(graph: "Graph", call: Call, drive: Drive, key: str) -> Answer:
    graph.drives.delete(drive, drive.get(key))
    return Answer(204)


def _item(drive: Drive, item: Entity, wanted: tuple[str, ...]) -> dict[str, Any]:
    return chosen(drive.as_json(item), wanted)


def _row(drive: Drive, row: Entity | Gone, wanted: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(row, Gone):
        return {"id": row.id, "deleted": {"state": "deleted"}, "parentReference": {"driveId": drive.id}}
    return _item(drive, row, wanted)
