"""The real msgraph-sdk over TLS: it must understand every answer, with no property that its models do not know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graph_builders import TOPIC
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.subscription import Subscription
from msgraph.generated.models.user import User
from msgraph.generated.users.item.mail_folders.item.messages.messages_request_builder import MessagesRequestBuilder
from msgraph.generated.users.item.messages.item.move.move_post_request_body import MovePostRequestBody
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from sdk_models import assert_known

pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")  # of the SDK, to itself


def wanted(world, **changes: Any) -> Subscription:
    values = {
        "resource": "users",
        "change_type": "updated,deleted",
        "notification_url": TOPIC,
        "lifecycle_notification_url": TOPIC,
        "expiration_date_time": world.clock.now() + timedelta(days=3),
        "client_state": "a-client-state",
    }
    return Subscription(**values | changes)


async def test_a_subscription_lives_and_dies_through_the_sdk(graph_client: GraphServiceClient, world):
    created = await graph_client.subscriptions.post(wanted(world))
    item = graph_client.subscriptions.by_subscription_id(created.id)
    later = world.clock.now() + timedelta(days=9)

    got = await item.get()
    listed = await graph_client.subscriptions.get()
    renewed = await item.patch(Subscription(expiration_date_time=later))
    await item.reauthorize.post()
    await item.delete()

    for entity in (created, got, listed, *listed.value, renewed):
        assert_known(entity)
    assert (created.client_state, got.client_state) == ("a-client-state", None)
    assert [row.id for row in listed.value] == [created.id]
    assert abs(renewed.expiration_date_time - later) < timedelta(seconds=1)
    assert renewed.expiration_date_time.tzinfo is not None
    with pytest.raises(ODataError) as gone:
        await item.get()
    assert (gone.value.response_status_code, gone.value.error.code) == (404, "ResourceNotFound")
    assert gone.value.error.inner_error.request_id


async def test_a_conflict_arrives_as_an_odata_error_with_the_id(graph_client: GraphServiceClient, world):
    created = await graph_client.subscriptions.post(wanted(world))

    with pytest.raises(ODataError) as conflict:
        await graph_client.subscriptions.post(wanted(world))

    assert conflict.value.response_status_code == 409
    assert conflict.value.error.code == "ObjectIdentifierInUse"
    assert created.id in conflict.value.error.message


async def test_throttling_arrives_with_its_wait(graph_client: GraphServiceClient):
    for _ in range(25):
        await graph_client.subscriptions.get()

    with pytest.raises(ODataError) as throttled:
        await graph_client.subscriptions.get()

    assert throttled.value.response_status_code == 429
    assert "retry-after" in {name.lower() for name in throttled.value.response_headers}


async def test_users_are_understood(graph_client: GraphServiceClient, ada):
    listed = await graph_client.users.get()
    await graph_client.users.by_user_id(ada).patch(User(job_title="Countess"))
    one = await graph_client.users.by_user_id(ada).get()

    for entity in (listed, *listed.value, one):
        assert_known(entity)
    assert one.job_title == "Countess"
    assert isinstance(listed.value[0], User)


async def test_mail_is_understood(graph_client: GraphServiceClient, world, ada):
    user = graph_client.users.by_user_id(ada)
    draft = Message(subject="Hello", body=ItemBody(content_type=BodyType.Text, content="there"))

    folders = await user.mail_folders.get()
    made = await user.mail_folders.by_mail_folder_id("inbox").messages.post(draft)
    read = await user.messages.by_message_id(made.id).patch(Message(is_read=True))
    moved = await user.messages.by_message_id(made.id).move.post(MovePostRequestBody(destination_id="archive"))
    listed = await user.messages.get()
    world.graph.trigger("message.created", user="ada")
    arrived = await user.mail_folders.by_mail_folder_id("inbox").messages.get()
    await user.messages.by_message_id(moved.id).delete()

    for entity in (folders, *folders.value, made, read, moved, listed, *listed.value, *arrived.value):
        assert_known(entity)
    assert (made.subject, read.is_read, moved.parent_folder_id) == ("Hello", True, folders.value[3].id)
    assert made.received_date_time.tzinfo is not None
    assert arrived.value[0].from_.email_address.address.endswith("@contoso.example")


async def test_preferences_and_query_parameters_of_the_sdk_are_read(graph_client: GraphServiceClient, world, ada):
    world.graph.trigger("message.created", user="ada", count=3)
    query = MessagesRequestBuilder.MessagesRequestBuilderGetQueryParameters(select=["subject"], top=2)
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("Prefer", 'IdType="ImmutableId"')
    messages = graph_client.users.by_user_id(ada).mail_folders.by_mail_folder_id("inbox").messages

    first = await messages.get(configuration)
    second = await messages.with_url(first.odata_next_link).get()

    assert [len(page.value) for page in (first, second)] == [2, 1]
    assert first.value[0].subject
    assert first.value[0].body is None


async def test_delta_of_messages_is_followed_by_its_links(graph_client: GraphServiceClient, world, ada):
    world.graph.trigger("message.created", user="ada", count=12)
    delta = graph_client.users.by_user_id(ada).mail_folders.by_mail_folder_id("inbox").messages.delta

    page = await delta.get()
    rows = list(page.value)
    while page.odata_next_link:
        page = await delta.with_url(page.odata_next_link).get()
        rows += page.value
    await graph_client.users.by_user_id(ada).messages.by_message_id(rows[0].id).delete()
    later = await delta.with_url(page.odata_delta_link).get()
    while not later.value:
        later = await delta.with_url(later.odata_next_link).get()

    for row in rows:
        assert_known(row)
    assert len({row.id for row in rows}) == 12
    assert rows[0].additional_data["@odata.etag"].startswith('W/"')
    assert later.value[0].id == rows[0].id
    assert later.value[0].additional_data["@removed"]["reason"] == "deleted"


async def test_delta_of_users_is_followed_by_its_links(graph_client: GraphServiceClient, world):
    world.switches.empty_delta_pages = False

    page = await graph_client.users.delta.get()
    world.graph.trigger("user.updated", user="grace")
    later = await graph_client.users.delta.with_url(page.odata_delta_link).get()

    assert [user.id for user in page.value] == [person.id for person in world.people]
    assert [user.id for user in later.value] == [world.people[1].id]
    for user in later.value:
        assert_known(user)


async def test_a_batch_of_the_sdk_renews_subscriptions(graph_client: GraphServiceClient, world):
    """msgraph-core 1.5.2: item urls become absolute once the client was used, and bodies of answers are always None."""
    row = await graph_client.subscriptions.post(wanted(world))
    later = datetime.now(UTC) + timedelta(days=20)
    content = BatchRequestContent()
    for key, subscription_id in (("known", row.id), ("unknown", "x"), ("absolute", row.id)):
        builder = graph_client.subscriptions.by_subscription_id(subscription_id)
        change = builder.to_patch_request_information(Subscription(expiration_date_time=later))
        item = BatchRequestItem(change, key)
        if key != "absolute":
            item.url = item.url.removeprefix(graph_client.request_adapter.base_url)
        content.add_request(key, item)

    answers = await graph_client.batch.post(content)

    assert answers.get_response_status_codes() == {"known": 200, "unknown": 404, "absolute": 400}
    renewed = await graph_client.subscriptions.by_subscription_id(row.id).get()
    assert renewed.expiration_date_time == later
