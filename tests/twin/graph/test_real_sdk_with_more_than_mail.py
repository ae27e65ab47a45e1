"""The real msgraph-sdk over TLS with groups, calendars, contacts, tasks, drives and chats, and with mail's verbs."""

from datetime import timedelta

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.contact import Contact
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.drive_item import DriveItem
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.event import Event
from msgraph.generated.models.folder import Folder
from msgraph.generated.models.group import Group
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty
from msgraph.generated.models.task_status import TaskStatus
from msgraph.generated.models.todo_task import TodoTask
from msgraph.generated.users.item.calendar_view.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
    CreateReplyPostRequestBody,
)
from msgraph.generated.users.item.messages.item.forward.forward_post_request_body import ForwardPostRequestBody
from msgraph.generated.users.item.messages.item.reply.reply_post_request_body import ReplyPostRequestBody
from msgraph.generated.users.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from sdk_models import assert_known

from twin.graph import seeds

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")  # of the SDK, to itself

OUTBOX_ID = "String {5b7c9e40-3f21-4d0a-9c57-2f8d1a6e4b13} Name outbox"


@pytest.fixture
def people(world):
    return [person.id for person in world.people]


async def rows_of(builder, page, *, link=None):
    """All rows of a round, and its deltaLink."""
    rows = []
    while True:
        assert_known(page)
        rows += page.value
        if page.odata_delta_link:
            return rows, page.odata_delta_link
        page = await builder.with_url(page.odata_next_link).get()


async def again(builder, link):
    return await rows_of(builder, await builder.with_url(link).get())


def to(person):
    return [Recipient(email_address=EmailAddress(address=person.mail))]


async def test_mail_is_written_found_sent_and_answered(graph_client: GraphServiceClient, world, people):
    ada, grace = (graph_client.users.by_user_id(person) for person in people[:2])
    named = [SingleValueLegacyExtendedProperty(id=OUTBOX_ID, value="7")]
    body = ItemBody(content_type=BodyType.Html, content="<b>Hello</b>")
    draft = Message(subject="Engine", body=body, to_recipients=to(world.people[1]))
    draft.single_value_extended_properties = named
    where = f"singleValueExtendedProperties/any(ep: ep/id eq '{OUTBOX_ID}' and ep/value eq '7')"
    query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(
        filter=where, expand=[f"singleValueExtendedProperties($filter=id eq '{OUTBOX_ID}')"]
    )
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')

    made = await ada.messages.post(draft)
    found = await ada.messages.get(configuration)
    await ada.messages.by_message_id(made.id).send.post(configuration)
    sent = await ada.mail_folders.by_mail_folder_id("sentitems").messages.get(configuration)
    (got,) = (await grace.mail_folders.by_mail_folder_id("inbox").messages.get()).value
    answer = await grace.messages.by_message_id(got.id).create_reply.post(CreateReplyPostRequestBody(comment="Yes"))
    await grace.messages.by_message_id(answer.id).patch(Message(subject="RE: RE: Engine"))
    await grace.messages.by_message_id(answer.id).send.post()
    await grace.messages.by_message_id(got.id).reply.post(ReplyPostRequestBody(comment="And more"))
    forwarded = ForwardPostRequestBody(comment="See", to_recipients=to(world.people[2]))
    await grace.messages.by_message_id(got.id).forward.post(forwarded)
    direct = Message(subject="Direct", body=body, to_recipients=to(world.people[0]))
    await grace.send_mail.post(SendMailPostRequestBody(message=direct, save_to_sent_items=False))

    for entity in (made, *found.value, *sent.value, got, answer):
        assert_known(entity)
    assert found.value[0].single_value_extended_properties[0].value == "7"
    assert [row.id for row in found.value] == [row.id for row in sent.value] == [made.id]
    assert {row.subject for row in (await ada.mail_folders.by_mail_folder_id("inbox").messages.get()).value} == {
        "RE: RE: Engine",
        "RE: Engine",
        "Direct",
    }
    (alan,) = (await graph_client.users.by_user_id(people[2]).messages.get()).value
    assert alan.subject == "FW: Engine"


async def test_groups_gain_and_lose_members(graph_client: GraphServiceClient, people):
    wanted = Group(display_name="Engines", mail_enabled=False, mail_nickname="engines", security_enabled=True)
    delta = graph_client.groups.delta

    made = await graph_client.groups.post(wanted)
    group = graph_client.groups.by_group_id(made.id)
    _, link = await rows_of(delta, await delta.get())
    reference = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{people[1]}")
    await group.members.ref.post(reference)
    inner = ReferenceCreate(odata_id=f"https://graph.microsoft.com/v1.0/directoryObjects/{seeds.TEAM_ID}")
    await group.members.ref.post(inner)
    everyone = await group.transitive_members.graph_user.get()
    (came,), link = await again(delta, link)
    with pytest.raises(ODataError):
        await group.members.ref.post(reference)
    await group.members.by_directory_object_id(people[1]).ref.delete()
    (went,), link = await again(delta, link)
    members = await group.members.get()
    await group.patch(Group(description="New"))
    await group.delete()
    (gone,), _ = await again(delta, link)

    assert sorted(user.id for user in everyone.value) == sorted(people)
    assert [str(row["id"]) for row in came.additional_data["members@delta"]] == [people[1], seeds.TEAM_ID]
    (row,) = went.additional_data["members@delta"]
    assert (str(row["id"]), row["@removed"]) == (people[1], {"reason": "deleted"})
    assert [member.id for member in members.value] == [seeds.TEAM_ID]
    assert gone.additional_data["@removed"]["reason"] == "changed"


async def test_a_calendar_is_kept_and_caught_up(graph_client: GraphServiceClient, world, people):
    user, now = graph_client.users.by_user_id(people[0]), world.clock.now()
    start = DateTimeTimeZone(date_time=f"{now:%Y-%m-%dT%H:%M:%S}", time_zone="UTC")
    end = DateTimeTimeZone(date_time=f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}", time_zone="UTC")
    window = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        start_date_time=(now - timedelta(days=1)).isoformat(), end_date_time=(now + timedelta(days=7)).isoformat()
    )
    far = DateTimeTimeZone(date_time=f"{now + timedelta(days=30):%Y-%m-%dT%H:%M:%S}", time_zone="UTC")
    delta = user.calendar_view.delta

    made = await user.events.post(Event(subject="Review", start=start, end=end))
    await user.events.post(Event(subject="Far away", start=far, end=far))
    rows, link = await rows_of(delta, await delta.get(RequestConfiguration(query_parameters=window)))
    changed = await user.events.by_event_id(made.id).patch(Event(subject="Second review"))
    later, link = await again(delta, link)
    await user.events.by_event_id(made.id).patch(Event(start=far, end=far))
    left, link = await again(delta, link)
    await user.events.by_event_id(made.id).delete()
    gone, _ = await again(delta, link)

    for entity in (made, changed, *rows):
        assert_known(entity)
    assert [row.subject for row in rows] == ["Review"]
    assert [row.subject for row in later] == ["Second review"]
    assert [row.additional_data["@removed"]["reason"] for row in (*left, *gone)] == ["deleted", "deleted"]


async def test_contacts_and_tasks_are_kept_and_caught_up(graph_client: GraphServiceClient, people):
    user = graph_client.users.by_user_id(people[0])
    contacts = user.contact_folders.by_contact_folder_id("contacts").contacts.delta
    tasks = user.todo.lists.by_todo_task_list_id(seeds.tasks_list(people[0])).tasks

    charles = await user.contacts.post(Contact(given_name="Charles", surname="Babbage"))
    (first,), contacts_link = await rows_of(contacts, await contacts.get())
    await user.contacts.by_contact_id(charles.id).delete()
    (removed,), _ = await again(contacts, contacts_link)
    task = await tasks.post(TodoTask(title="Punch cards"))
    (listed,), tasks_link = await rows_of(tasks.delta, await tasks.delta.get())
    done = await tasks.by_todo_task_id(task.id).patch(TodoTask(status=TaskStatus.Completed))
    (changed,), _ = await again(tasks.delta, tasks_link)

    for entity in (charles, first, task, listed, done):
        assert_known(entity)
    assert (first.display_name, removed.id) == ("Charles Babbage", charles.id)
    assert removed.additional_data["@removed"]["reason"] == "deleted"
    assert (listed.status, changed.status) == (TaskStatus.NotStarted, TaskStatus.Completed)


async def test_a_drive_is_filled_and_caught_up(graph_client: GraphServiceClient, people):
    own = await graph_client.users.by_user_id(people[0]).drive.get()
    drive = graph_client.drives.by_drive_id(own.id)
    root, delta = drive.items.by_drive_item_id("root"), drive.items.by_drive_item_id("root").delta

    folder = await root.children.post(DriveItem(name="Reports", folder=Folder()))
    file = await drive.items.by_drive_item_id(f"{folder.id}:/May.txt:").content.put(b"Hello")
    rows, link = await rows_of(delta, await delta.get())
    renamed = await drive.items.by_drive_item_id(file.id).patch(DriveItem(name="June.txt"))
    later, link = await again(delta, link)
    await drive.items.by_drive_item_id(folder.id).delete()
    gone, link = await again(delta, link)
    nothing, _ = await again(delta, link)
    latest = await drive.items.by_drive_item_id("root").delta_with_token("latest").get()

    for entity in (own, folder, file, renamed, *rows):
        assert_known(entity)
    assert [row.name for row in rows] == ["root", "Reports", "May.txt"]
    assert (file.size, file.parent_reference.path.endswith("/root:/Reports")) == (5, True)
    assert [row.name for row in later] == ["root", "June.txt"]
    assert {row.id for row in gone if row.deleted} == {folder.id, file.id}
    assert (nothing, latest.value) == ([], [])
    assert latest.odata_delta_link


async def test_chats_and_channels_are_read_by_an_app_and_not_written(graph_client: GraphServiceClient, world, people):
    world.graph.trigger("chatMessage.created", count=3)
    messages = graph_client.chats.by_chat_id(seeds.CHAT_ID).messages
    channel = graph_client.teams.by_team_id(seeds.TEAM_ID).channels.by_channel_id(seeds.CHANNEL_ID)

    chats = await graph_client.users.by_user_id(people[1]).chats.get()
    listed = await messages.get()
    delta, _ = await rows_of(channel.messages.delta, await channel.messages.delta.get())

    for entity in (*chats.value, *listed.value):
        assert_known(entity)
    assert ([chat.topic for chat in chats.value], len(listed.value), delta) == (["Lunch"], 3, [])
    with pytest.raises(ODataError) as refused:
        await messages.post(listed.value[0])
    assert refused.value.response_status_code == 403
