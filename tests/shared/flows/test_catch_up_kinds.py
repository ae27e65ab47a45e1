"""Catching up on every kind that has delta: what it costs, what is told once, and what may show twice."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from builders import ADA, GRACE, TENANT, cloud_event, state_of, watch_of
from house import House

from shared.domain.watching.resources import resource_of
from shared.domain.watching.subscriptions import Subscription
from shared.domain.watching.transitions import wanted
from shared.domain.watching.watch import parse_watch
from shared.flows.catch_up import CaughtUp, NoDelta
from shared.ports import GraphFault

MINUTE = timedelta(minutes=1)
YEAR = f"users/{ADA}/calendarView/2026"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource, where its entities lie, and what catching up costs in calls: for the first time, and later."""

    resource: str
    collection: str
    item: str  # resource of the entity X
    first: int  # calls with 25 entities, ten a page
    later: int  # with nothing new
    has_etag: bool = True
    has_times: bool = True
    types: str = '["created", "updated", "deleted"]'


DIRECTORY = '["updated", "deleted"]'
KINDS = {
    "messages": Kind(
        "users/{user}/messages", f"users/{ADA}/mailFolders/inbox/messages", f"users/{ADA}/messages/X", 5, 3
    ),
    "one_folder": Kind(
        "users/{user}/mailFolders/inbox/messages",
        f"users/{ADA}/mailFolders/inbox/messages",
        f"users/{ADA}/messages/X",
        *(3, 1),
    ),
    "events": Kind("users/{user}/events", YEAR, f"users/{ADA}/events/X", 4, 2),
    "contacts": Kind(
        "users/{user}/contacts", f"users/{ADA}/contactFolders/contacts/contacts", f"users/{ADA}/contacts/X", 4, 2
    ),
    "users": Kind("users", "users", "users/X", 3, 1, has_etag=False, has_times=False, types=DIRECTORY),
    "groups": Kind("groups", "groups", "groups/X", 3, 1, has_etag=False, has_times=False, types=DIRECTORY),
    "drive_items": Kind(
        "users/{user}/drive/root",
        f"users/{ADA}/drive/root",
        f"users/{ADA}/drive/items/X",
        *(1, 1),
        types='["updated"]',
    ),
    "list_items": Kind(
        "sites/S/lists/L", "sites/S/lists/L/items", "sites/S/lists/L/items/X", 1, 1, types='["updated"]'
    ),
    "tasks": Kind(
        "users/{user}/todo/lists/L/tasks",
        f"users/{ADA}/todo/lists/L/tasks",
        f"users/{ADA}/todo/lists/L/tasks/X",
        *(3, 1),
    ),
    "channel_messages": Kind(
        "teams/T/channels/C/messages", "teams/T/channels/C/messages", "teams/T/channels/C/messages/X", 3, 1
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


class Reader:
    """One subscription of one kind, its collection, and its journal."""

    def __init__(self, kind: Kind) -> None:
        who = f'for_each = ["{ADA}"]\n' if "{user}" in kind.resource else ""
        entry = f'name = "it"\nresource = "{kind.resource}"\n{who}change_types = {kind.types}'
        self.kind, self.house = kind, House(watch=parse_watch(watch_of(entry), {}))
        (self.spec,) = self.house.watch.specs
        self.subscription: Subscription = wanted(self.house.watch.specs[self.spec], now=self.house.clock.now())

    def put(self, item: str, **other) -> str:
        at = self.house.clock.now() if self.kind.has_times else None
        usual = {"at": at, "has_etag": self.kind.has_etag}
        return self.house.graph.collections.put(self.kind.collection, item, **(usual | other))

    def remove(self, item: str, **how) -> None:
        self.house.graph.collections.remove(self.kind.collection, item, **how)

    async def run(self, house: House | None = None) -> CaughtUp:
        self.house.clock.advance(MINUTE)
        result = await (house or self.house).catch_up.run(self.subscription)
        self.house.clock.advance(MINUTE)
        return result

    async def told(self) -> list[tuple[str, str]]:
        """(entity, change) of every row."""
        days = (await self.house.journal.days.calendar()).open
        readers = {row[1].split("|")[1] for day in days for row in self._rows(day)}
        rows = await self.house.rows(*readers) if readers else []
        return [(str(row.entity["resource"]).rpartition("/")[2], str(row.entity["change_type"])) for row in rows]

    def _rows(self, day: str):
        return [key for key in self.house.tables.tables[f"log{day}"] if key[1].startswith("r|")]


@every_kind
async def test_what_a_reading_costs_in_calls(kind):
    reader = Reader(kind)
    for number in range(25):
        reader.put(f"e{number}")
    calls = reader.house.graph.calls

    await reader.run()
    first, _ = calls.total(), calls.clear()
    await reader.run()

    assert (first, calls.total()) == (kind.first, kind.later)
    assert await reader.told() == []


@every_kind
async def test_what_was_missed_is_told_once(kind):
    reader = Reader(kind)
    reader.put("old")
    reader.put("gone")
    await reader.run()
    reader.put("new")
    reader.put("old")
    reader.remove("gone")

    first, second = await reader.run(), await reader.run(reader.house.beside())

    only_updates, no_creation = kind.types == '["updated"]', "created" not in kind.types
    assert sorted(await reader.told()) == [
        ("gone", "updated" if only_updates else "deleted"),
        ("new", "updated" if no_creation else "created"),
        ("old", "updated"),
    ]
    assert (first.recovered, second.recovered, second.changes) == (3, 0, 0)


@every_kind
async def test_the_rows_are_the_owner_s_where_the_resource_is_a_person_s(kind):
    reader = Reader(kind)
    await reader.run()
    reader.put("X")
    await reader.run()

    (row,) = [key for day in (await reader.house.days.calendar()).open for key in reader._rows(day)]
    is_private = not row[1].startswith("r|operators|")
    assert is_private == (resource_of(kind.resource).owner == "person")
    (found,) = await reader.house.rows(row[1].split("|")[1])
    assert found.entity["resource"] == kind.item


@every_kind
async def test_a_crash_between_accepting_and_saving_tells_nothing_twice(kind):
    reader = Reader(kind)
    reader.put("gone")
    await reader.run()
    for number in range(12):
        reader.put(f"e{number}")
    reader.remove("gone")

    for saves in range(6):
        dying = reader.house.beside(writer=f"w{saves}")
        dying.catch_up.bookmarks = DyingAfter(dying.catch_up.bookmarks, saves)
        with contextlib.suppress(GraphFault):
            await reader.run(dying)
    await reader.run(reader.house.beside(writer="last"))

    told = await reader.told()
    assert sorted(name for name, _ in told) == sorted(["gone", *(f"e{number}" for number in range(12))])


class DyingAfter:
    """Bookmarks that save so often, and then the process is gone."""

    def __init__(self, inner, saves: int) -> None:
        self._inner, self._left = inner, saves

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def save(self, *args, **kwargs):
        self._left -= 1
        if self._left < 0:
            raise GraphFault(0, "", "died")
        await self._inner.save(*args, **kwargs)


@every_kind
async def test_after_an_expired_link_removals_are_found_by_whoever_ends_the_reading(kind):
    reader = Reader(kind)
    long_ago = {"at": reader.house.clock.now() - timedelta(days=9)} if kind.has_times else {}
    reader.put("stays", **long_ago)
    await reader.run()
    for number in range(22):
        reader.put(f"e{number}")
    await reader.run()
    before = len(await reader.told())
    reader.remove("e3")
    reader.house.graph.expire_links()
    real, pages = reader.house.graph.delta, 0

    async def dying(path, link):
        nonlocal pages
        pages += 1
        if pages == 3:
            raise GraphFault(0, "ConnectError", "died")
        return await real(path, link)

    first = reader.house.beside(writer="first")
    first.catch_up.graph = Other(reader.house.graph, delta=dying)
    with pytest.raises(GraphFault):
        await reader.run(first)
    result = await reader.run(reader.house.beside(writer="second"))

    lost = "updated" if kind.types == '["updated"]' else "deleted"
    assert result.full_resync
    assert (await reader.told())[before:] == [("e3", lost)]
    assert not (await reader.run()).full_resync


class Other:
    """The fake Graph with other ways to answer."""

    def __init__(self, graph, **methods: Callable) -> None:
        self._graph, self._methods = graph, methods

    def __getattr__(self, name):
        return self._methods.get(name) or getattr(self._graph, name)


@pytest.mark.parametrize("name", ["users", "groups"])
async def test_a_full_reading_of_the_directory_tells_only_what_differs_from_what_was_known(name):
    reader = Reader(KINDS[name])
    for number in range(25):
        reader.put(f"e{number}")
    await reader.run()
    reader.put("e7")
    reader.put("new")
    reader.remove("e9")
    reader.house.graph.expire_links()
    reader.house.graph.seconds_per_call = 1

    await reader.run()

    assert reader.house.graph.calls["exists"] == 1  # who was met is not asked for
    assert sorted(await reader.told()) == [("e7", "updated"), ("e9", "deleted"), ("new", "updated")]


async def test_a_user_who_can_be_restored_was_updated_as_graph_says():
    reader = Reader(KINDS["users"])
    reader.put("u")
    await reader.run()
    reader.remove("u", is_restorable=True)

    await reader.run()

    assert await reader.told() == [("u", "updated")]


async def test_a_change_of_a_user_that_was_announced_shows_once_more_and_not_again():
    """Announcements have a sequence number, delta has none: twice is better than never."""
    reader = Reader(KINDS["users"])
    reader.put(GRACE)
    await reader.run()
    reader.put(GRACE)
    await reader.house.receive(announcement(reader, f"Users/{GRACE}", "Microsoft.Graph.UserUpdated"))

    await reader.run()
    await reader.run()

    assert await reader.told() == [(GRACE, "updated")] * 2


async def test_a_channel_message_that_was_announced_since_its_last_change_is_not_told_again():
    reader = Reader(KINDS["channel_messages"])
    await reader.run()
    for name in ("seen", "missed"):
        reader.put(name)
        reader.house.clock.advance(MINUTE)
    resource = "teams('T')/channels('C')/messages('seen')"
    await reader.house.receive(announcement(reader, resource, "Microsoft.Graph.ChatMessageCreated"))

    await reader.run()

    assert sorted(await reader.told()) == [("missed", "created"), ("seen", "created")]


async def test_a_channel_message_that_changed_after_its_announcement_is_told():
    reader = Reader(KINDS["channel_messages"])
    await reader.run()
    reader.put("m")
    resource = "teams('T')/channels('C')/messages('m')"
    await reader.house.receive(announcement(reader, resource, "Microsoft.Graph.ChatMessageCreated"))
    reader.house.clock.advance(MINUTE)
    reader.put("m")

    await reader.run()

    assert len(await reader.told()) == 2


def announcement(reader: Reader, resource: str, event_type: str) -> str:
    change = "created" if event_type.endswith("Created") else "updated"
    details = {"id": resource, "sequenceNumber": "639172048759264180"} if "User" in event_type else {"id": resource}
    data = {
        "subscriptionId": "s",
        "changeType": change,
        "resource": resource,
        "resourceData": details,
        "clientState": state_of(reader.spec),
        "tenantId": TENANT,
    }
    return cloud_event(event_type, data, subject=resource, time=reader.house.clock.now())


async def test_occurrences_of_a_series_are_no_events_of_their_own():
    reader = Reader(KINDS["events"])
    await reader.run()
    reader.put("series", kind="seriesMaster")
    reader.put("tuesday", kind="occurrence")
    reader.put("moved", kind="exception")

    await reader.run()

    assert sorted(name for name, _ in await reader.told()) == ["moved", "series"]


async def test_an_event_that_moved_to_another_year_is_updated_and_not_deleted():
    reader = Reader(KINDS["events"])
    reader.put("e")
    await reader.run()
    reader.house.clock.advance(MINUTE)
    reader.remove("e")
    reader.house.graph.collections.put(YEAR.replace("2026", "2027"), "e", at=reader.house.clock.now())

    await reader.run()

    assert [change for _, change in await reader.told()] != []
    assert "deleted" not in {change for _, change in await reader.told()}


async def test_a_year_that_comes_into_sight_holds_news_but_no_history():
    reader = Reader(KINDS["events"])
    await reader.run()
    later = YEAR.replace("2026", "2028")
    reader.house.graph.collections.put(later, "long ago", at=reader.house.clock.now())
    reader.house.clock.advance(timedelta(days=210))
    reader.house.graph.collections.put(later, "today", at=reader.house.clock.now())

    await reader.run()

    assert await reader.told() == [("today", "created")] or await reader.told() == [("today", "updated")]


async def test_of_a_drive_the_root_that_comes_with_every_reading_is_not_told():
    reader = Reader(KINDS["drive_items"])
    await reader.run()
    reader.put("root", kind="root")

    assert (await reader.run()).changes == 0


async def test_only_the_one_user_who_is_watched_counts():
    kind = Kind(f"users/{GRACE}", "users", "users/X", 0, 0, has_etag=False, has_times=False, types=DIRECTORY)
    reader = Reader(kind)
    await reader.run()
    reader.put(ADA)
    reader.put(GRACE)

    await reader.run()

    assert await reader.told() == [(GRACE, "updated")]


async def test_changes_that_nobody_asked_for_are_not_told():
    kind = KINDS["contacts"]
    reader = Reader(Kind(kind.resource, kind.collection, kind.item, 0, 0, types='["created"]'))
    reader.put("old")
    await reader.run()
    reader.put("old")
    reader.put("new")

    result = await reader.run()

    assert await reader.told() == [("new", "created")]
    assert (result.recovered, result.already_seen) == (1, 1)


async def test_a_resource_without_delta_says_so():
    reader = Reader(Kind("communications/callRecords", "", "", 0, 0, types='["created"]'))

    with pytest.raises(NoDelta):
        await reader.run()
    assert reader.house.graph.calls.total() == 0
