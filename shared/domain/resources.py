"""What Graph lets an app watch: one row a resource. Pure.

Lifetimes: https://learn.microsoft.com/graph/api/resources/subscription (2026-09-17); permissions:
https://learn.microsoft.com/graph/api/subscription-post-subscriptions (2026-05-05).
"""

import re
from dataclasses import dataclass
from datetime import timedelta

ALL = ("created", "updated", "deleted")
ID = r"[^/]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind of resource. `lifetime` is what we ask for: a little below the cap, as live caps were seen lower."""

    path: str  # regular expression over the whole resource, letters' case ignored
    max_minutes: int
    change_types: tuple[str, ...] = ALL
    permission: str  # application permission; empty: only delegated permissions can watch it
    announces_loss: bool = False  # sends subscriptionRemoved and missed (Outlook)
    delta: str = ""  # what catch_up reads: messages; empty: nothing to catch up from yet

    @property
    def lifetime(self) -> timedelta:
        return timedelta(minutes=self.max_minutes - min(90, self.max_minutes // 20))


OUTLOOK = 10_070  # documented 10,080; three public clients saw the live service refuse more than 10,070

RESOURCES = (
    Resource(
        path=rf"users(/{ID})?", max_minutes=41_760, change_types=("updated", "deleted"), permission="User.Read.All"
    ),
    Resource(
        path=rf"groups(/{ID}(/members|/owners)?)?",
        max_minutes=41_760,
        change_types=("updated", "deleted"),
        permission="Group.Read.All",
    ),
    Resource(
        path=rf"users/{ID}/(mailfolders(/{ID}|\('[^']+'\))/)?messages",
        max_minutes=OUTLOOK,
        permission="Mail.Read",
        announces_loss=True,
        delta="messages",
    ),
    Resource(path=rf"users/{ID}/events", max_minutes=OUTLOOK, permission="Calendars.Read", announces_loss=True),
    Resource(
        path=rf"users/{ID}/(contactfolders/{ID}/)?contacts",
        max_minutes=OUTLOOK,
        permission="Contacts.Read",
        announces_loss=True,
    ),
    Resource(path="communications/callrecords", max_minutes=4_230, permission="CallRecords.Read.All"),
    Resource(
        path=rf"teams/getallmessages|teams/{ID}/channels/{ID}/messages",
        max_minutes=4_320,
        permission="ChannelMessage.Read.All",
    ),
    Resource(
        path=rf"chats/getallmessages|chats/{ID}/messages|users/{ID}/chats/getallmessages",
        max_minutes=4_320,
        permission="Chat.Read.All",
    ),
    Resource(
        path=rf"drives/{ID}/root|users/{ID}/drive/root",
        max_minutes=42_300,
        change_types=("updated",),
        permission="Files.Read.All",
    ),
    Resource(
        path=rf"sites/{ID}/lists/{ID}", max_minutes=42_300, change_types=("updated",), permission="Sites.Read.All"
    ),
    Resource(path=rf"users/{ID}/todo/lists/{ID}/tasks", max_minutes=4_230, permission="Tasks.ReadWrite.All"),
    Resource(
        path=r"security/alerts(/[^/]+|\?\$filter=.+)?", max_minutes=43_200, permission="SecurityEvents.ReadWrite.All"
    ),
    Resource(path=rf"print/printers/{ID}/jobs", max_minutes=4_230, permission="Printer.Read.All"),
    Resource(
        path=rf"print/taskdefinitions/{ID}/tasks", max_minutes=4_230, permission="PrintTaskDefinition.ReadWrite.All"
    ),
    Resource(path=rf"groups/{ID}/conversations", max_minutes=4_230, permission=""),
    Resource(path=r"communications/presences(/[^/]+|\?\$filter=.+)", max_minutes=60, permission=""),
)


def resource_of(path: str) -> Resource | None:
    """The row for a resource as subscriptions.toml writes it, None when Event Grid has no such thing of Graph's."""
    wanted = path.strip("/").lower()
    return next((known for known in RESOURCES if re.fullmatch(known.path, wanted)), None)
