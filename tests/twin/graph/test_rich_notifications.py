"""Resource data: https://learn.microsoft.com/graph/change-notifications-with-resource-data (2026-04)."""

import base64
import hmac
import json

import jwt
import pytest
from cryptography import x509
from graph_builders import TOPIC, in_minutes
from key_holder import SHA1, new_holder

from twin.entra.tokens import GRAPH_CHANGE_TRACKING
from twin.graph.rich_content import encrypt


async def test_a_change_carries_the_selected_properties_for_the_holder_of_the_key_alone(
    call, world, receiver, holder, rich_body
):
    row = (await call("POST", "/subscriptions", rich_body)).json()

    world.graph.trigger("message.created", user="ada", set={"subject": "Hello"})
    await world.graph.webhooks.settled()

    (item,) = receiver.items
    content = item["encryptedContent"]
    (message,) = world.graph.mailbox(world.people[0].id).messages.values()
    assert row["includeResourceData"] is True
    assert content["encryptionCertificateId"] == "cert-1"
    assert content["encryptionCertificateThumbprint"] == x509.load_der_x509_certificate(
        holder.certificate
    ).fingerprint(SHA1).hex().upper()  # fmt: skip
    assert holder.open(content)[1] == {
        "@odata.type": "#Microsoft.Graph.Message",
        "@odata.etag": message.etag,
        "id": message.id,
        "subject": "Hello",
        "isRead": False,
    }
    assert "Hello" not in json.dumps(receiver.bodies)


def test_the_cipher_is_the_documented_one():
    """A vector made and decrypted apart from this code."""
    key = bytes(range(32))
    plain = b'{"subject": "TEST", "importance": "normal", "receivedDateTime": "2026-06-16T11:15:40Z"}'

    data = encrypt(key, plain)

    assert base64.b64encode(data).decode() == (
        "tUloRFfk8EdWlgQ8UliNBVr0anPOkEubLVbNE4BmTTmXL3yw02bExUTPP6tdaOD4"
        "Fz/C0ELMd2VsjuQMV2hJsO88aGfmb/CdNGOT9EysIEvkd/9eBU6qe1Z1zBfLj2xm"
    )
    assert base64.b64encode(hmac.digest(key, data, "sha256")) == b"hdS2s6NDgip1CnPtR6YvjIqF/RX0rUx541eZqweVB40="


async def test_each_item_has_a_key_of_its_own(call, world, receiver, holder, rich_body):
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.created", user="ada", count=3)
    await world.graph.webhooks.settled()

    keys = {holder.open(item["encryptedContent"])[0] for item in receiver.items}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


async def test_a_deleted_item_has_no_content_but_what_names_it(call, world, receiver, holder, rich_body):
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.deleted", user="ada")
    await world.graph.webhooks.settled()

    assert set(holder.open(receiver.items[-1]["encryptedContent"])[1]) == {"@odata.type", "@odata.etag", "id"}


@pytest.mark.parametrize(
    ("form", "caller", "issuer"),
    [("v2", "azp", "https://login.microsoftonline.com/{}/v2.0"), ("v1", "appid", "https://sts.windows.net/{}/")],
)
async def test_graph_proves_itself_by_a_token_for_the_app(call, world, receiver, rich_body, form, caller, issuer):
    world.switches.validation_tokens = form
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.created", user="ada", count=3)
    await world.graph.webhooks.settled()

    (posted,) = receiver.bodies
    (validation_token,) = posted["validationTokens"]
    claims = world.entra.verify(validation_token, world.app_id)
    assert (claims["aud"], claims[caller]) == (world.app_id, GRAPH_CHANGE_TRACKING)
    assert (claims["iss"], claims["tid"]) == (issuer.format(world.tenant_id), world.tenant_id)


async def test_without_a_role_at_the_app_the_tokens_are_null(call, world, receiver, rich_body):
    world.switches.validation_tokens = "none"
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.created", user="ada")
    await world.graph.webhooks.settled()

    assert receiver.bodies[0]["validationTokens"] is None


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("other_audience", jwt.InvalidAudienceError),
        ("bad_signature", jwt.InvalidSignatureError),
    ],
)
async def test_tokens_can_be_such_as_nobody_may_believe(call, world, receiver, rich_body, form, fault):
    world.switches.validation_tokens = form
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.created", user="ada")
    await world.graph.webhooks.settled()

    with pytest.raises(fault):
        world.entra.verify(receiver.bodies[0]["validationTokens"][0], world.app_id)


async def test_a_token_can_come_from_another_caller(call, world, receiver, rich_body):
    world.switches.validation_tokens = "other_caller"
    await call("POST", "/subscriptions", rich_body)

    world.graph.trigger("message.created", user="ada")
    await world.graph.webhooks.settled()

    claims = world.entra.verify(receiver.bodies[0]["validationTokens"][0], world.app_id)
    assert claims["azp"] != GRAPH_CHANGE_TRACKING


async def test_chat_messages_need_no_select_and_live_as_long_as_ever(call, world, receiver, holder, rich_body):
    rich_body |= {"resource": "chats/19:x/messages", "expirationDateTime": in_minutes(world, 4_300)}
    row = (await call("POST", "/subscriptions", rich_body)).json()

    world.graph.fixture("chatMessage.created")
    await world.graph.webhooks.settled()

    (item,) = receiver.items
    assert item["subscriptionId"] == row["id"]
    assert holder.open(item["encryptedContent"])[1]["id"] == item["resourceData"]["id"]


async def test_a_new_certificate_comes_with_a_new_expiry(call, world, receiver, rich_body):
    path = f"/subscriptions/{(await call('POST', '/subscriptions', rich_body)).json()['id']}"
    newer = new_holder()
    fields = {"encryptionCertificate": newer.fields["encryptionCertificate"], "encryptionCertificateId": "cert-2"}

    alone = await call("PATCH", path, fields | {"notificationUrl": rich_body["notificationUrl"]})
    halved = await call("PATCH", path, {"expirationDateTime": in_minutes(world, 99), "encryptionCertificateId": "c"})
    renewed = await call("PATCH", path, fields | {"expirationDateTime": in_minutes(world, 99)})
    world.graph.trigger("message.created", user="ada")
    await world.graph.webhooks.settled()

    assert (alone.status_code, halved.status_code, renewed.status_code) == (400, 400, 200)
    assert renewed.json()["encryptionCertificateId"] == "cert-2"
    assert newer.open(receiver.items[0]["encryptedContent"])


async def test_the_certificate_is_not_shown_again(call, rich_body):
    row = (await call("POST", "/subscriptions", rich_body)).json()
    got = (await call("GET", f"/subscriptions/{row['id']}")).json()

    assert row["encryptionCertificate"] == rich_body["encryptionCertificate"]
    assert (got["encryptionCertificate"], got["encryptionCertificateId"]) == (None, "cert-1")


@pytest.mark.parametrize(
    ("form", "status", "more"),
    [
        ("refused", 400, set()),
        ("plain", 201, set()),
        ("encrypted", 201, {"encryptedContent"}),
        ("with_tokens", 201, {"encryptedContent", "validationTokens"}),
    ],
)
async def test_what_becomes_of_resource_data_over_event_grid_is_a_switch(
    call, world, event_grid, holder, rich_body, form, status, more
):
    """Nothing is documented: https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events."""
    world.switches.rich_over_event_grid = form
    answer = await call(
        "POST", "/subscriptions", rich_body | {"notificationUrl": TOPIC, "lifecycleNotificationUrl": TOPIC}
    )

    world.graph.trigger("message.created", user="ada", set={"subject": "Hello"})

    assert answer.status_code == status
    for event in event_grid.events:
        assert event["data"].keys() & {"encryptedContent", "validationTokens"} == more
        if more:
            assert holder.open(event["data"]["encryptedContent"])[1]["subject"] == "Hello"
    assert len(event_grid.events) == (status == 201)
