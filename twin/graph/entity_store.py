"""Every change of an entity of a simple kind goes through here: kept, written to the ledger, and announced."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.graph.entities import Entity, Shelf, Shelves
from twin.graph.entity_events import Announced
from twin.graph.entity_kinds import CHAT, CHAT_MESSAGE, EntityKind, Keys
from twin.graph.errors import GraphError

if TYPE_CHECKING:
    from twin.graph.announcement import Announcer
    from twin.world import World


class EntityStore:
    def __init__(self, world: "World", announcer: "Announcer") -> None:
        self.shelves = Shelves()
        self._world = world
        self._announcer = announcer

    def shelf(self, kind: EntityKind, keys: Keys) -> Shelf:
        """GraphError 404 where the parent does not exist."""
        if kind.parent:
            self.get(kind.parent, keys[:-1], keys[-1])
        return self.shelves.of(kind.shelf(keys))

    def get(self, kind: EntityKind, keys: Keys, entity_id: str) -> Entity:
        entity = self.shelf(kind, keys).rows.get(entity_id)
        if entity is None:
            code = "ErrorItemNotFound" if kind.is_outlook else "NotFound"
            raise GraphError(404, code, "The specified object was not found in the store.")
        return entity

    def create(
        self,
        kind: EntityKind,
        keys: Keys,
        content: Mapping[str, Any],
        *,
        entity_id: str | None = None,
        quiet: bool = False,
    ) -> Entity:
        """`quiet`: nobody is told, as if nobody had been watching yet; the ledger knows all the same."""
        now = self._world.clock.now()
        entity = Entity(id=entity_id or kind.new_id(), content=dict(content), created_at=now, changed_at=now)
        self.shelf(kind, keys).add(entity)
        self._announce(kind, keys, entity, "created", quiet=quiet)
        return entity

    def seed(self, kind: EntityKind, keys: Keys, content: Mapping[str, Any], *, entity_id: str) -> None:
        """What was there before anybody looked: in no ledger."""
        now = self._world.clock.now()
        entity = Entity(id=entity_id, content=dict(content), created_at=now, changed_at=now)
        self.shelves.of(kind.shelf(keys)).add(entity)

    def update(self, kind: EntityKind, keys: Keys, entity: Entity, changes: Mapping[str, Any]) -> None:
        self.shelf(kind, keys).change(entity, dict(changes), self._world.clock.now())
        self._announce(kind, keys, entity, "updated")

    def delete(self, kind: EntityKind, keys: Keys, entity: Entity) -> None:
        """What lies below it can't be reached any more; nobody is told of that."""
        self.shelf(kind, keys).remove(entity, self._world.clock.now())
        self._announce(kind, keys, entity, "deleted")

    def soft_delete(self, kind: EntityKind, keys: Keys, entity: Entity) -> None:
        """It stays, and says when it was deleted."""
        entity.deleted_at = self._world.clock.now()
        self.shelf(kind, keys).change(entity, {}, entity.deleted_at)
        self._announce(kind, keys, entity, "deleted")

    def members(self, chat_id: str) -> list[str]:
        """User ids."""
        return list(self.get(CHAT, (), chat_id).content.get("members", ()))

    def _announce(self, kind: EntityKind, keys: Keys, entity: Entity, change_type: str, *, quiet: bool = False) -> None:
        if kind.event is None:
            return
        paths = [path.format(*keys, id=entity.id) for path in kind.watched]
        if kind is CHAT_MESSAGE:
            paths += [f"users/{user}/chats/getallmessages" for user in self.members(keys[0])]
        resource = kind.resource_of(keys, entity.id)
        about = Announced(
            id=entity.id,
            resource=resource,
            version=entity.etag,
            at=entity.changed_at,
            content=kind.view(entity, keys),
        )
        self._announcer.entity(about, change_type, paths=paths, quiet=quiet)
