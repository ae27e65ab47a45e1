"""What chats and teams have beside the five calls: whose they are, their members, and soft deletion.

https://learn.microsoft.com/graph/api/resources/chat and .../chatmessage-softdelete
"""

from typing import TYPE_CHECKING, Any

from twin.graph.callers import demand
from twin.graph.calls import Answer, Call, Routes
from twin.graph.entity_access import may_change, may_read
from twin.graph.entity_kinds import CHANNEL_MESSAGE, CHAT, CHAT_MESSAGE, CHATS, TEAM, EntityKind, Keys
from twin.graph.odata import collection, refuse_options

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()


@routes("GET", "chats")
def own_chats(graph: "Graph", call: Call) -> Answer:
    """Of the signed-in user; an app without one sees all."""
    demand(call.caller, CHATS)
    return _chats(graph, call, call.caller.object_id if call.caller.delegated else None)


@routes("GET", "users/{}/chats")
def chats_of(graph: "Graph", call: Call, user_id: str) -> Answer:
    user = graph.directory.get(user_id)
    demand(call.caller, CHATS, mailbox=user.id)
    return _chats(graph, call, user.id)


@routes("GET", "chats/{}/members")
def members(graph: "Graph", call: Call, chat_id: str) -> Answer:
    may_read(graph, call, CHAT, (), own=chat_id)
    people = [graph.directory.users[user] for user in graph.entities.members(chat_id) if user in graph.directory.users]

    def render(user: Any) -> dict[str, Any]:
        return {
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "id": f"{chat_id}##{user.id}",
            "roles": ["owner"],
            "displayName": user.properties["displayName"],
            "userId": user.id,
            "email": user.properties.get("mail"),
            "tenantId": graph.world.tenant_id,
        }

    return collection(call, f"chats('{chat_id}')/members", people, render=render, default=100, most=999)


@routes("GET", "users/{}/joinedTeams")
def joined_teams(graph: "Graph", call: Call, user_id: str) -> Answer:
    """A team's members are those of the group that it belongs to."""
    user = graph.directory.get(user_id)
    demand(call.caller, TEAM.read, mailbox=user.id)
    rows = [row for row in graph.entities.shelf(TEAM, ()).rows.values() if user.id in graph.groups.people_in(row.id)]
    return collection(call, "teams", rows, render=lambda row: TEAM.view(row, ()), default=100, most=999)


@routes("POST", "users/{}/chats/{}/messages/{}/softDelete")
def delete_in_chat(graph: "Graph", call: Call, _: str, *keys: str) -> Answer:
    return _soft_delete(graph, call, CHAT_MESSAGE, keys)


@routes("POST", "teams/{}/channels/{}/messages/{}/softDelete")
def delete_in_channel(graph: "Graph", call: Call, *keys: str) -> Answer:
    return _soft_delete(graph, call, CHANNEL_MESSAGE, keys)


def _soft_delete(graph: "Graph", call: Call, kind: EntityKind, keys: Keys) -> Answer:
    parents = may_change(graph, call, kind, keys[:-1], own=keys[-1])
    graph.entities.soft_delete(kind, parents, graph.entities.get(kind, parents, keys[-1]))
    return Answer(204)


def _chats(graph: "Graph", call: Call, user_id: str | None) -> Answer:
    refuse_options(call, ("$top", "$skip", "$select"))
    rows = [
        row
        for row in graph.entities.shelf(CHAT, ()).rows.values()
        if user_id is None or user_id in row.content.get("members", ())
    ]
    return collection(call, "chats", rows, render=lambda row: CHAT.view(row, ()), default=20, most=50)
