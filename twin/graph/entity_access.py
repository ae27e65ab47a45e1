"""Who may reach an entity of a simple kind: permissions, one's own mailbox, the members of a chat."""

from typing import TYPE_CHECKING

from twin.graph.callers import demand
from twin.graph.calls import Call
from twin.graph.entity_kinds import CHANNEL_MESSAGE, CHAT, CHAT_MESSAGE, EntityKind, Keys
from twin.graph.errors import GraphError, denied

if TYPE_CHECKING:
    from twin.graph.tenant import Graph


def may_read(graph: "Graph", call: Call, kind: EntityKind, keys: Keys, *, own: str | None = None) -> Keys:
    """The keys, with the user's id where a name was. `own` is the key of the entity itself. GraphError 403 or 404."""
    return _reached(graph, call, kind, keys, own, kind.read)


def may_change(graph: "Graph", call: Call, kind: EntityKind, keys: Keys, *, own: str | None = None) -> Keys:
    """The same for writing. Of what people write, only they themselves may change it."""
    if kind.only_people_write and not call.caller.delegated:
        raise denied()
    keys = _reached(graph, call, kind, keys, own, kind.write)
    if own is not None and kind in (CHAT_MESSAGE, CHANNEL_MESSAGE):
        author = graph.entities.get(kind, keys, own).content.get("from") or {}
        if (author.get("user") or {}).get("id") != call.caller.object_id:
            raise GraphError(403, "Forbidden", "Only the author can change a message.")
    return keys


def _reached(
    graph: "Graph", call: Call, kind: EntityKind, keys: Keys, own: str | None, permissions: tuple[str, ...]
) -> Keys:
    demand(call.caller, permissions)
    if kind.path.startswith("users/"):
        user = graph.directory.get(keys[0])
        demand(call.caller, permissions, mailbox=user.id)
        return (user.id, *keys[1:])
    chat = own if kind is CHAT else keys[0] if kind is CHAT_MESSAGE else None
    if chat and call.caller.delegated and call.caller.object_id not in graph.entities.members(chat):
        raise GraphError(403, "Forbidden", "The caller is not a member of the chat.")
    return keys
