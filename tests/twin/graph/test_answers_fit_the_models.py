"""Every answer of the Graph half, against the types of msgraph-sdk's models: nothing unknown, nothing mistyped."""

import pytest
from graph_builders import bearer, delegated_token, subscription
from msgraph.generated.models.channel_collection_response import ChannelCollectionResponse
from msgraph.generated.models.chat import Chat
from msgraph.generated.models.chat_collection_response import ChatCollectionResponse
from msgraph.generated.models.chat_message import ChatMessage
from msgraph.generated.models.chat_message_collection_response import ChatMessageCollectionResponse
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.contact_collection_response import ContactCollectionResponse
from msgraph.generated.models.contact_folder_collection_response import ContactFolderCollectionResponse
from msgraph.generated.models.conversation_member_collection_response import ConversationMemberCollectionResponse
from msgraph.generated.models.directory_object_collection_response import DirectoryObjectCollectionResponse
from msgraph.generated.models.drive import Drive
from msgraph.generated.models.drive_item import DriveItem
from msgraph.generated.models.drive_item_collection_response import DriveItemCollectionResponse
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_collection_response import EventCollectionResponse
from msgraph.generated.models.group import Group
from msgraph.generated.models.group_collection_response import GroupCollectionResponse
from msgraph.generated.models.mail_folder import MailFolder
from msgraph.generated.models.mail_folder_collection_response import MailFolderCollectionResponse
from msgraph.generated.models.message import Message
from msgraph.generated.models.message_collection_response import MessageCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription_collection_response import SubscriptionCollectionResponse
from msgraph.generated.models.team import Team
from msgraph.generated.models.team_collection_response import TeamCollectionResponse
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.models.todo_task_collection_response import TodoTaskCollectionResponse
from msgraph.generated.models.todo_task_list import TodoTaskList
from msgraph.generated.models.todo_task_list_collection_response import TodoTaskListCollectionResponse
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from sdk_models import assert_fits

from twin.graph import seeds
from twin.graph.entity_kinds import CHANNEL_MESSAGE

WINDOW = "startDateTime=2020-01-01T00:00:00Z&endDateTime=2120-01-01T00:00:00Z"
SCOPES = "Mail.ReadWrite Mail.Send Chat.ReadWrite Chat.Create ChannelMessage.Send ChannelMessage.Read.All User.Read"
TWO_DAYS = {
    "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/London"},
    "end": {"dateTime": "2026-12-03T10:00:00", "timeZone": "UTC"},
}


@pytest.fixture
def me(call, world):
    headers = bearer(delegated_token(world, "ada", scopes=SCOPES))
    return lambda method, path, json=None: call(method, path, json, headers=headers)


@pytest.fixture
def paths(world):
    ada = world.people[0].id
    team, channel, chat = seeds.TEAM_ID, seeds.CHANNEL_ID, seeds.CHAT_ID
    return {
        "ada": ada,
        "tasks": f"/users/{ada}/todo/lists/{seeds.tasks_list(ada)}/tasks",
        "chat": f"/chats/{chat}",
        "team": f"/teams/{team}",
        "group": f"/groups/{team}",
        "channel": f"/teams/{team}/channels/{channel}",
        "drive": f"/drives/{world.graph.drives.of(ada).id}",
    }


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/users", UserCollectionResponse),
        ("/users/{ada}", User),
        ("/users/delta", UserCollectionResponse),
        ("/groups", GroupCollectionResponse),
        ("{group}", Group),
        ("{group}/members", DirectoryObjectCollectionResponse),
        ("{group}/owners", DirectoryObjectCollectionResponse),
        ("{group}/transitiveMembers", DirectoryObjectCollectionResponse),
        ("{group}/transitiveMembers/graph.user", UserCollectionResponse),
        ("/groups/delta", GroupCollectionResponse),
        ("/users/{ada}/mailFolders", MailFolderCollectionResponse),
        ("/users/{ada}/mailFolders/inbox", MailFolder),
        ("/users/{ada}/messages", MessageCollectionResponse),
        ("/users/{ada}/mailFolders/inbox/messages", MessageCollectionResponse),
        ("/users/{ada}/mailFolders/inbox/messages/delta", MessageCollectionResponse),
        ("/users/{ada}/events", EventCollectionResponse),
        (f"/users/{{ada}}/calendarView?{WINDOW}", EventCollectionResponse),
        (f"/users/{{ada}}/calendarView/delta?{WINDOW}", EventCollectionResponse),
        ("/users/{ada}/contactFolders", ContactFolderCollectionResponse),
        ("/users/{ada}/contacts", ContactCollectionResponse),
        ("/users/{ada}/contactFolders/contacts/contacts/delta", ContactCollectionResponse),
        ("/users/{ada}/todo/lists", TodoTaskListCollectionResponse),
        ("{tasks}", TodoTaskCollectionResponse),
        ("{tasks}/delta", TodoTaskCollectionResponse),
        ("/users/{ada}/chats", ChatCollectionResponse),
        ("{chat}", Chat),
        ("{chat}/members", ConversationMemberCollectionResponse),
        ("{chat}/messages", ChatMessageCollectionResponse),
        ("{team}", Team),
        ("/users/{ada}/joinedTeams", TeamCollectionResponse),
        ("{team}/channels", ChannelCollectionResponse),
        ("{channel}/messages", ChatMessageCollectionResponse),
        ("{channel}/messages/delta", ChatMessageCollectionResponse),
        ("{drive}", Drive),
        ("{drive}/root", DriveItem),
        ("{drive}/root/children", DriveItemCollectionResponse),
        ("{drive}/root/delta", DriveItemCollectionResponse),
        ("/subscriptions", SubscriptionCollectionResponse),
        ("/users/nobody", ODataError),
        ("/users/{ada}/messages/x", ODataError),
        ("{drive}/items/x", ODataError),
    ],
)
async def test_what_is_read(call, world, paths, path, model):
    world.switches.empty_delta_pages = False
    await call("POST", "/subscriptions", subscription(world))
    for kind in ("message", "event", "contact", "toDo", "chatMessage", "driveItem"):
        world.graph.trigger(f"{kind}.created")
    world.graph.entities.create(*_channel_message(world))

    answer = (await call("GET", path.format(**paths))).json()

    assert_fits(answer, model)
    assert answer.get("value", [0])[:1] != [] or path.endswith("owners")


def _channel_message(world):
    content = {"body": {"contentType": "text", "content": "Hello"}}
    return CHANNEL_MESSAGE, (seeds.TEAM_ID, seeds.CHANNEL_ID), content


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/users", {"displayName": "Mary", "userPrincipalName": "mary@contoso.example"}, User),
        (
            "/groups",
            {"displayName": "G", "mailEnabled": False, "mailNickname": "g", "securityEnabled": True},
            Group,
        ),
        ("/users/{ada}/messages", {"subject": "x"}, Message),
        ("/users/{ada}/events", TWO_DAYS | {"subject": "x"}, Event),
        ("/users/{ada}/contacts", {"givenName": "Charles", "emailAddresses": [{"address": "c@x.example"}]}, Contact),
        ("/users/{ada}/todo/lists", {"displayName": "Engine"}, TodoTaskList),
        ("{tasks}", {"title": "x", "dueDateTime": TWO_DAYS["end"]}, TodoTask),
        ("{drive}/root/children", {"name": "Reports", "folder": {}}, DriveItem),
    ],
)
async def test_what_is_created_and_changed_by_an_app(call, paths, path, body, model):
    path = path.format(**paths)

    created = await call("POST", path, body)
    item = path.replace("/root/children", "/items") + f"/{created.json()['id']}"
    name = next(name for name in body if name not in ("folder", "mailEnabled"))
    changed = await call("PATCH", item, {name: body[name]})

    assert (created.status_code, changed.status_code) in ((201, 200), (201, 204))
    assert_fits(created.json(), model)
    if changed.content:
        assert_fits(changed.json(), model)
    assert (await call("DELETE", item)).status_code == 204
    assert (await call("GET", item)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("{chat}/messages", {"body": {"content": "Hello"}}, ChatMessage),
        ("{channel}/messages", {"subject": "s", "body": {"contentType": "html", "content": "<b>x</b>"}}, ChatMessage),
        ("/chats", {"chatType": "oneOnOne", "members": [{"user@odata.bind": "https://x/v1.0/users('{ada}')"}]}, Chat),
    ],
)
async def test_what_a_person_writes(me, paths, path, body, model):
    for member in body.get("members", ()):
        member["user@odata.bind"] = member["user@odata.bind"].format(**paths)

    created = await me("POST", path.format(**paths), body)

    assert created.status_code == 201, created.text
    assert_fits(created.json(), model)


@pytest.mark.parametrize("action", ["createReply", "createReplyAll", "createForward"])
async def test_drafted_answers(call, world, paths, action):
    world.graph.trigger("message.created", user="ada")
    (message,) = (await call("GET", f"/users/{paths['ada']}/messages")).json()["value"]

    answer = await call("POST", f"/users/{paths['ada']}/messages/{message['id']}/{action}")

    assert answer.status_code == 201
    assert_fits(answer.json(), Message)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [({"colour": "red"}, "colour"), ({"isRead": "yes"}, "isRead"), ({"importance": "huge"}, "importance")],
)
def test_the_check_sees_what_does_not_fit(answer, fault):
    with pytest.raises(AssertionError, match=fault):
        assert_fits(answer, Message)
