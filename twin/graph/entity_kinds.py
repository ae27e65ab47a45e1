"""The table of simple kinds: where they live, who may touch them, how they look, and what their events name.

Sources: the page of each resource under https://learn.microsoft.com/graph/api/resources/ (event, contact,
contactfolder, todotasklist, todotask, chat, channel, chatmessage) and its methods.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.graph import entity_bodies as bodies
from twin.graph import entity_fields as fields
from twin.graph import entity_views as views
from twin.graph import ids
from twin.graph.entities import Entity, ShelfKey

Keys = tuple[str, ...]  # of the parents, outermost first: (user,), (team, channel)
Render = Callable[[Entity, Keys], dict[str, Any]]
Tidy = Callable[[Mapping[str, Any]], dict[str, Any]]  # what was written, as it is kept; GraphError 400 for nonsense

CALENDARS = ("Calendars.Read", "Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.ReadWrite")
CONTACTS = ("Contacts.Read", "Contacts.ReadWrite")
TASKS = ("Tasks.Read", "Tasks.ReadWrite", "Tasks.Read.All", "Tasks.ReadWrite.All")
CHATS = ("Chat.ReadBasic", "Chat.Read", "Chat.ReadWrite", "Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All")
CHAT_MESSAGES = ("Chat.Read", "Chat.ReadWrite", "Chat.Read.All", "Chat.ReadWrite.All")
CHANNELS = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All")
CHANNEL_MESSAGES = ("ChannelMessage.Read.All",)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKind:
    """One line of the table. `{}` in `path` takes the keys of the parents; a key after `users` is the owner's."""

    noun: str  # as routes of this twin and `pulse trigger` call it: contact, chatMessage
    path: str
    view: Render
    new_id: Callable[[], str] = ids.message_id
    writable: frozenset[str]
    required: tuple[str, ...] = ()
    tidy: Tidy = dict
    read: tuple[str, ...]
    write: tuple[str, ...] = ()  # of these permissions one is enough
    only_people_write: bool = False  # app permissions do not help
    parent: "EntityKind | None" = None
    event: str | None = None  # the name of its subscriptions' kind; None: never announced
    resource: str = ""  # as events and ledger name it, with the keys and then the id put in
    watched: tuple[str, ...] = ()  # paths of the subscriptions that see it
    page: int = 10
    most: int = 1000
    patch_status: int = 200
    removable: bool = True  # by DELETE
    delta: str | None = None  # the path of its delta query
    delta_options: tuple[str, ...] = ("$select",)
    is_outlook: bool = False  # loses sync states as mail does

    def shelf(self, keys: Keys) -> ShelfKey:
        return (self.noun, *keys)

    def resource_of(self, keys: Keys, entity_id: str) -> str:
        return self.resource.format(*keys, entity_id)

    def collection(self, keys: Keys) -> str:
        """users('<id>')/events, as contexts have it."""
        rest = iter(keys)
        parts = self.path.split("/")
        return "/".join(f"('{next(rest)}')" if part == "{}" else part for part in parts).replace("/(", "(")


EVENT = EntityKind(
    noun="event",
    path="users/{}/events",
    view=views.event,
    writable=fields.EVENT_FIELDS,
    required=("start", "end"),
    tidy=bodies.event,
    read=CALENDARS,
    write=("Calendars.ReadWrite",),
    event="Event",
    resource="Users/{}/Events/{}",
    watched=("users/{}/events",),
    delta="users/{}/calendarView/delta",
    delta_options=(),
    is_outlook=True,
)
CONTACT_FOLDER = EntityKind(
    noun="contactFolder",
    path="users/{}/contactFolders",
    view=views.contact_folder,
    writable=frozenset({"displayName", "parentFolderId"}),
    required=("displayName",),
    read=CONTACTS,
    write=("Contacts.ReadWrite",),
)
CONTACT = EntityKind(
    noun="contact",
    path="users/{}/contactFolders/{}/contacts",
    parent=CONTACT_FOLDER,
    view=views.contact,
    writable=fields.CONTACT_FIELDS,
    read=CONTACTS,
    write=("Contacts.ReadWrite",),
    event="Contact",
    resource="Users/{0}/Contacts/{2}",
    watched=("users/{}/contacts", "users/{}/contactfolders/{}/contacts"),
    delta="users/{}/contactFolders/{}/contacts/delta",
    is_outlook=True,
)
TODO_LIST = EntityKind(
    noun="todoList",
    path="users/{}/todo/lists",
    view=views.todo_list,
    writable=frozenset({"displayName"}),
    required=("displayName",),
    read=TASKS,
    write=("Tasks.ReadWrite", "Tasks.ReadWrite.All"),
    page=100,
)
TODO_TASK = EntityKind(
    noun="toDo",
    path="users/{}/todo/lists/{}/tasks",
    parent=TODO_LIST,
    view=views.todo_task,
    writable=fields.TODO_FIELDS,
    required=("title",),
    tidy=bodies.todo_task,
    read=TASKS,
    write=("Tasks.ReadWrite", "Tasks.ReadWrite.All"),
    event="ToDo",
    resource="Users/{}/todo/lists/{}/tasks/{}",
    watched=("users/{}/todo/lists/{}/tasks",),
    page=100,
    delta="users/{}/todo/lists/{}/tasks/delta",
    is_outlook=True,
)
CHAT = EntityKind(
    noun="chat",
    path="chats",
    view=views.chat,
    new_id=lambda: f"19:{ids.guid()}@thread.v2",
    writable=frozenset({"chatType", "members", "topic"}),
    required=("chatType",),
    tidy=bodies.chat,
    read=CHATS,
    write=("Chat.Create", "Chat.ReadWrite", "Chat.ReadWrite.All"),
    event="Chat",
    resource="chats('{}')",
    watched=("chats", "chats/{id}"),
    page=20,
    most=50,
    removable=False,
)
CHAT_MESSAGE = EntityKind(
    noun="chatMessage",
    path="chats/{}/messages",
    parent=CHAT,
    view=views.chat_message,
    new_id=ids.millisecond_id,
    writable=fields.CHAT_MESSAGE_FIELDS,
    required=("body",),
    tidy=bodies.chat_message,
    read=CHAT_MESSAGES,
    write=("ChatMessage.Send", "Chat.ReadWrite"),
    only_people_write=True,
    event="ChatMessage",
    resource="chats('{}')/messages('{}')",
    watched=("chats/{}/messages", "chats/getallmessages"),
    page=20,
    most=50,
    patch_status=204,
    removable=False,
)
TEAM = EntityKind(
    noun="team",
    path="teams",
    view=views.team,
    new_id=ids.guid,
    writable=frozenset({"displayName", "description"}),
    read=("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All"),
    event="Team",
    resource="teams('{}')",
    watched=("teams", "teams/{id}"),
    removable=False,
)
CHANNEL = EntityKind(
    noun="channel",
    path="teams/{}/channels",
    parent=TEAM,
    view=views.channel,
    new_id=lambda: f"19:{ids.guid().replace('-', '')}@thread.tacv2",
    writable=frozenset({"displayName", "description", "membershipType"}),
    required=("displayName",),
    read=CHANNELS,
    write=("Channel.Create", "ChannelSettings.ReadWrite.All"),
    event="Channel",
    resource="teams('{}')/channels('{}')",
    watched=("teams/{}/channels", "teams/getallchannels"),
    page=1000,
    patch_status=204,
)
CHANNEL_MESSAGE = EntityKind(
    noun="channelMessage",
    path="teams/{}/channels/{}/messages",
    parent=CHANNEL,
    view=views.chat_message,
    new_id=ids.millisecond_id,
    writable=fields.CHAT_MESSAGE_FIELDS,
    required=("body",),
    tidy=bodies.chat_message,
    read=CHANNEL_MESSAGES,
    write=("ChannelMessage.Send",),
    only_people_write=True,
    event="ChatMessage",
    resource="teams('{}')/channels('{}')/messages('{}')",
    watched=("teams/{}/channels/{}/messages", "teams/getallmessages"),
    page=20,
    most=50,
    patch_status=204,
    removable=False,
    delta="teams/{}/channels/{}/messages/delta",
    delta_options=("$top",),
)

ENTITY_KINDS = (
    EVENT,
    CONTACT_FOLDER,
    CONTACT,
    TODO_LIST,
    TODO_TASK,
    CHAT,
    CHAT_MESSAGE,
    TEAM,
    CHANNEL,
    CHANNEL_MESSAGE,
)
