"""Collections of entities with delta, by path, for the fake Graph: rounds of pages under links, removals, moves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from shared.ports import DeltaItem, DeltaPage, GraphFault

PAGE = 10  # items of a delta page


@dataclass(frozen=True, slots=True)
class _Place:
    """What a delta link stands for: items of its round that were not shown yet, and where the next round begins."""

    collection: str
    left: tuple[DeltaItem, ...]
    next_round: int
    is_new_round: bool
    is_empty: bool = False


@dataclass(slots=True)
class Collections:
    """`users/<id>/mailFolders/inbox/messages`, `users`, …; a calendar's year is `…/calendarView/<year>`."""

    has_empty_pages: bool = False
    _held: dict[str, dict[str, DeltaItem]] = field(default_factory=dict)  # by collection and id
    _changes: dict[str, list[DeltaItem]] = field(default_factory=dict)  # in order
    _places: dict[str, _Place] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def put(self, collection: str, item: str, *, at: datetime | None, has_etag: bool = True, kind: str = "") -> str:
        """A new entity, or a new version of one. Its ETag; every version has a digest of its own."""
        number = next(self._numbers)
        before = self._held.get(collection, {}).get(item)
        etag = f'W/"{number}"' if has_etag else ""
        found = DeltaItem(
            id=item,
            etag=etag,
            created_at=before.created_at if before else at,
            changed_at=at,
            removed=False,
            type=kind,
            digest=str(number),
        )
        self._show(collection, found)
        return etag

    def remove(self, collection: str, item: str, *, is_restorable: bool = False) -> None:
        del self._held[collection][item]
        gone = DeltaItem(id=item, etag="", created_at=None, changed_at=None, removed=True, is_restorable=is_restorable)
        self._changes[collection].append(gone)

    def move(self, item: str, old: str, new: str) -> None:
        """Under the same id, as with Prefer: IdType="ImmutableId"."""
        found = self._held[old][item]
        self.remove(old, item)
        self._show(new, found)

    def where(self, item: str, below: str) -> str | None:
        """The collection below a path that holds an entity."""
        paths = (path for path, held in self._held.items() if path.startswith(below) and item in held)
        return next(paths, None)

    def expire_links(self) -> None:
        """Every link that was given out is answered with 410 from now on."""
        self._places.clear()

    def page(self, path: str, link: str | None) -> DeltaPage:
        if link is not None and link not in self._places:
            raise GraphFault(410, "SyncStateNotFound", "The sync state generation is not found.")
        place = self._places[link] if link else self._first_round(_collection(path), is_latest="token=latest" in path)
        changes = self._changes.get(place.collection, [])
        if place.is_new_round:
            place = _Place(place.collection, _newest(changes[place.next_round :]), len(changes), is_new_round=False)
        if self.has_empty_pages and place.left and not place.is_empty:
            return DeltaPage(items=(), link=self._keep(replace(place, is_empty=True)), is_last=False)
        shown, left = place.left[:PAGE], place.left[PAGE:]
        onward = _Place(place.collection, left, place.next_round, is_new_round=not left)
        return DeltaPage(items=shown, link=self._keep(onward), is_last=not left)

    def _first_round(self, collection: str, *, is_latest: bool) -> _Place:
        held = () if is_latest else tuple(self._held.get(collection, {}).values())
        return _Place(collection, held, len(self._changes.get(collection, [])), is_new_round=False)

    def _show(self, collection: str, found: DeltaItem) -> None:
        self._held.setdefault(collection, {})[found.id] = found
        self._changes.setdefault(collection, []).append(found)

    def _keep(self, place: _Place) -> str:
        link = f"https://graph.microsoft.com/v1.0/delta/{next(self._numbers)}"
        self._places[link] = place
        return link


def _collection(path: str) -> str:
    """`…/delta?…` without the query; of a calendar's view the year stays."""
    plain = path.partition("?")[0].removesuffix("/delta")
    year = re.search(r"startDateTime=(\d{4})", path)
    return f"{plain}/{year[1]}" if year else plain


def _newest(changes: Sequence[DeltaItem]) -> tuple[DeltaItem, ...]:
    """Delta shows each entity once, as it is now."""
    by_id: dict[str, DeltaItem] = {}
    for found in changes:
        by_id.pop(found.id, None)
        by_id[found.id] = found
    return tuple(by_id.values())
