"""Every documented kind of resource: lifetimes, permissions, change types and quotas.

Sources (2026-09): https://learn.microsoft.com/graph/api/resources/subscription (lifetimes, change types),
https://learn.microsoft.com/graph/api/subscription-post-subscriptions (permissions),
https://learn.microsoft.com/graph/change-notifications-overview (paths, quotas),
https://learn.microsoft.com/graph/change-notifications-with-resource-data (rich) and
https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events (what reaches Event Grid).
"""

from dataclasses import replace
from typing import Any

from twin.graph.limits import OUTLOOK_LIFECYCLE, Kind, Quota

# The third limit of the directory, 50,000 per app over all tenants, cannot be met in one tenant.
DIRECTORY = (
    Quota(name="users and groups", most=100, scope="app"),
    Quota(name="users and groups of the tenant", most=1000),
)
OUTLOOK = (Quota(name="Outlook resources of a mailbox", most=1000, scope="mailbox"),)
TEAMS = (Quota(name="Teams resources", most=10_000),)
ONE_OF_EACH = Quota(name="a chat, channel or team", most=1, scope="app_path")
INTERACTIONS = (*TEAMS, Quota(name="Copilot interactions of the app", most=1, scope="app"))
OF_A_USER = Quota(name="a user", most=10, scope="user_path")
TEAMS_LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved")
SHIFTS = ("shifts", "offershiftrequests", "openshiftchangerequests", "swapshiftschangerequests", "timeoffrequests")


def _directory(name: str, paths: str, permission: str) -> Kind:
    return Kind(
        name=name,
        paths=tuple(paths.split()),
        application=(permission,),
        delegated=(permission,),
        max_minutes=41_760,
        changes=("updated", "deleted"),
        quotas=DIRECTORY,
    )


def _outlook(name: str, paths: str, permission: str, *delegated: str) -> Kind:
    return Kind(
        name=name,
        paths=tuple(paths.split()),
        application=(permission,),
        delegated=(permission, *delegated),
        own_only=True,  # .Shared permissions do not work for subscriptions
        rich_max_minutes=1_440,
        select_required=True,
        quotas=OUTLOOK,
        lifecycle=OUTLOOK_LIFECYCLE,
    )


def _teams(name: str, paths: str, application: str, delegated: str = "", **more: Any) -> Kind:
    kind = Kind(
        name=name,
        paths=tuple(paths.split()),
        application=(application,),
        delegated=(delegated,) if delegated else (),
        max_minutes=4_320,
        rich_max_minutes=4_320,
        quotas=(*TEAMS, ONE_OF_EACH),
        event_grid=False,
        needs_lifecycle_url=True,
    )
    return replace(kind, **more)


def _chat_messages(paths: str, application: str, delegated: str = "", **more: Any) -> Kind:
    return _teams("ChatMessage", paths, application, delegated, event_grid=True, lifecycle=TEAMS_LIFECYCLE, **more)


def _other(name: str, paths: str, permission: str | None, minutes: int, **more: Any) -> Kind:
    """The same permission for apps and people, unless `more` says otherwise; None: not documented."""
    either = (permission,) if permission else None
    kind = Kind(name=name, paths=tuple(paths.split()), application=either, delegated=either, max_minutes=minutes)
    return replace(kind, **more)


KINDS = (
    _directory("User", "users users/{}", "User.Read.All"),
    _directory("Group", "groups groups/{} groups/{}/members groups/{}/owners", "Group.Read.All"),
    _outlook(
        "Message",
        "users/{}/messages users/{}/messages/{} users/{}/mailfolders/{}/messages",
        "Mail.Read",
        "Mail.ReadBasic",
    ),
    _outlook("Event", "users/{}/events", "Calendars.Read"),
    _outlook("Contact", "users/{}/contacts users/{}/contactfolders/{}/contacts", "Contacts.Read"),
    _chat_messages("teams/{}/channels/{}/messages", "ChannelMessage.Read.All", "ChannelMessage.Read.All"),
    _chat_messages("teams/getallmessages", "ChannelMessage.Read.All"),  # people: single channels only
    _chat_messages("chats/{}/messages", "Chat.Read.All", "Chat.Read"),
    _chat_messages("chats/getallmessages", "Chat.Read.All"),
    _chat_messages(
        "users/{}/chats/getallmessages", "Chat.Read.All", "Chat.Read", own_only=True, quotas=(*TEAMS, OF_A_USER)
    ),
    _other(
        "CallRecord",
        "communications/callrecords",
        "CallRecords.Read.All",
        4_230,
        delegated=(),
        quotas=(Quota(name="call records", most=100),),
    ),
    _other(
        "DriveItem",
        "drives/{}/root users/{}/drive/root",
        "Files.Read.All",
        42_300,
        delegated=("Files.Read.All", "Files.Read"),
        changes=("updated",),
    ),
    _other("List", "sites/{}/lists/{}", "Sites.Read.All", 42_300, changes=("updated",)),
    _other(
        "ToDo",
        "users/{}/todo/lists/{}/tasks",
        "Tasks.ReadWrite.All",
        4_230,
        delegated=("Tasks.ReadWrite",),
        own_only=True,
    ),
    _other("Alert", "security/alerts security/alerts/{}", "SecurityEvents.ReadWrite.All", 43_200),
    _other("Printer", "print/printers/{}/jobs", "Printer.Read.All", 4_230, delegated=()),
    _other(
        "PrintTaskDefinition",
        "print/taskdefinitions/{}/tasks",
        "PrintTaskDefinition.ReadWrite.All",
        4_230,
        delegated=(),
    ),
    _other("Conversation", "groups/{}/conversations", "Group.Read.All", 4_230, application=()),
    _other(
        "Presence",
        "communications/presences communications/presences/{}",
        "Presence.Read.All",
        60,
        application=(),
        rich_max_minutes=60,
        rich_required=True,
        event_grid=False,
        quotas=(Quota(name="presence", most=1, scope="app_creator"),),
        most_ids=650,
    ),
    _teams("Chat", "chats chats/{}", "Chat.ReadBasic.All", "Chat.ReadBasic"),
    _teams("Chat", "users/{}/chats", "Chat.ReadBasic.All", "Chat.ReadBasic", own_only=True, quotas=TEAMS),
    _teams("Team", "teams/{}", "Team.ReadBasic.All", "Team.ReadBasic.All"),
    _teams("Team", "teams", "Team.ReadBasic.All"),
    _teams("Channel", "teams/{}/channels", "Channel.ReadBasic.All", "Channel.ReadBasic.All"),
    _teams("Channel", "teams/getallchannels", "Channel.ReadBasic.All"),
    _teams("ConversationMember", "teams/{}/members", "TeamMember.Read.All", "TeamMember.Read.All"),
    _teams("ConversationMember", "chats/{}/members", "ChatMember.Read.All", "ChatMember.Read"),
    _teams("ConversationMember", "chats/getallmembers", "ChatMember.Read.All"),
    _teams("ConversationMember", "teams/{}/channels/getallmembers", "ChannelMember.Read.All"),
    _teams(
        "CallRecording",
        "communications/onlinemeetings/getallrecordings users/{}/onlinemeetings/getallrecordings",
        "OnlineMeetingRecording.Read.All",
        "OnlineMeetingRecording.Read.All",
        quotas=(*TEAMS, OF_A_USER),
    ),
    _teams(
        "CallTranscript",
        "communications/onlinemeetings/getalltranscripts users/{}/onlinemeetings/getalltranscripts",
        "OnlineMeetingTranscript.Read.All",
        "OnlineMeetingTranscript.Read.All",
        quotas=(*TEAMS, OF_A_USER),
    ),
    # The lifetime table has online meetings twice, 4,320 and 4,230 minutes: the switch `meeting_cap_minutes` chooses.
    _other(
        "CallEvent",
        "communications/onlinemeetings/{}/meetingcallevents",
        None,
        4_320,
        rich_max_minutes=4_320,
        event_grid=False,
    ),
    _other(
        "ApprovalItem",
        "solutions/approval/approvalitems",
        None,
        43_200,
        event_grid=False,
        quotas=(Quota(name="approvals", most=1000), Quota(name="approvals of the app", most=1, scope="app")),
    ),
    _teams(
        "Shift",
        " ".join(f"teams/{{}}/schedule/{part}" for part in SHIFTS),
        "Schedule.Read.All",
        "Schedule.Read.All",
        max_minutes=360,
        rich_max_minutes=None,
        quotas=(
            *TEAMS,
            Quota(name="a schedule", most=1, scope="app_path"),
            Quota(name="a schedule of a user", most=10, scope="creator_path"),
        ),
    ),
    _teams(
        "AiInteraction",
        "copilot/interactionhistory/getallenterpriseinteractions",
        "AiEnterpriseInteraction.Read.All",
        needs_lifecycle_url=False,
        quotas=INTERACTIONS,
    ),
    _teams(
        "AiInteraction",
        "copilot/users/{}/interactionhistory/getallenterpriseinteractions",
        "AiEnterpriseInteraction.Read.All",
        "AiEnterpriseInteraction.Read",
        own_only=True,
        needs_lifecycle_url=False,
        quotas=INTERACTIONS,
    ),
    _other("HealthAlert", "reports/healthmonitoring/alerts", None, 42_300, event_grid=False),
)
