"""What a tenant holds before anybody looks: folders and lists that everybody has, one team, one chat. In no ledger."""

from typing import TYPE_CHECKING

from twin.graph.entity_kinds import CHANNEL, CHAT, CONTACT_FOLDER, TEAM, TODO_LIST
from twin.world import made_up_id

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

TEAM_NAME = "Analytical Society"
TEAM_ID = made_up_id("team")  # also the id of its group
CHANNEL_ID = f"19:{made_up_id('channel').replace('-', '')}@thread.tacv2"
CHAT_ID = f"19:{made_up_id('chat')}@thread.v2"
CONTACTS = "contacts"  # a well-known name that Graph takes for the folder that everybody has


def furnish(graph: "Graph", user_id: str) -> None:
    """A new member's own folders and lists."""
    graph.entities.seed(CONTACT_FOLDER, (user_id,), {"displayName": "Contacts"}, entity_id=CONTACTS)
    tasks = {"displayName": "Tasks", "wellknownListName": "defaultList"}
    graph.entities.seed(TODO_LIST, (user_id,), tasks, entity_id=tasks_list(user_id))


def tasks_list(user_id: str) -> str:
    """The id of the list that everybody has."""
    return f"AAMk{made_up_id(f'tasks/{user_id}').replace('-', '')}AAA="


def found(graph: "Graph") -> None:
    """The group with its team and channel, and the chat of all."""
    people = [person.id for person in graph.world.people]
    group = {
        "displayName": TEAM_NAME,
        "description": "Engines and how to program them",
        "groupTypes": ["Unified"],
        "mail": "society@contoso.example",
        "mailEnabled": True,
        "mailNickname": "society",
        "securityEnabled": False,
        "resourceProvisioningOptions": ["Team"],
        "visibility": "Private",
    }
    graph.groups.seed(TEAM_ID, group, people)
    graph.entities.seed(TEAM, (), {"displayName": TEAM_NAME, "description": group["description"]}, entity_id=TEAM_ID)
    graph.entities.seed(CHANNEL, (TEAM_ID,), {"displayName": "General"}, entity_id=CHANNEL_ID)
    chat = {"chatType": "group", "topic": "Lunch", "members": people}
    graph.entities.seed(CHAT, (), chat, entity_id=CHAT_ID)
