from datetime import datetime, timedelta

import pytest
from graph_builders import (
    OTHER_TOPIC,
    TOPIC,
    bearer,
    delegated_token,
    in_minutes,
    subscription,
    token,
    users_subscription,
)

from twin.event_grid.refusal import Refused


async def test_creating_echoes_the_client_state_and_makes_the_partner_topic(call, world, event_grid):
    answer = await call("POST", "/subscriptions", subscription(world))

    assert answer.status_code == 201
    assert answer.json()["clientState"] == "a-client-state"
    assert answer.json()["applicationId"] == world.app_id
    assert event_grid.topics == [(TOPIC, f"/tenants/{world.tenant_id}/applications/{world.app_id}")]


async def test_client_state_is_null_on_get_list_and_patch(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    got = await call("GET", f"/subscriptions/{row['id']}")
    listed = await call("GET", "/subscriptions")
    patched = await call("PATCH", f"/subscriptions/{row['id']}", {"expirationDateTime": in_minutes(world, 90)})

    assert got.json()["clientState"] is None
    assert [item["clientState"] for item in listed.json()["value"]] == [None]
    assert patched.json()["clientState"] is None


async def test_an_expiry_below_45_minutes_is_raised_to_45(call, world):
    before = world.clock.now()

    row = (await call("POST", "/subscriptions", subscription(world, expirationDateTime=in_minutes(world, 5)))).json()

    expires = datetime.fromisoformat(row["expirationDateTime"])
    assert timedelta(minutes=45) <= expires - before < timedelta(minutes=46)


@pytest.mark.parametrize(("resource", "minutes"), [("users", 41_760), ("me/messages", 0), ("groups", 41_760)])
async def test_an_expiry_above_the_cap_is_refused_with_the_number_of_minutes(call, world, resource, minutes):
    resource = resource.replace("me/", f"users/{world.people[0].id}/")
    cap = minutes or world.switches.outlook_cap_minutes
    body = subscription(world, resource=resource, changeType="updated", expirationDateTime=in_minutes(world, cap + 1))

    answer = await call("POST", "/subscriptions", body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ExtensionError"
    assert answer.json()["error"]["message"] == f"Subscription expiration can only be {cap} minutes in the future."


async def test_the_outlook_cap_is_a_switch(call, world):
    world.switches.outlook_cap_minutes = 10_080

    answer = await call("POST", "/subscriptions", subscription(world, expirationDateTime=in_minutes(world, 10_075)))

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"clientState": "x" * 129},
        {"changeType": "created,renamed"},
        {"changeType": "created,created"},
        {"changeType": ""},
        {"resource": "unheard/of"},
        {"resource": "chats"},  # not in the Event Grid table
        {"notificationUrl": "EventGrid:?resourcegroup=rg&partnertopic=pulse&location=westeurope"},
        {"notificationUrl": TOPIC.replace("westeurope", "West Europe")},
        {"notificationUrl": TOPIC.replace("5F0C7D3E", "not-a-guid")},
        {"notificationUrl": TOPIC.replace("=pulse", "=p")},
        {"lifecycleNotificationUrl": OTHER_TOPIC},
        {"expirationDateTime": "tomorrow"},
        {"expirationDateTime": "2030-01-01T00:00:00"},
        {"vapidPublicKey": "x"},
        {"includeResourceData": True, "encryptionCertificate": "x", "encryptionCertificateId": "y"},
        {"colour": "red"},
        {"latestSupportedTlsVersion": "v9"},
    ],
    ids=lambda changes: ",".join(f"{name}={str(value)[:24]}" for name, value in changes.items()),
)
async def test_a_malformed_subscription_is_refused_with_400(call, world, event_grid, changes):
    answer = await call("POST", "/subscriptions", subscription(world, **changes))

    assert answer.status_code == 400, answer.text
    assert event_grid.topics == []


@pytest.mark.parametrize("missing", ["resource", "changeType", "notificationUrl", "expirationDateTime"])
async def test_each_required_property_is_asked_for(call, world, missing):
    answer = await call("POST", "/subscriptions", subscription(world, **{missing: None}))

    assert answer.status_code == 400
    assert missing in answer.json()["error"]["message"]


async def test_client_state_of_128_characters_is_taken(call, world):
    assert (await call("POST", "/subscriptions", subscription(world, clientState="x" * 128))).status_code == 201


@pytest.mark.parametrize("resource", ["users", "groups"])
async def test_users_and_groups_know_no_created(call, world, resource):
    answer = await call("POST", "/subscriptions", subscription(world, resource=resource, changeType="created,updated"))

    assert answer.status_code == 400


async def test_teams_resources_need_a_lifecycle_url_above_one_hour(call, world):
    body = subscription(world, resource="chats/19:x/messages", lifecycleNotificationUrl=None)

    refused = await call("POST", "/subscriptions", body)
    short = await call("POST", "/subscriptions", body | {"expirationDateTime": in_minutes(world, 55)})

    assert (refused.status_code, short.status_code) == (400, 201)


@pytest.mark.parametrize(
    "resource", ["users/{}/messages", "/Users/{}/Messages", "users('{}')/messages", "users/{}/messages/"]
)
async def test_the_same_change_types_and_resource_again_conflict_with_the_id_in_the_message(call, world, resource):
    first = (await call("POST", "/subscriptions", subscription(world))).json()
    again = subscription(
        world, resource=resource.format(world.people[0].id), changeType="Deleted, created,updated", clientState="y"
    )

    answer = await call("POST", "/subscriptions", again)

    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "ObjectIdentifierInUse"
    assert error["message"] == f"Subscription Id {first['id']} already exists for the requested combination"


async def test_order_of_change_types_makes_another_subscription_where_the_switch_says_so(call, world):
    world.switches.normalize_change_types = False
    await call("POST", "/subscriptions", subscription(world, changeType="created,updated"))

    answer = await call("POST", "/subscriptions", subscription(world, changeType="updated,created"))

    assert answer.status_code == 201


async def test_other_change_types_or_another_app_do_not_conflict(call, world):
    await call("POST", "/subscriptions", subscription(world))

    other_types = await call("POST", "/subscriptions", subscription(world, changeType="created"))
    other_app = await call(
        "POST",
        "/subscriptions",
        subscription(world),
        headers=bearer(token(world, roles=("Mail.Read",), app_id="another")),
    )

    assert (other_types.status_code, other_app.status_code) == (201, 201)


async def test_the_hundred_and_first_directory_subscription_of_an_app_is_over_quota(call, world):
    for number in range(100):
        resource = f"users/{number}"
        assert (await call("POST", "/subscriptions", users_subscription(world, resource=resource))).status_code == 201

    answer = await call("POST", "/subscriptions", users_subscription(world, resource="groups"))

    assert answer.status_code == 403
    assert "100" in answer.json()["error"]["message"]


async def test_the_refusal_of_event_grid_becomes_the_answer(call, world, event_grid):
    event_grid.refusal = Refused(403, "PartnerNotAuthorized", "Authorize the partner first.")

    answer = await call("POST", "/subscriptions", subscription(world))

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "PartnerNotAuthorized"
    assert (await call("GET", "/subscriptions")).json()["value"] == []


async def test_an_unknown_mailbox_cannot_be_watched(call, world):
    resource = "users/00000000-0000-0000-0000-000000000000/messages"

    by_folder = resource.replace("/messages", "/mailFolders('inbox')/messages")

    assert (await call("POST", "/subscriptions", subscription(world, resource=resource))).status_code == 404
    assert (await call("POST", "/subscriptions", subscription(world, resource=by_folder))).status_code == 404


async def test_renewing_moves_the_expiry_and_answers_with_the_entity(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    answer = await call("PATCH", f"/subscriptions/{row['id']}", {"expirationDateTime": in_minutes(world, 5000)})

    assert answer.status_code == 200
    assert answer.json()["expirationDateTime"] > row["expirationDateTime"]
    assert answer.json()["id"] == row["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"latestSupportedTlsVersion": "v1_3"},
        {"clientState": "new", "expirationDateTime": "2030-01-01T00:00:00Z"},
        {"resource": "users"},
        {"notificationUrl": 7},
        {"notificationUrl": OTHER_TOPIC},  # the lifecycle URL names another topic
        {"lifecycleNotificationUrl": OTHER_TOPIC},
    ],
)
async def test_what_cannot_be_patched_is_refused(call, world, changes):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    assert (await call("PATCH", f"/subscriptions/{row['id']}", changes)).status_code == 400


async def test_a_lifecycle_url_cannot_be_patched_in_nor_the_topic_changed_without_event_grid(call, world, event_grid):
    row = (await call("POST", "/subscriptions", subscription(world, lifecycleNotificationUrl=None))).json()
    path, longer = f"/subscriptions/{row['id']}", {"expirationDateTime": in_minutes(world, 90)}

    patched_in = await call("PATCH", path, longer | {"lifecycleNotificationUrl": TOPIC})
    moved = await call("PATCH", path, {"notificationUrl": OTHER_TOPIC})

    assert patched_in.status_code == 400
    assert moved.status_code == 200
    assert moved.json()["notificationUrl"] == OTHER_TOPIC
    assert event_grid.topics[-1][0] == OTHER_TOPIC


async def test_an_expired_subscription_behaves_as_gone(call, world, event_grid):
    row = (await call("POST", "/subscriptions", subscription(world))).json()

    world.clock.advance(timedelta(days=3))

    path = f"/subscriptions/{row['id']}"
    assert (await call("GET", path)).status_code == 404
    assert (await call("PATCH", path, {"expirationDateTime": in_minutes(world, 90)})).status_code == 404
    assert (await call("POST", f"{path}/reauthorize")).status_code == 404
    assert (await call("DELETE", path)).status_code == 404
    assert (await call("GET", "/subscriptions")).json()["value"] == []
    world.graph.trigger("message.created")
    assert event_grid.events == []
    assert world.ledger.changes[-1].announced_to == ()
    assert (await call("POST", "/subscriptions", subscription(world))).status_code == 201


async def test_reauthorizing_takes_no_body_and_does_not_lengthen_the_life(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()
    path = f"/subscriptions/{row['id']}"

    answer = await call("POST", f"{path}/reauthorize")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await call("GET", path)).json()["expirationDateTime"] == row["expirationDateTime"]


async def test_deleting_answers_204_and_then_404(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()
    path = f"/subscriptions/{row['id']}"

    assert [(await call("DELETE", path)).status_code for _ in range(2)] == [204, 404]


async def test_the_list_is_paged_and_takes_no_query_options(call, world):
    world.switches.subscriptions_page_size = 2
    for kind in ("created", "updated", "deleted"):
        await call("POST", "/subscriptions", subscription(world, changeType=kind))

    first = (await call("GET", "/subscriptions")).json()
    second = (await call("GET", first["@odata.nextLink"])).json()

    assert [row["changeType"] for row in first["value"] + second["value"]] == ["created", "updated", "deleted"]
    assert "@odata.nextLink" not in second
    assert (await call("GET", "/subscriptions?$top=1")).status_code == 400


async def test_an_app_sees_only_its_own_subscriptions_and_a_user_only_theirs(call, world):
    row = (await call("POST", "/subscriptions", subscription(world))).json()
    stranger = bearer(token(world, roles=("Mail.Read",), app_id="another"))
    person = bearer(delegated_token(world, "ada", scopes="Mail.Read"))

    assert (await call("GET", "/subscriptions", headers=stranger)).json()["value"] == []
    assert (await call("GET", f"/subscriptions/{row['id']}", headers=stranger)).status_code == 404
    assert (await call("GET", "/subscriptions", headers=person)).json()["value"] == []
    auditor = bearer(token(world, roles=("Subscription.Read.All",), app_id="another"))
    assert len((await call("GET", "/subscriptions", headers=auditor)).json()["value"]) == 1


async def test_watching_needs_the_read_permission_of_the_resource(call, world):
    writer = bearer(token(world, roles=("Mail.ReadWrite", "User.Read.All")))

    answer = await call("POST", "/subscriptions", subscription(world), headers=writer)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "Authorization_RequestDenied"


async def test_a_person_may_watch_their_own_mail(call, world):
    person = bearer(delegated_token(world, "grace", scopes="Mail.ReadBasic"))

    answer = await call("POST", "/subscriptions", subscription(world, resource="me/messages"), headers=person)

    assert answer.status_code == 201
    assert answer.json()["creatorId"] == world.people[1].id


async def test_beta_serves_the_same(call, world):
    assert (await call("POST", "/beta/subscriptions", subscription(world))).status_code == 201
