"""Changes made by hand of everything but mail and users: on made-up content, where somebody watches if they do."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from twin.graph import seeds
from twin.graph.entities import Entity
from twin.graph.entity_kinds import CHANNEL_MESSAGE, CHAT_MESSAGE, CONTACT, EVENT, TODO_TASK, EntityKind, Keys
from twin.graph.entity_views import author
from twin.graph.errors import GraphError
from twin.graph.groups import Group
from twin.graph.overrides import merged
from twin.world import Person

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

Overrides = Mapping[str, Any]

KINDS: dict[str, tuple[EntityKind, ...]] = {
    "event": (EVENT,),
    "contact": (CONTACT,),
    "todo": (TODO_TASK,),
    "chatmessage": (CHAT_MESSAGE, CHANNEL_MESSAGE),
}
CHANGES = ("created", "updated", "deleted")


class NoSuchPlace(Exception):
    """All who watch such things watch a place that does not exist: only a fixture can reach them."""


def entity_change(kind: str) -> Callable[["Graph", str | None, Overrides], object] | None:
    """What `event.created`, `driveItem.updated` and the like do; None for a type that is not kept as entities.

    It raises NoSuchPlace.
    """
    noun, _, change_type = kind.lower().partition(".")
    if change_type not in CHANGES:
        return None
    if noun == "driveitem":
        return lambda graph, user, values: _change_drive(graph, _owner(graph, user), change_type, values)
    if noun == "group" and change_type != "created":
        return lambda graph, _, values: _change_group(graph, change_type, values)
    if kinds := KINDS.get(noun):
        return lambda graph, user, values: _change(graph, *_place(graph, kinds, user), change_type, values)
    return None


def _change(graph: "Graph", kind: EntityKind, keys: Keys, change_type: str, values: Overrides) -> None:
    store = graph.entities
    if change_type == "created":
        store.create(kind, keys, kind.tidy(merged(_content(graph, kind), values)))
        return
    entity = _any(graph, kind, keys)
    if change_type == "updated":
        store.update(kind, keys, entity, kind.tidy(merged(_content(graph, kind), values)))
    elif kind.removable:
        store.delete(kind, keys, entity)
    else:
        store.soft_delete(kind, keys, entity)


def _any(graph: "Graph", kind: EntityKind, keys: Keys) -> Entity:
    """One that is there, or a new one that nobody was told of."""
    rows = [row for row in graph.entities.shelf(kind, keys).rows.values() if row.deleted_at is None]
    if rows:
        return graph.world.changing.choice(rows)
    return graph.entities.create(kind, keys, kind.tidy(_content(graph, kind)), quiet=True)


def _place(graph: "Graph", kinds: tuple[EntityKind, ...], user: str | None) -> tuple[EntityKind, Keys]:
    if user is None:
        watched = list(_watched(graph, kinds))
        if found := [place for place in watched if place is not None]:
            return found[0]
        if watched:
            raise NoSuchPlace
    owner = _owner(graph, user)
    default = {
        "event": (owner.id,),
        "contact": (owner.id, seeds.CONTACTS),
        "toDo": (owner.id, seeds.tasks_list(owner.id)),
        "chatMessage": (seeds.CHAT_ID,),
    }
    return kinds[0], default[kinds[0].noun]


def _watched(graph: "Graph", kinds: tuple[EntityKind, ...]) -> Iterator[tuple[EntityKind, Keys] | None]:
    """The places that live subscriptions name; None for one that does not exist."""
    for row in graph.subscriptions.live():
        for kind in kinds if row.watched.kind.name == kinds[0].event else ():
            keys = _keys(kind, row.watched.path)
            if keys is not None:
                yield (kind, keys) if _exists(graph, kind, keys) else None


def _keys(kind: EntityKind, path: str) -> Keys | None:
    for template in kind.watched:
        pairs = list(zip(template.split("/"), path.split("/"), strict=False))
        if template.count("/") == path.count("/") and all(want in ("{}", have) for want, have in pairs):
            keys = tuple(have for want, have in pairs if want == "{}")
            return (*keys, seeds.CONTACTS) if kind is CONTACT and len(keys) == 1 else keys or None
    return None


def _exists(graph: "Graph", kind: EntityKind, keys: Keys) -> bool:
    try:
        graph.entities.shelf(kind, keys)
    except GraphError:
        return False
    return True


def _content(graph: "Graph", kind: EntityKind) -> dict[str, Any]:
    person = graph.world.changing.choice(graph.world.people)
    title = graph.world.changing.choice(("Analytical Engine", "Compiler review", "Lunch", "Bletchley visit", "Budget"))
    match kind.noun:
        case "event":
            start = graph.world.clock.now() + timedelta(days=graph.world.changing.randint(1, 14))
            times = {name: {"dateTime": f"{at:%Y-%m-%dT%H:00:00}", "timeZone": "UTC"} for name, at in _hour(start)}
            return {"subject": title, "body": {"contentType": "text", "content": title}} | times
        case "contact":
            first, _, last = person.name.partition(" ")
            return {"givenName": first, "surname": last, "jobTitle": title}
        case "toDo":
            return {"title": title}
    return {"body": {"contentType": "text", "content": f"{title}?"}, "from": author(person.id, person.name)}


def _hour(start: Any) -> Iterator[tuple[str, Any]]:
    yield "start", start
    yield "end", start + timedelta(hours=1)


def _change_drive(graph: "Graph", owner: Person, change_type: str, values: Overrides) -> None:
    drive, number = graph.drives.of(owner.id), graph.world.changing.randrange(10**6)
    files = [row for row in drive.children(drive.root) if "size" in row.content]
    name = str(values.get("name") or f"Notes {number}.txt")
    if change_type == "created" or not files:
        graph.drives.create(drive, drive.root, name, data=name.encode(), kind="text/plain")
    elif change_type == "updated":
        graph.drives.write(drive, graph.world.changing.choice(files), name.encode(), "text/plain")
    else:
        graph.drives.delete(drive, graph.world.changing.choice(files))


def _change_group(graph: "Graph", change_type: str, values: Overrides) -> None:
    groups = graph.groups
    if change_type == "updated":
        group = groups.living()[0]
        groups.update(group, dict(values) or {"description": f"Renewed {graph.world.clock.now():%H:%M:%S.%f}"})
        return
    groups.erase(_passing_group(graph))


def _passing_group(graph: "Graph") -> Group:
    """One made for the purpose, that nobody was told of."""
    properties = {"displayName": "Passing", "mailEnabled": False, "mailNickname": "passing", "securityEnabled": True}
    return graph.groups.create(properties, members=[], owners=[], quiet=True)


def _owner(graph: "Graph", user: str | None) -> Person:
    """By alias, id or mail; without a name the first."""
    people = graph.world.people
    if user is None:
        return people[0]
    for person in people:
        if user.lower() in (person.alias, person.id, person.mail):
            return person
    raise ValueError(f"{user}: no such user.")
