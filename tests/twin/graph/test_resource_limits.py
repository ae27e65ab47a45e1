"""Every documented kind of resource: lifetime, change types, permissions, quotas.

https://learn.microsoft.com/graph/api/resources/subscription (lifetimes),
https://learn.microsoft.com/graph/api/subscription-post-subscriptions (permissions),
https://learn.microsoft.com/graph/change-notifications-overview (quotas).
"""

import pytest
from graph_builders import bearer, body_for, delegated_token, in_minutes

from twin.graph.kinds import KINDS
from twin.graph.watched import read

COPILOT = ("AiEnterpriseInteraction.Read.All", "AiEnterpriseInteraction.Read")
# resource, minutes at most, one application permission, one delegated permission: "" for none, "=" for the same
DOCUMENTED = [
    ("users", 41_760, "User.Read.All", "="),
    ("users/{me}", 41_760, "User.Read.All", "="),
    ("groups/g", 41_760, "Group.Read.All", "="),
    ("groups/g/members", 41_760, "Group.Read.All", "="),
    ("groups/g/owners", 41_760, "Group.Read.All", "="),
    ("users/{me}/messages", 10_070, "Mail.Read", "Mail.ReadBasic"),
    ("users/{me}/mailFolders('inbox')/messages", 10_070, "Mail.Read", "="),
    ("users/{me}/events", 10_070, "Calendars.Read", "="),
    ("users/{me}/contacts", 10_070, "Contacts.Read", "="),
    ("users/{me}/contactFolders/f/contacts", 10_070, "Contacts.Read", "="),
    ("communications/callRecords", 4_230, "CallRecords.Read.All", ""),
    ("teams/getAllMessages", 4_320, "ChannelMessage.Read.All", ""),
    ("teams/t/channels/c/messages", 4_320, "ChannelMessage.Read.All", "="),
    ("chats/getAllMessages", 4_320, "Chat.Read.All", ""),
    ("chats/c/messages", 4_320, "Chat.Read.All", "Chat.Read"),
    ("users/{me}/chats/getAllMessages", 4_320, "Chat.Read.All", "Chat.Read"),
    ("drives/d/root", 42_300, "Files.Read.All", "Files.Read"),
    ("users/{me}/drive/root", 42_300, "Files.Read.All", "="),
    ("sites/s/lists/l", 42_300, "Sites.Read.All", "="),
    ("users/{me}/todo/lists/l/tasks", 4_230, "Tasks.ReadWrite.All", "Tasks.ReadWrite"),
    ("security/alerts?$filter=status eq 'newAlert'", 43_200, "SecurityEvents.ReadWrite.All", "="),
    ("security/alerts/a", 43_200, "SecurityEvents.ReadWrite.All", "="),
    ("print/printers/p/jobs", 4_230, "Printer.Read.All", ""),
    ("print/taskDefinitions/d/tasks", 4_230, "PrintTaskDefinition.ReadWrite.All", ""),
    ("groups/g/conversations", 4_230, "", "Group.Read.All"),
    ("chats", 4_320, "Chat.ReadBasic.All", "Chat.ReadBasic"),
    ("chats/c", 4_320, "Chat.ReadBasic.All", "Chat.ReadBasic"),
    ("users/{me}/chats", 4_320, "Chat.ReadBasic.All", "Chat.ReadBasic"),
    ("teams", 4_320, "Team.ReadBasic.All", ""),
    ("teams/t", 4_320, "Team.ReadBasic.All", "="),
    ("teams/getAllChannels", 4_320, "Channel.ReadBasic.All", ""),
    ("teams/t/channels", 4_320, "Channel.ReadBasic.All", "="),
    ("teams/t/members", 4_320, "TeamMember.Read.All", "="),
    ("chats/c/members", 4_320, "ChatMember.Read.All", "ChatMember.Read"),
    ("chats/getAllMembers", 4_320, "ChatMember.Read.All", ""),
    ("teams/t/channels/getAllMembers", 4_320, "ChannelMember.Read.All", ""),
    ("communications/onlineMeetings/getAllRecordings", 4_320, "OnlineMeetingRecording.Read.All", "="),
    ("users/{me}/onlineMeetings/getAllTranscripts", 4_320, "OnlineMeetingTranscript.Read.All", "="),
    ("teams/t/schedule/shifts", 360, "Schedule.Read.All", "="),
    ("teams/t/schedule/timeOffRequests", 360, "Schedule.Read.All", "="),
    ("copilot/interactionHistory/getAllEnterpriseInteractions", 4_320, "AiEnterpriseInteraction.Read.All", ""),
    ("copilot/users/{me}/interactionHistory/getAllEnterpriseInteractions", 4_320, *COPILOT),
]  # fmt: skip
UNCHECKED = [  # the tables name no permission for these
    ("communications/onlineMeetings(joinWebUrl='https%3A%2F%2Fx')/meetingCallEvents", 4_230),
    ("solutions/approval/approvalItems", 43_200),
    ("reports/healthmonitoring/alerts", 42_300),
]
ONLY_UPDATED = ("drives/d/root", "users/{me}/drive/root", "sites/s/lists/l")
NO_CREATED = ("users", "users/{me}", "groups/g", "groups/g/members", "groups/g/owners")


def forget_all(world):
    for row in world.graph.subscriptions.live():
        world.graph.subscriptions.remove(row.id)


@pytest.mark.parametrize(("resource", "minutes", "app", "person"), DOCUMENTED)
async def test_a_life_ends_with_the_cap_of_its_resource(post, world, resource, minutes, app, person):
    caller = {"app": app} if app else {"person": person}
    just = body_for(world, resource, expirationDateTime=in_minutes(world, minutes - 1))
    above = body_for(world, resource, expirationDateTime=in_minutes(world, minutes + 1))

    assert (await post(above, **caller)).status_code == 400
    assert (await post(just, **caller)).status_code == 201


@pytest.mark.parametrize(("resource", "minutes"), UNCHECKED)
async def test_where_no_permission_is_documented_none_is_asked_for(post, world, resource, minutes):
    just = body_for(world, resource, expirationDateTime=in_minutes(world, minutes - 1))
    above = body_for(world, resource, expirationDateTime=in_minutes(world, minutes + 1))

    assert (await post(above)).status_code == 400
    assert (await post(just)).status_code == 201


@pytest.mark.parametrize(("resource", "_minutes", "app", "person"), DOCUMENTED)
async def test_apps_and_people_need_the_documented_permission(post, world, resource, _minutes, app, person):
    person = app if person == "=" else person
    body = body_for(world, resource, expirationDateTime=in_minutes(world, 50))

    statuses = []
    for caller in ({"app": "Directory.ReadWrite.All"}, {"app": app or person}, {"person": person or app}):
        statuses.append((await post(body, **caller)).status_code)
        forget_all(world)

    assert statuses == [403, 201 if app else 403, 201 if person else 403]


@pytest.mark.parametrize(
    "resource",
    ["users/{me}/messages", "users/{me}/events", "users/{me}/contacts", "users/{me}/todo/lists/l/tasks",
     "users/{me}/chats/getAllMessages"],
)  # fmt: skip
async def test_a_person_may_watch_only_what_is_theirs(post, world, resource):
    scopes = "Mail.Read Calendars.Read Contacts.Read Tasks.ReadWrite Chat.Read"

    assert (await post(body_for(world, resource), person=scopes, by="grace")).status_code == 403
    assert (await post(body_for(world, resource), person=scopes, by="ada")).status_code == 201


@pytest.mark.parametrize(
    ("write", "resource"), [("Mail.ReadWrite", "users/{me}/messages"), ("User.ReadWrite.All", "users")]
)
async def test_a_write_permission_is_not_a_read_permission(post, world, write, resource):
    assert (await post(body_for(world, resource), app=write)).status_code == 403


async def test_an_app_has_no_me(post, world):
    assert (await post(body_for(world, "me/messages"), app="Mail.Read")).status_code == 400


@pytest.mark.parametrize("resource", [*ONLY_UPDATED, *NO_CREATED])
async def test_some_resources_know_fewer_changes(call, post, world, resource):
    app = next(app for name, _, app, _ in DOCUMENTED if name == resource)

    assert (await post(body_for(world, resource, changeType="created"), app=app)).status_code == 400
    deleted = await post(body_for(world, resource, changeType="deleted"), app=app)
    assert deleted.status_code == (400 if resource in ONLY_UPDATED else 201)


TEAMS = [
    row[0] for row in DOCUMENTED if row[0].startswith(("teams", "chats", "users/{me}/chats")) or "onlineMee" in row[0]
]


@pytest.mark.parametrize("resource", TEAMS)
async def test_teams_resources_need_a_lifecycle_url_above_one_hour(post, world, resource):
    app = next(app for name, _, app, _ in DOCUMENTED if name == resource)
    longer = body_for(world, resource, lifecycleNotificationUrl=None, expirationDateTime=in_minutes(world, 61))
    shorter = longer | {"expirationDateTime": in_minutes(world, 59)}

    assert (await post(longer, app=app)).status_code == 400
    assert (await post(shorter, app=app)).status_code == 201


async def test_a_person_has_one_presence_subscription_of_at_most_650_users(call, world):
    people = ",".join(f"'{number}'" for number in range(651))

    answer = await call(
        "POST",
        "/subscriptions",
        body_for(world, f"communications/presences?$filter=id in ({people})"),
        headers=bearer(delegated_token(world, "ada", scopes="Presence.Read.All")),
    )

    assert answer.status_code == 400


@pytest.mark.parametrize("cap", [4_230, 4_320])
async def test_the_cap_of_call_events_is_a_switch(post, world, cap):
    world.switches.meeting_cap_minutes = cap
    resource, _ = UNCHECKED[0]

    assert (await post(body_for(world, resource, expirationDateTime=in_minutes(world, cap + 1)))).status_code == 400
    assert (await post(body_for(world, resource, expirationDateTime=in_minutes(world, cap - 1)))).status_code == 201


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Message", {"reauthorizationRequired", "subscriptionRemoved", "missed"}),
        ("Event", {"reauthorizationRequired", "subscriptionRemoved", "missed"}),
        ("Contact", {"reauthorizationRequired", "subscriptionRemoved", "missed"}),
        ("ChatMessage", {"reauthorizationRequired", "subscriptionRemoved"}),
    ],
)
def test_loss_and_removal_are_announced_for_a_few_kinds_only(name, told):
    """https://learn.microsoft.com/graph/change-notifications-lifecycle-events"""
    assert {frozenset(kind.lifecycle) for kind in KINDS if kind.name == name} == {frozenset(told)}
    others = {kind.lifecycle for kind in KINDS if kind.name not in ("Message", "Event", "Contact", "ChatMessage")}
    assert others == {("reauthorizationRequired",)}


def test_a_literal_path_is_not_taken_for_an_id():
    names = [read(path, lambda _, folder: folder).kind.name for path in ("teams/getAllChannels", "chats/getAllMembers")]

    assert names == ["Channel", "ConversationMember"]


async def test_a_query_in_the_resource_makes_it_another_one(post, world):
    plain = body_for(world, "users/{me}/messages")
    filtered = body_for(world, "users/{me}/messages?$filter=isRead eq false")

    answers = [await post(body, app="Mail.Read") for body in (plain, filtered, filtered)]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
