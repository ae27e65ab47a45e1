"""What can be watched: lifetimes, permissions, change types and quotas, one line per documented kind of resource.

Sources (2026-09): https://learn.microsoft.com/graph/api/resources/subscription (lifetimes, change types),
https://learn.microsoft.com/graph/api/subscription-post-subscriptions (permissions),
https://learn.microsoft.com/graph/change-notifications-overview (quotas) and
https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events (what reaches Event Grid).
"""

from dataclasses import dataclass

MINIMUM_MINUTES = 45
CLIENT_STATE_MAX = 128

ALL_CHANGES = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most `most` live subscriptions of the quota's `name` within `scope`: app, tenant, or mailbox."""

    name: str
    most: int
    scope: str = "tenant"


DIRECTORY = Quota(name="users and groups", most=100, scope="app")
OUTLOOK = Quota(name="Outlook resources of a mailbox", most=1000, scope="mailbox")
TEAMS = Quota(name="Teams resources", most=10_000)
CALL_RECORDS = Quota(name="call records", most=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource. `max_minutes` None: Outlook's cap, which is a switch. No application permission: refused."""

    name: str  # as event type names have it: Microsoft.Graph.<name>Created
    paths: tuple[str, ...]  # in lower case, keys as segments, {} for any key
    application: str | None
    delegated: tuple[str, ...] = ()
    max_minutes: int | None = None
    changes: tuple[str, ...] = ALL_CHANGES
    quota: Quota | None = None
    event_grid: bool = True
    lifecycle: tuple[str, ...] = ("reauthorizationRequired",)
    needs_lifecycle_url: bool = False


def _outlook(name: str, paths: tuple[str, ...], permission: str, *more: str) -> Kind:
    return Kind(
        name=name,
        paths=paths,
        application=permission,
        delegated=more,
        quota=OUTLOOK,
        lifecycle=("reauthorizationRequired", "subscriptionRemoved", "missed"),
    )


def _directory(name: str, collection: str, permission: str) -> Kind:
    return Kind(
        name=name,
        paths=(collection, f"{collection}/{{}}"),
        application=permission,
        max_minutes=41_760,
        changes=("updated", "deleted"),
        quota=DIRECTORY,
    )


def _teams(name: str, paths: tuple[str, ...], permission: str, *more: str, event_grid: bool = False) -> Kind:
    return Kind(
        name=name,
        paths=paths,
        application=permission,
        delegated=more,
        max_minutes=4_320,
        quota=TEAMS,
        event_grid=event_grid,
        needs_lifecycle_url=True,
        lifecycle=("reauthorizationRequired", "subscriptionRemoved") if event_grid else ("reauthorizationRequired",),
    )


def _other(name: str, path: str, permission: str | None, minutes: int, *more: str, only_updated: bool = False) -> Kind:
    changes = ("updated",) if only_updated else ALL_CHANGES
    paths = tuple(path.split(" "))
    return Kind(name=name, paths=paths, application=permission, delegated=more, max_minutes=minutes, changes=changes)


KINDS = (
    _directory("User", "users", "User.Read.All"),
    _directory("Group", "groups", "Group.Read.All"),
    _outlook(
        "Message",
        ("users/{}/messages", "users/{}/messages/{}", "users/{}/mailfolders/{}/messages"),
        "Mail.Read",
        "Mail.ReadBasic",
    ),
    _outlook("Event", ("users/{}/events",), "Calendars.Read"),
    _outlook("Contact", ("users/{}/contacts",), "Contacts.Read"),
    _teams(
        "ChatMessage",
        ("teams/{}/channels/{}/messages", "teams/getallmessages"),
        "ChannelMessage.Read.All",
        event_grid=True,
    ),
    _teams(
        "ChatMessage",
        ("chats/{}/messages", "chats/getallmessages", "users/{}/chats/getallmessages"),
        "Chat.Read.All",
        "Chat.Read",
        event_grid=True,
    ),
    Kind(
        name="CallRecord",
        paths=("communications/callrecords",),
        application="CallRecords.Read.All",
        max_minutes=4_230,
        quota=CALL_RECORDS,
    ),
    _other(
        "DriveItem", "drives/{}/root users/{}/drive/root", "Files.Read.All", 42_300, "Files.Read", only_updated=True
    ),
    _other("List", "sites/{}/lists/{}", "Sites.Read.All", 42_300, only_updated=True),
    _other("ToDo", "users/{}/todo/lists/{}/tasks", "Tasks.ReadWrite.All", 4_230, "Tasks.ReadWrite"),
    _other("Alert", "security/alerts", "SecurityEvents.ReadWrite.All", 43_200),
    _other("Printer", "print/printers/{}/jobs", "Printer.Read.All", 4_230),
    _other("PrintTaskDefinition", "print/taskdefinitions/{}/tasks", "PrintTaskDefinition.ReadWrite.All", 4_230),
    _other("Conversation", "groups/{}/conversations", None, 4_230, "Group.Read.All"),
    _teams("Chat", ("chats", "chats/{}"), "Chat.ReadBasic.All", "Chat.ReadBasic"),
    _teams("Team", ("teams", "teams/{}"), "Team.ReadBasic.All"),
    _teams("Channel", ("teams/{}/channels", "teams/getallchannels"), "Channel.ReadBasic.All"),
    _teams("CallRecording", ("communications/onlinemeetings/getallrecordings",), "OnlineMeetingRecording.Read.All"),
    _teams("CallTranscript", ("communications/onlinemeetings/getalltranscripts",), "OnlineMeetingTranscript.Read.All"),
)
