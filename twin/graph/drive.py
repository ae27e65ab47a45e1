"""OneDrive: one drive a person, its items as a tree, their versions and what was deleted.

Only the root can be watched, and it only ever says `updated`: https://learn.microsoft.com/graph/api/resources/drive
and https://learn.microsoft.com/azure/event-grid/partner-events-graph-api. What changed is for delta to tell.
"""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twin.graph import ids
from twin.graph.entities import Entity, Shelf
from twin.graph.entity_events import Announced
from twin.graph.errors import GraphError
from twin.world import made_up_id

if TYPE_CHECKING:
    from twin.graph.announcement import Announcer
    from twin.world import World


def item_id() -> str:
    """01 and 32 characters of base32, as OneDrive for work writes them."""
    return "01" + base64.b32encode(os.urandom(20)).decode()


@dataclass(slots=True)
class Drive:
    """An item's content holds name, parent and size; a folder has no `size`."""

    id: str
    owner: str
    root: Entity
    shelf: Shelf = field(default_factory=Shelf)

    def get(self, key: str) -> Entity:
        """By id, or `root`. GraphError 404 otherwise."""
        if key.lower() == "root" or key == self.root.id:
            return self.root
        if found := self.shelf.rows.get(key):
            return found
        raise _not_found()

    def children(self, parent: Entity) -> list[Entity]:
        return [row for row in self.shelf.rows.values() if row.content.get("parent") == parent.id]

    def at(self, path: str) -> Entity | None:
        """By names from the root: Reports/May.txt."""
        found: Entity | None = self.root
        for name in filter(None, path.split("/")):
            inside = self.children(found) if found else []
            found = next((row for row in inside if row.content["name"].lower() == name.lower()), None)
        return found

    def path(self, item: Entity) -> str:
        """Of the folder that an item is in: /drive/root:/Reports."""
        names = []
        while item.content.get("parent") and item.content["parent"] != self.root.id:
            item = self.shelf.rows[item.content["parent"]]
            names.append(item.content["name"])
        return f"/drives/{self.id}/root:{''.join('/' + name for name in reversed(names))}"

    def as_json(self, item: Entity) -> dict[str, Any]:
        size = item.content.get("size")
        times = {
            "createdDateTime": ids.whole_seconds(item.created_at),
            "lastModifiedDateTime": ids.whole_seconds(item.changed_at),
        }
        row: dict[str, Any] = {
            "id": item.id,
            "name": item.content["name"],
            "eTag": f'"{{{item.id}}},{item.version}"',
            "cTag": f'"c:{{{item.id}}},{item.version}"',
            "size": size or 0,
            "webUrl": f"https://contoso-my.sharepoint.com/personal/{self.owner}/Documents/{item.content['name']}",
            "fileSystemInfo": dict(times),
            "parentReference": {"driveType": "business", "driveId": self.id},
            **times,
        }
        if item is self.root:
            return row | {"root": {}, "folder": {"childCount": len(self.children(item))}}
        row["parentReference"] |= {"id": item.content["parent"], "path": self.path(item)}
        if size is None:
            return row | {"folder": {"childCount": len(self.children(item))}}
        return row | {"file": {"mimeType": item.content["type"], "hashes": {"quickXorHash": item.content["hash"]}}}


class Drives:
    def __init__(self, world: "World", announcer: "Announcer") -> None:
        self._world = world
        self._announcer = announcer
        self._by_owner: dict[str, Drive] = {}

    def of(self, user_id: str) -> Drive:
        """Made when first looked at."""
        if user_id not in self._by_owner:
            now = self._world.clock.now()
            root = Entity(id=item_id(), content={"name": "root"}, created_at=now, changed_at=now)
            self._by_owner[user_id] = Drive(f"b!{made_up_id(f'drive/{user_id}')}", user_id, root)
        return self._by_owner[user_id]

    def get(self, drive_id: str) -> Drive:
        for user in self._world.graph.directory.living():
            if (drive := self.of(user.id)).id == drive_id:
                return drive
        raise _not_found()

    def create(self, drive: Drive, parent: Entity, name: str, *, data: bytes | None = None, kind: str = "") -> Entity:
        """A file, or without data a folder. GraphError 409 where the name is taken."""
        if any(row.content["name"].lower() == name.lower() for row in drive.children(parent)):
            raise GraphError(409, "nameAlreadyExists", "An item with the same name already exists under the parent.")
        now = self._world.clock.now()
        content = {"name": name, "parent": parent.id} | ({} if data is None else _file(data, kind))
        item = Entity(id=item_id(), content=content, created_at=now, changed_at=now)
        drive.shelf.add(item)
        self._announce(drive, item, "created")
        return item

    def write(self, drive: Drive, item: Entity, data: bytes, kind: str) -> None:
        self.update(drive, item, _file(data, kind))

    def update(self, drive: Drive, item: Entity, changes: dict[str, Any]) -> None:
        drive.shelf.change(item, changes, self._world.clock.now())
        self._announce(drive, item, "updated")

    def delete(self, drive: Drive, item: Entity) -> None:
        """With what is in it."""
        if item is drive.root:
            raise GraphError(403, "accessDenied", "The root cannot be deleted.")
        for child in drive.children(item):
            self.delete(drive, child)
        drive.shelf.remove(item, self._world.clock.now())
        self._announce(drive, item, "deleted")

    def _announce(self, drive: Drive, item: Entity, change_type: str) -> None:
        about = Announced(
            id=item.id, resource=f"Drives/{drive.id}/items/{item.id}", version=item.etag, at=item.changed_at
        )
        paths = (f"drives/{drive.id}/root", f"users/{drive.owner}/drive/root")
        self._announcer.entity(about, change_type, paths=paths, seen_as="updated")


def _file(data: bytes, kind: str) -> dict[str, Any]:
    """The hash is not QuickXor: it is only another one for other content."""
    digest = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    return {"size": len(data), "type": kind or "application/octet-stream", "hash": digest}


def _not_found() -> GraphError:
    return GraphError(404, "itemNotFound", "The resource could not be found.")
