"""Refusals and limits that no documentation settles: each is a switch, off and on."""

import pytest
from graph_builders import OTHER_TOPIC, TOPIC, bearer, in_minutes, made, subscription, token, users_subscription

from twin.event_grid.refusal import Refused


@pytest.mark.parametrize(("longest", "status"), [(0, 201), (len(TOPIC) - 1, 400), (len(TOPIC), 201)])
async def test_the_length_of_a_notification_url_is_a_switch(call, world, longest, status):
    world.switches.notification_url_max = longest

    assert (await call("POST", "/subscriptions", subscription(world))).status_code == status


@pytest.mark.parametrize("code", ["ExtensionError", "ErrorInvalidParameter", ""])
async def test_the_code_of_too_far_an_expiry_is_a_switch(call, world, code):
    world.switches.expiry_too_far_code = code

    answer = await call("POST", "/subscriptions", subscription(world, expirationDateTime=in_minutes(world, 20_000)))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


async def test_too_far_an_expiry_may_be_cut_instead(call, world):
    world.switches.expiry_cut_to_cap = True
    longest = in_minutes(world, world.switches.outlook_cap_minutes + 1)

    row = await made(call, world, expirationDateTime=in_minutes(world, 20_000))

    assert row["expirationDateTime"] < longest


@pytest.mark.parametrize("code", ["Authorization_RequestDenied", "AccessDenied", "Forbidden", ""])
async def test_the_code_of_a_missing_permission_is_a_switch(call, world, code):
    world.switches.permission_denied_code = code

    answer = await call("POST", "/subscriptions", subscription(world), headers=bearer(token(world, roles=("X",))))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)


async def test_a_refusal_may_be_wrapped_in_an_extension_error(call, world):
    world.switches.wrapped_errors = True

    answer = await call("POST", "/subscriptions", subscription(world), headers=bearer(token(world, roles=("X",))))

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ExtensionError")
    assert answer.json()["error"]["message"].startswith("Operation: Create; Exception: [Status Code: ")


@pytest.mark.parametrize("code", ["ResourceNotFound", "ErrorItemNotFound", "ExtensionError", ""])
async def test_the_code_of_an_unknown_subscription_is_a_switch(call, world, code):
    world.switches.subscription_not_found_code = code

    answer = await call("GET", "/subscriptions/00000000-0000-0000-0000-000000000000")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(0, "", (403, "PartnerNotAuthorized")), (400, "X", (400, "X")), (403, "", (403, "PartnerNotAuthorized")),
     (409, "TopicLimit", (409, "TopicLimit"))],
)  # fmt: skip
async def test_what_event_grid_refuses_comes_in_any_form(call, world, event_grid, status, code, expected):
    event_grid.refusal = Refused(403, "PartnerNotAuthorized", "Authorize the partner first.")
    world.switches.partner_refusal_status, world.switches.partner_refusal_code = status, code

    answer = await call("POST", "/subscriptions", subscription(world))

    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(("refused", "status"), [(False, 201), (True, 400)])
async def test_another_tenants_azure_subscription_is_taken_or_not(call, world, refused, status):
    world.switches.foreign_azure_subscription_refused = refused
    own = TOPIC.replace("5F0C7D3E-9B26-4A18-8E6D-B1A4C07F2D95", world.azure_subscription_id)

    foreign = await call("POST", "/subscriptions", subscription(world))
    body = users_subscription(world, notificationUrl=own, lifecycleNotificationUrl=own)

    assert foreign.status_code == status
    assert (await call("POST", "/subscriptions", body)).status_code == 201


@pytest.mark.parametrize(("required", "status"), [(False, 201), (True, 403)])
async def test_an_azure_role_may_be_asked_for(call, world, event_grid, required, status):
    world.switches.azure_role_required = required

    assert (await call("POST", "/subscriptions", subscription(world))).status_code == status
    assert bool(event_grid.topics) is not required


@pytest.mark.parametrize("kind", ["", "Microsoft.Graph.ValidationRequired"])
async def test_a_partner_topic_may_get_a_handshake_event(call, world, event_grid, kind):
    world.switches.event_grid_handshake_type = kind

    await made(call, world)

    assert [event["type"] for event in event_grid.events] == ([kind] if kind else [])


@pytest.mark.parametrize(("accepted", "status"), [(False, 400), (True, 201)])
async def test_resources_that_event_grid_does_not_list_are_taken_or_not(call, world, accepted, status):
    world.switches.accept_unlisted_resources = accepted

    assert (await call("POST", "/subscriptions", subscription(world, resource="chats"))).status_code == status


async def test_the_codes_of_a_quota_are_a_switch(call, world):
    world.switches.quota_code = ""
    await made(call, world, resource="chats/c/messages", changeType="created")

    answer = await call(
        "POST", "/subscriptions", subscription(world, resource="chats/c/messages", notificationUrl=OTHER_TOPIC,
                                               lifecycleNotificationUrl=OTHER_TOPIC, changeType="updated")
    )  # fmt: skip

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "")
