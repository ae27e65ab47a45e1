"""Graph's own webhooks: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04)."""

import pytest
from graph_builders import TOPIC, bearer, in_minutes, token, users_subscription
from webhook_receiver import later, listening, settled, to

from twin.graph.webhooks import FIRST_WAIT


async def test_each_url_is_asked_to_echo_a_token_of_its_own(call, world, receiver, event_grid):
    answer = await call("POST", "/subscriptions", to(receiver, world))

    assert answer.status_code == 201, answer.text
    assert len(set(receiver.tokens)) == 2
    assert all(" " in token and ":" in token for token in receiver.tokens)  # so that decoding shows
    assert event_grid.topics == []


async def test_the_same_url_in_both_roles_is_asked_twice(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world, lifecycleNotificationUrl=receiver.url))

    assert len(receiver.tokens) == 2


@pytest.mark.parametrize("handshake", ["raw", "json", "wrong", "404", "hang"])
async def test_without_the_decoded_token_as_plain_text_there_is_no_subscription(call, world, receiver, handshake):
    receiver.handshake = handshake

    answer = await call("POST", "/subscriptions", to(receiver, world))

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "InvalidRequest"
    assert error["message"].startswith("Subscription validation request failed.")
    assert (await call("GET", "/subscriptions")).json()["value"] == []


async def test_nobody_listening_is_a_failed_handshake(call, world, receiver):
    body = to(receiver, world, notificationUrl="http://localhost:9/notifications")

    assert (await call("POST", "/subscriptions", body)).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"notificationUrl": "http://example.com/hook"},
        {"notificationUrl": "hook"},
        {"notificationUrl": "EventHub:https://vault/secrets/x?tenantId=y"},
        {"lifecycleNotificationUrl": TOPIC},
    ],
)
async def test_only_https_urls_are_taken_and_not_one_of_each_kind(call, world, receiver, changes):
    assert (await call("POST", "/subscriptions", to(receiver, world, **changes))).status_code == 400
    assert receiver.tokens == []


async def test_a_handshake_keeps_the_query_of_the_url(call, world, receiver):
    body = to(receiver, world, notificationUrl=f"{receiver.url}?code=s%2Fecret", lifecycleNotificationUrl=None)

    assert (await call("POST", "/subscriptions", body)).status_code == 201


async def test_what_event_grid_does_not_list_can_be_watched_by_webhook(call, world, receiver):
    headers = bearer(token(world, roles=("Team.ReadBasic.All",)))

    answer = await call("POST", "/subscriptions", to(receiver, world, resource="teams/t"), headers=headers)

    assert answer.status_code == 201


async def test_a_change_arrives_as_a_documented_item(call, world, receiver, event_grid):
    row = (await call("POST", "/subscriptions", to(receiver, world))).json()

    world.graph.trigger("message.created", user="ada", set={"subject": "Hello"})
    await settled(world)

    ((item,),) = [body["value"] for body in receiver.bodies]
    change = world.ledger.changes[-1]
    assert item.pop("id")
    assert item == {
        "subscriptionId": row["id"],
        "subscriptionExpirationDateTime": row["expirationDateTime"],
        "changeType": "created",
        "clientState": "a-client-state",
        "resource": change.resource,
        "tenantId": world.tenant_id,
        "resourceData": {
            "@odata.type": "#Microsoft.Graph.Message",
            "@odata.id": change.resource,
            "@odata.etag": change.version,
            "id": change.resource.rpartition("/")[2],
        },
    }
    assert event_grid.events == []


async def test_one_post_may_mix_subscriptions(call, world, receiver):
    first = (await call("POST", "/subscriptions", to(receiver, world))).json()["id"]
    users = users_subscription(world, notificationUrl=receiver.url, lifecycleNotificationUrl=receiver.lifecycle_url)
    second = (await call("POST", "/subscriptions", users)).json()["id"]

    world.graph.trigger("message.created", user="ada")
    world.graph.trigger("user.updated", user="ada")
    await settled(world)

    (body,) = receiver.bodies
    assert {item["subscriptionId"] for item in body["value"]} == {first, second}
    assert "validationTokens" not in body


async def test_how_many_items_travel_together_is_a_switch(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world))
    world.switches.webhook_items_per_post = 1

    world.graph.trigger("message.created", user="ada", count=5)
    await settled(world)

    assert [len(body["value"]) for body in receiver.bodies] == [1] * 5


@pytest.mark.parametrize("failure", [500, 503, 404, 302, 0])
async def test_anything_but_2xx_in_time_is_tried_again_with_growing_waits(call, world, receiver, failure):
    await call("POST", "/subscriptions", to(receiver, world))
    receiver.statuses = [failure, 500]

    world.graph.trigger("message.created", user="ada")
    await settled(world)
    seen = [len(receiver.items)]
    for wait in (FIRST_WAIT, FIRST_WAIT, FIRST_WAIT):
        await later(world, seconds=wait.total_seconds() + 1)
        seen.append(len(receiver.items))

    assert seen == [1, 2, 2, 3]  # after 10 s, then after 20 s
    assert len({item["id"] for item in receiver.items}) == 1
    assert world.graph.webhooks.counts.delivered == 1


async def test_a_new_url_shakes_hands_again_and_takes_over(call, world, receiver):
    row = (await call("POST", "/subscriptions", to(receiver, world))).json()
    path = f"/subscriptions/{row['id']}"

    moved = await call("PATCH", path, {"notificationUrl": f"{receiver.url}?new=1"})
    receiver.handshake = "wrong"
    refused = await call("PATCH", path, {"notificationUrl": f"{receiver.url}?new=2"})

    assert (moved.status_code, refused.status_code) == (200, 400)
    assert (await call("GET", path)).json()["notificationUrl"] == f"{receiver.url}?new=1"
    assert len(receiver.tokens) == 4


async def test_renewing_alone_shakes_no_hands(call, world, receiver):
    row = (await call("POST", "/subscriptions", to(receiver, world))).json()

    await call("PATCH", f"/subscriptions/{row['id']}", {"expirationDateTime": in_minutes(world, 90)})

    assert len(receiver.tokens) == 2


@pytest.mark.parametrize(("switch", "member"), [(False, "tenantId"), (True, "organizationId")])
async def test_lifecycle_items_go_to_their_own_url(call, world, receiver, switch, member):
    world.switches.webhook_lifecycle_organization_id = switch
    row = (await call("POST", "/subscriptions", to(receiver, world))).json()

    world.graph.ask_reauthorization(row["id"])
    await settled(world)

    assert receiver.bodies == []
    assert receiver.lifecycle == [
        {
            "value": [
                {
                    "subscriptionId": row["id"],
                    "subscriptionExpirationDateTime": row["expirationDateTime"],
                    member: world.tenant_id,
                    "clientState": "a-client-state",
                    "lifecycleEvent": "reauthorizationRequired",
                }
            ]
        }
    ]


async def test_several_lifecycle_items_come_in_one_post(call, world, receiver):
    await call("POST", "/subscriptions", to(receiver, world))

    world.graph.ask_reauthorization(None)
    world.graph.announce_missed(None)
    await settled(world)

    (body,) = receiver.lifecycle
    assert [item["lifecycleEvent"] for item in body["value"]] == ["reauthorizationRequired", "missed"]


async def test_notifications_can_come_twice_and_out_of_order(call, world, receiver):
    world.switches.duplicate_percent, world.switches.shuffle, world.switches.webhook_items_per_post = 100, True, 1
    await call("POST", "/subscriptions", to(receiver, world))

    world.graph.trigger("message.created", user="ada", count=10)
    await settled(world)

    ids = [item["id"] for item in receiver.items]
    resources = list(dict.fromkeys(item["resource"] for item in receiver.items))
    assert (len(ids), len(set(ids))) == (20, 10)
    assert resources != [change.resource for change in world.ledger.changes]


async def test_what_is_sent_before_the_start_goes_out_with_it(call, world):
    async with listening() as receiver:
        world.graph.webhooks.start()
        await call("POST", "/subscriptions", to(receiver, world))
        await world.graph.webhooks.stop()
        world.graph.trigger("message.created", user="ada")
        waiting = world.graph.webhooks.waiting

        world.graph.webhooks.start()
        await settled(world)
        await world.graph.webhooks.stop()

    assert (waiting, len(receiver.items)) == (1, 1)
