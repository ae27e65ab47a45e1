"""What delta query reads of each resource: where, and how its findings compare with notifications. Pure.

https://learn.microsoft.com/graph/delta-query-overview. A change that delta found and one that was announced are the
same when both carry one version. Which do, is a fact of the vendor's:

kind                       announced with      delta shows             so what was announced already is told by
messages, events, contacts @odata.etag         @odata.etag             its version: never reported twice
channel messages           no version          etag, lastModified…     time: an announcement since the last modification
users, groups              sequenceNumber      neither version nor     nothing: once for each entity and reading, what
                                               time                    was announced shows a second time as recovered
tasks                      no version, no id   @odata.etag             nothing, likewise
drive items, list items    no id at all        eTag, lastModified…     nothing; delta alone says which item it was

Events are read by windows of the main calendar's view: the calendar years (UTC) that touch the time from 30 days ago
to 365 days ahead. Years come into sight and fall out of it; no link ever moves, and what lies beyond, or in another
calendar of the mailbox, is not recovered.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from shared.domain.events.notifications import normal_resource
from shared.domain.watching.resource import ALL

BEHIND, AHEAD = timedelta(days=30), timedelta(days=365)  # of events


class SeenBy(StrEnum):
    """By what a change that was announced is known again."""

    VERSION = "version"
    TIME = "time"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """`noun` is the entity's in event types. `keeps_known`: delta shows neither version nor time, so that what was
    known is kept as digests, and a full reading is held against them. `skipped`: types that are no entities."""

    noun: str
    seen_by: SeenBy
    change_types: tuple[str, ...] = ALL  # that Graph announces
    keeps_known: bool = False
    skipped: tuple[str, ...] = ()

    @property
    def is_measurable(self) -> bool:
        """Can it be said how many of its changes were never announced?"""
        return self.seen_by is SeenBy.VERSION


DIRECTORY = ("updated", "deleted")

DELTAS: Mapping[str, Delta] = {
    "messages": Delta(noun="Message", seen_by=SeenBy.VERSION),
    # occurrences are made from their series, which is there itself
    "events": Delta(noun="Event", seen_by=SeenBy.VERSION, skipped=("occurrence",)),
    "contacts": Delta(noun="Contact", seen_by=SeenBy.VERSION),
    "users": Delta(noun="User", seen_by=SeenBy.NOTHING, change_types=DIRECTORY, keeps_known=True),
    "groups": Delta(noun="Group", seen_by=SeenBy.NOTHING, change_types=DIRECTORY, keeps_known=True),
    # the root itself comes with every reading
    "drive_items": Delta(noun="DriveItem", seen_by=SeenBy.NOTHING, change_types=("updated",), skipped=("root",)),
    "list_items": Delta(noun="List", seen_by=SeenBy.NOTHING, change_types=("updated",)),
    "tasks": Delta(noun="ToDo", seen_by=SeenBy.NOTHING),
    "channel_messages": Delta(noun="ChatMessage", seen_by=SeenBy.TIME),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One thing that a delta link stands for: a folder, a list, a year of the calendar.

    `key` names it among its subscription's; `path` begins a reading, `mark` a first one, of which only the link to
    what comes later is wanted. Both are relative to Graph's root.
    """

    key: str
    path: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a resource is read. `listing` is the collection whose ids are the places, beside those in `always`;
    empty: there is one place. `item`: an entity's resource, with `{item}`. `only`: the one entity that counts."""

    kind: Delta
    item: str
    page: str
    listing: str = ""
    always: tuple[str, ...] = ("",)
    mark: str = ""
    only: str = ""

    @property
    def are_many(self) -> bool:
        """Leaving one place may mean coming to another: only its own address says that an entity is gone."""
        return bool(self.listing) or "{year}" in self.page

    def of(self, ids: Iterable[str], *, now: datetime) -> list[Place]:
        """All places; `ids` are the entities of `listing`."""
        found = dict.fromkeys((*self.always, *ids))
        return [place for one in found for place in self._at(one, now)]

    def item_path(self, item: str) -> str:
        return self.item.replace("{item}", quote(item, safe="=-_"))

    def item_resource(self, item: str) -> str:
        """As a notification names it, in one spelling."""
        return normal_resource(self.item.replace("{item}", item))

    def item_of(self, resource: str) -> str:
        """The entity's id in a resource of the journal's, empty when it is of another form."""
        before = normal_resource(self.item.replace("/{item}", ""))
        head, _, item = resource.rpartition("/")
        return item if head == before else ""

    def _at(self, one: str, now: datetime) -> list[Place]:
        page = self.page.replace("{place}", quote(one, safe="=-_"))
        if "{year}" not in page:
            return [Place(key=one, path=page, mark=page + self.mark)]
        years = range((now - BEHIND).year, (now + AHEAD).year + 1)
        windows = [(f"{one}|{year}", _window(page, year)) for year in years]
        return [Place(key=key, path=path, mark=path) for key, path in windows]


MAIL = "?$select=createdDateTime,lastModifiedDateTime"
GROUP = "groups/delta?$select=displayName,description,mail,members"
_TABLE: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "users/{user}/messages",
        "messages",
        {
            "listing": "users/{user}/mailFolders",
            "page": "users/{user}/mailFolders/{place}/messages/delta" + MAIL,
            "item": "users/{user}/messages/{item}",
        },
    ),
    (
        "users/{user}/mailFolders/{folder}/messages",
        "messages",
        {
            "always": "{folder}",
            "page": "users/{user}/mailFolders/{place}/messages/delta" + MAIL,
            "item": "users/{user}/messages/{item}",
        },
    ),
    (
        "users/{user}/events",
        "events",
        {"page": "users/{user}/calendarView/delta{year}", "item": "users/{user}/events/{item}"},
    ),
    (
        "users/{user}/contacts",
        "contacts",
        {
            "listing": "users/{user}/contactFolders",
            "always": "contacts",  # the default folder, by its well-known name: the listing shows the others
            "page": "users/{user}/contactFolders/{place}/contacts/delta",
            "item": "users/{user}/contacts/{item}",
        },
    ),
    (
        "users/{user}/contactFolders/{folder}/contacts",
        "contacts",
        {
            "always": "{folder}",
            "page": "users/{user}/contactFolders/{place}/contacts/delta",
            "item": "users/{user}/contacts/{item}",
        },
    ),
    ("users", "users", {"page": "users/delta", "item": "users/{item}"}),
    ("users/{id}", "users", {"page": "users/delta?$filter=id eq '{id}'", "item": "users/{item}", "only": "{id}"}),
    ("groups", "groups", {"page": GROUP, "item": "groups/{item}"}),
    *(
        (path, "groups", {"page": GROUP + "&$filter=id eq '{id}'", "item": "groups/{item}", "only": "{id}"})
        for path in ("groups/{id}", "groups/{id}/members", "groups/{id}/owners")
    ),
    (
        "drives/{drive}/root",
        "drive_items",
        {"page": "drives/{drive}/root/delta", "mark": "?token=latest", "item": "drives/{drive}/items/{item}"},
    ),
    (
        "users/{user}/drive/root",
        "drive_items",
        {"page": "users/{user}/drive/root/delta", "mark": "?token=latest", "item": "users/{user}/drive/items/{item}"},
    ),
    (
        "sites/{site}/lists/{list}",
        "list_items",
        {
            "page": "sites/{site}/lists/{list}/items/delta",
            "mark": "?token=latest",
            "item": "sites/{site}/lists/{list}/items/{item}",
        },
    ),
    (
        "users/{user}/todo/lists/{list}/tasks",
        "tasks",
        {
            "page": "users/{user}/todo/lists/{list}/tasks/delta",
            "item": "users/{user}/todo/lists/{list}/tasks/{item}",
        },
    ),
    (
        "teams/{team}/channels/{channel}/messages",
        "channel_messages",
        {
            "page": "teams/{team}/channels/{channel}/messages/delta",
            "item": "teams/{team}/channels/{channel}/messages/{item}",
        },
    ),
)


def places_of(resource: str) -> Places | None:
    """Where delta reads what a subscription watches, None where Graph has no delta for it."""
    have = re.sub(r"\('([^']*)'\)", r"/\1", resource).strip("/").split("/")
    for path, kind, texts in _TABLE:
        keys = _keys(path.split("/"), have)
        if keys is not None:
            filled = {name: _filled(text, keys) for name, text in texts.items()}
            always = (filled.pop("always"),) if "always" in filled else () if "listing" in filled else ("",)
            return Places(kind=DELTAS[kind], always=always, **filled)
    return None


def change_of(
    kind: Delta,
    *,
    is_removed: bool,
    is_restorable: bool,
    is_new: bool,
    was_changed: bool,
    wanted: Iterable[str],
) -> str | None:
    """The change type as Graph would have announced it, None when nobody asked for such a change.

    `is_new`: made since the last reading; `was_changed`: and changed after that, which may have been announced alone.
    The directory says of what can be restored that it was updated, drives and lists say so of everything.
    """
    told = "deleted" if is_removed and not is_restorable else "created" if is_new and not is_removed else "updated"
    if told not in kind.change_types:
        told = "updated"
    if told in wanted:
        return told
    return "updated" if told == "created" and was_changed and "updated" in wanted else None


def _keys(want: list[str], have: list[str]) -> dict[str, str] | None:
    if len(want) != len(have):
        return None
    pairs = list(zip(want, have, strict=True))
    if any(not w.startswith("{") and w.lower() != h.lower() for w, h in pairs):
        return None
    return {w.strip("{}"): h for w, h in pairs if w.startswith("{")}


def _filled(text: str, keys: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: keys.get(found[1], found[0]), text)


def _window(page: str, year: int) -> str:
    start, end = f"{year}-01-01T00:00:00Z", f"{year + 1}-01-01T00:00:00Z"
    return page.replace("{year}", f"?startDateTime={start}&endDateTime={end}")
