"""How many subscriptions, and how many calls about them.

https://learn.microsoft.com/graph/change-notifications-overview and https://learn.microsoft.com/graph/throttling-limits.
"""

from datetime import timedelta

import pytest
from graph_builders import bearer, body_for, in_minutes, token


@pytest.mark.parametrize(
    ("resource", "app"),
    [
        ("chats/c/messages", "Chat.Read.All"),
        ("teams/t/channels/c/messages", "ChannelMessage.Read.All"),
        ("teams/t", "Team.ReadBasic.All"),
        ("teams/t/schedule/shifts", "Schedule.Read.All"),
    ],
)
async def test_one_app_has_one_subscription_for_a_chat_a_channel_or_a_team(call, post, world, resource, app):
    short = in_minutes(world, 50)

    first = await post(body_for(world, resource, expirationDateTime=short), app=app)
    second = await post(body_for(world, resource, changeType="deleted", expirationDateTime=short), app=app)
    stranger = bearer(token(world, roles=(app,), app_id="another"))
    body = body_for(world, resource, expirationDateTime=short)

    assert (first.status_code, second.status_code) == (201, 403)
    assert (await call("POST", "/subscriptions", body, headers=stranger)).status_code == 201


@pytest.mark.parametrize(
    ("resource", "app", "most"),
    [
        ("users/{me}/chats/getAllMessages", "Chat.Read.All", 10),
        ("users/{me}/onlineMeetings/getAllRecordings", "OnlineMeetingRecording.Read.All", 10),
        ("solutions/approval/approvalItems", "", 1),
        ("copilot/interactionHistory/getAllEnterpriseInteractions", "AiEnterpriseInteraction.Read.All", 1),
        ("communications/callRecords", "CallRecords.Read.All", 100),
    ],
)
async def test_the_next_one_above_a_quota_is_refused(call, post, world, resource, app, most):
    """Subscriptions to one path differ in $filter, or come from several apps where the limit is theirs together."""
    expiry, answers = in_minutes(world, 50), []
    for number in range(most + 1):
        body = body_for(world, f"{resource}?$filter=number eq {number}", expirationDateTime=expiry)
        answers.append(await post(body, app=app))

    assert [answer.status_code for answer in answers] == [201] * most + [403]
    assert f"limit of {most}" in answers[-1].json()["error"]["message"]


async def test_users_and_groups_are_limited_to_a_thousand_over_all_apps(call, world):
    body, statuses = body_for(world, "users"), []
    for number in range(11):
        headers = bearer(token(world, roles=("User.Read.All",), app_id=f"app-{number}"))
        for each in range(100):
            answer = await call("POST", "/subscriptions", body | {"resource": f"users/{each}"}, headers=headers)
            statuses.append(answer.status_code)
            if answer.status_code == 403:
                break

    assert statuses == [201] * 1000 + [403]


async def test_a_mailbox_has_a_thousand_subscriptions_over_all_apps(call, world):
    statuses = []
    headers = [
        bearer(token(world, roles=("Mail.Read", "Calendars.Read"), app_id=f"app-{number}")) for number in range(3)
    ]
    for number in range(1001):
        resource = "messages" if number % 2 else "events"
        body = body_for(world, f"users/{{me}}/{resource}?$filter=number eq {number}")
        statuses.append((await call("POST", "/subscriptions", body, headers=headers[number % 3])).status_code)

    assert statuses == [201] * 1000 + [403]


@pytest.mark.parametrize(("bucket", "most"), [("list", 25), ("get", 500), ("write", 500), ("reauthorize", 1_000)])
async def test_the_service_throttles_each_kind_of_call_in_windows_of_20_seconds(call, world, bucket, most):
    """https://learn.microsoft.com/graph/throttling-limits. Failed calls count too."""
    method, path = {
        "list": ("GET", "/subscriptions"),
        "get": ("GET", "/subscriptions/x"),
        "write": ("DELETE", "/subscriptions/x"),
        "reauthorize": ("POST", "/subscriptions/x/reauthorize"),
    }[bucket]

    statuses = [(await call(method, path)).status_code for _ in range(most)]
    refused = await call(method, path)
    world.clock.advance(timedelta(seconds=20))

    assert set(statuses) == {200 if bucket == "list" else 404}
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert (await call(method, path)).status_code == statuses[0]
