"""Entities without rules of their own, of all kinds alike: their versions, and the traces of those that went.

A shelf holds what stands under one parent: a person's events, a chat's messages. Mail has a house of its own, `mail`.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.graph import ids

MOST_TRACES = 10_000

ShelfKey = tuple[str, ...]  # the kind's name, then the keys of its parents


@dataclass(slots=True, kw_only=True)
class Entity:
    """`version` orders all changes of its shelf; `change_key` is another one for each version."""

    id: str
    content: dict[str, Any]  # what callers may write, and what the kind puts beside it
    created_at: datetime
    changed_at: datetime
    change_key: str = field(default_factory=ids.change_key)
    version: int = 0
    born: int = 0  # its first version
    deleted_at: datetime | None = None  # for kinds whose entities stay, as chat messages do

    @property
    def etag(self) -> str:
        return ids.etag(self.change_key)


@dataclass(frozen=True, slots=True)
class Gone:
    """An entity that was removed, for delta."""

    id: str
    version: int


@dataclass(slots=True)
class Shelf:
    rows: dict[str, Entity] = field(default_factory=dict)
    gone: deque[Gone] = field(default_factory=lambda: deque(maxlen=MOST_TRACES))
    version: int = 1  # 0 is where a reader stands who has read nothing

    def add(self, entity: Entity) -> None:
        self.rows[entity.id] = entity
        self._count(entity)
        entity.born = entity.version

    def change(self, entity: Entity, changes: dict[str, Any], at: datetime) -> None:
        entity.content.update(changes)
        entity.changed_at, entity.change_key = at, ids.change_key()
        self._count(entity)

    def remove(self, entity: Entity, at: datetime) -> None:
        self.change(entity, {}, at)  # the deletion is a version of its own
        del self.rows[entity.id]
        self.gone.append(Gone(entity.id, entity.version))

    def since(self, version: int) -> list[Entity | Gone]:
        """What changed after `version`, oldest first; a first reading tells of no removals."""
        changed: list[Entity | Gone] = [row for row in self.rows.values() if row.version > version]
        if version:
            changed += [row for row in self.gone if row.version > version]
        return sorted(changed, key=lambda row: row.version)

    def _count(self, entity: Entity) -> None:
        self.version += 1
        entity.version = self.version


@dataclass(slots=True)
class Shelves:
    """All of a tenant, made when first looked at."""

    _shelves: dict[ShelfKey, Shelf] = field(default_factory=dict)

    def of(self, key: ShelfKey) -> Shelf:
        return self._shelves.setdefault(key, Shelf())
