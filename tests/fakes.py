"""Microsoft Graph in memory, as the flows' port sees it: subscriptions with Graph's refusals, mailboxes with delta.

Scripted faults come before the call does anything (`refuse`), or after it did (`lose_answer`).
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from builders import FixedClock

from shared.ports import DeltaItem, DeltaPage, GraphFault, GraphSubscription, NewSubscription

PAGE = 10  # items of a delta page
BATCH = 20  # requests in a $batch
ALL = ("created", "updated", "deleted")


@dataclass(frozen=True, slots=True)
class _Place:
    """What a delta link stands for: items of its round that were not shown yet, and where the next round begins."""

    left: tuple[DeltaItem, ...]
    next_round: int
    is_new_round: bool
    is_empty: bool = False


@dataclass(slots=True)
class FakeGraph:
    """`calls` counts by method name; `client_states` shows what GET never does; each call takes `seconds_per_call`."""

    clock: FixedClock = field(default_factory=FixedClock)
    subscriptions: dict[str, GraphSubscription] = field(default_factory=dict)
    client_states: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)  # requests in each $batch
    item_faults: dict[str, GraphFault] = field(default_factory=dict)  # of a batch, by id or new resource, used up
    unlisted: set[str] = field(default_factory=set)  # ids that live, and that lists lack
    members: dict[str, list[str]] = field(default_factory=dict)  # people by group
    longest: timedelta | None = None  # a life that is longer is refused with 400, which says so
    folders: dict[str, list[str]] = field(default_factory=dict)  # by person; inbox and archive unless said
    has_empty_pages: bool = False
    seconds_per_call: float = 0
    _changes: dict[tuple[str, str], list[DeltaItem]] = field(default_factory=dict)  # by person and folder, in order
    _messages: dict[tuple[str, str], tuple[str, DeltaItem]] = field(default_factory=dict)
    _places: dict[str, _Place] = field(default_factory=dict)
    _scripts: dict[str, deque[tuple[GraphFault, bool]]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def refuse(self, method: str, fault: GraphFault, *, times: int = 1) -> None:
        self._scripts.setdefault(method, deque()).extend([(fault, False)] * times)

    def lose_answer(self, method: str) -> None:
        """The next call is carried out, but nobody hears of it."""
        self._scripts.setdefault(method, deque()).append((GraphFault(0, "ReadTimeout", ""), True))

    def put_subscription(self, resource: str, url: str, *, lifecycle_url: str | None = None) -> str:
        """One that lives already, whoever made it. Its id."""
        return self._make(resource, ALL, url, lifecycle_url, self.clock.now() + timedelta(days=2)).id

    def put_message(self, person: str, item: str, *, folder: str = "inbox", changed_at: datetime | None = None) -> str:
        """A new message, or a new version of one. Its ETag."""
        at, before = changed_at or self.clock.now(), self._messages.get((person, item))
        created_at = before[1].created_at if before else at
        etag = f'W/"{next(self._numbers)}"'
        found = DeltaItem(id=item, etag=etag, created_at=created_at, changed_at=at, removed=False)
        self._messages[person, item] = folder, found
        self._changes.setdefault((person, folder), []).append(found)
        return etag

    def move_message(self, person: str, item: str, folder: str) -> None:
        """Under the same id, as with Prefer: IdType="ImmutableId"."""
        old, found = self._messages[person, item]
        self._changes[person, old].append(_removed(item))
        self._changes.setdefault((person, folder), []).append(found)
        self._messages[person, item] = folder, found

    def delete_message(self, person: str, item: str) -> None:
        folder, _ = self._messages.pop((person, item))
        self._changes[person, folder].append(_removed(item))

    def expire_links(self) -> None:
        """Every link that was given out is answered with 410 from now on."""
        self._places.clear()

    def living(self) -> list[GraphSubscription]:
        now = self.clock.now()
        return [known for known in self.subscriptions.values() if known.expires_at > now]

    async def create_subscriptions(self, wanted: Sequence[NewSubscription]) -> Sequence[GraphSubscription | GraphFault]:
        is_lost = self._begin_batch("create_subscriptions", wanted)
        return _answer([self._create(one) for one in wanted], is_lost)

    async def get_subscription(self, id: str) -> GraphSubscription:  # noqa: A002
        is_lost = self._begin("get_subscription")
        return _answer(self._living_one(id), is_lost)

    async def renew_subscriptions(
        self, expiries: Mapping[str, datetime]
    ) -> Mapping[str, GraphSubscription | GraphFault]:
        is_lost = self._begin_batch("renew_subscriptions", expiries)
        return _answer({id_: self._renew(id_, expires_at) for id_, expires_at in expiries.items()}, is_lost)

    async def delete_subscriptions(self, ids: Sequence[str]) -> Mapping[str, GraphFault | None]:
        is_lost = self._begin_batch("delete_subscriptions", ids)
        return _answer({id_: self._delete(id_) for id_ in ids}, is_lost)

    async def list_subscriptions(self) -> Sequence[GraphSubscription]:
        is_lost = self._begin("list_subscriptions")
        return _answer([known for known in self.living() if known.id not in self.unlisted], is_lost)

    async def reauthorize_subscription(self, id: str) -> None:  # noqa: A002
        is_lost = self._begin("reauthorize_subscription")
        self._living_one(id)
        _answer(None, is_lost)

    async def group_members(self, group_id: str) -> Sequence[str]:
        is_lost = self._begin("group_members")
        if group_id not in self.members:
            raise GraphFault(404, "Request_ResourceNotFound", f"Resource '{group_id}' does not exist")
        return _answer(list(self.members[group_id]), is_lost)

    async def mail_folders(self, user_id: str) -> Sequence[str]:
        is_lost = self._begin("mail_folders")
        if not user_id:
            raise GraphFault(404, "ResourceNotFound", "no such user")
        return _answer(self.folders.get(user_id, ["inbox", "archive"]), is_lost)

    async def message_delta(self, user_id: str, folder_id: str, link: str | None) -> DeltaPage:
        is_lost = self._begin("message_delta")
        return _answer(self._page(user_id, folder_id, link), is_lost)

    async def message_exists(self, user_id: str, message_id: str) -> bool:
        is_lost = self._begin("message_exists")
        return _answer((user_id, message_id) in self._messages, is_lost)

    def _begin_batch(self, method: str, items: Sequence[object] | Mapping[str, object]) -> bool:
        assert 1 <= len(items) <= BATCH, f"a $batch of {len(items)}"
        self.batches.append(len(items))
        return self._begin(method)

    def _begin(self, method: str) -> bool:
        """Counts the call and raises what waits for it. True: its answer is to be lost once it is carried out."""
        self.calls[method] += 1
        self.clock.advance(timedelta(seconds=self.seconds_per_call))
        script = self._scripts.get(method)
        fault, is_carried_out = script.popleft() if script else (None, False)
        if fault and not is_carried_out:
            raise fault
        return is_carried_out

    def _create(self, wanted: NewSubscription) -> GraphSubscription | GraphFault:
        if fault := self.item_faults.pop(wanted.resource, None) or self._too_long(wanted.expires_at):
            return fault
        for known in self.living():
            if (known.resource, known.change_types) == (wanted.resource, wanted.change_types):  # whatever the URL
                return _conflict(known.id)
        made = self._make(wanted.resource, wanted.change_types, wanted.url, wanted.url, wanted.expires_at)
        self.client_states[made.id] = wanted.client_state
        return made

    def _delete(self, id_: str) -> GraphFault | None:
        if fault := self.item_faults.pop(id_, None):
            return fault
        self.subscriptions.pop(id_, None)
        return None

    def _too_long(self, expires_at: datetime) -> GraphFault | None:
        if self.longest is None or expires_at <= self.clock.now() + self.longest:
            return None
        minutes = int(self.longest / timedelta(minutes=1))
        return GraphFault(
            400, "ValidationError", f"Subscription expiration can only be {minutes} minutes in the future."
        )

    def _make(
        self, resource: str, change_types: tuple[str, ...], url: str, lifecycle_url: str | None, expires_at: datetime
    ) -> GraphSubscription:
        made = GraphSubscription(
            id=f"sub-{next(self._numbers)}",
            resource=resource,
            change_types=change_types,
            expires_at=expires_at,
            url=url,
            lifecycle_url=lifecycle_url,
        )
        self.subscriptions[made.id] = made
        return made

    def _living_one(self, id_: str) -> GraphSubscription:
        found = self.subscriptions.get(id_)
        if found is None or found.expires_at <= self.clock.now():
            raise GraphFault(404, "ResourceNotFound", f"The object {id_} was not found.")
        return found

    def _renew(self, id_: str, expires_at: datetime) -> GraphSubscription | GraphFault:
        if fault := self.item_faults.pop(id_, None) or self._too_long(expires_at):
            return fault
        try:
            self.subscriptions[id_] = replace(self._living_one(id_), expires_at=expires_at)
        except GraphFault as fault:
            return fault
        return self.subscriptions[id_]

    def _page(self, person: str, folder: str, link: str | None) -> DeltaPage:
        if link is not None and link not in self._places:
            raise GraphFault(410, "SyncStateNotFound", "The sync state generation is not found.")
        changes = self._changes.get((person, folder), [])
        place = self._places[link] if link else _Place(self._held(person, folder), len(changes), is_new_round=False)
        if place.is_new_round:
            place = _Place(_newest(changes[place.next_round :]), len(changes), is_new_round=False)
        if self.has_empty_pages and place.left and not place.is_empty:
            return DeltaPage(items=(), link=self._keep(replace(place, is_empty=True)), is_last=False)
        shown, left = place.left[:PAGE], place.left[PAGE:]
        onward = _Place(left, place.next_round, is_new_round=not left)
        return DeltaPage(items=shown, link=self._keep(onward), is_last=not left)

    def _held(self, person: str, folder: str) -> tuple[DeltaItem, ...]:
        return tuple(found for (owner, _), (at, found) in self._messages.items() if (owner, at) == (person, folder))

    def _keep(self, place: _Place) -> str:
        link = f"https://graph.microsoft.com/v1.0/delta/{next(self._numbers)}"
        self._places[link] = place
        return link


def _newest(changes: Sequence[DeltaItem]) -> tuple[DeltaItem, ...]:
    """Delta shows each entity once, as it is now."""
    by_id: dict[str, DeltaItem] = {}
    for found in changes:
        by_id.pop(found.id, None)
        by_id[found.id] = found
    return tuple(by_id.values())


def _removed(item: str) -> DeltaItem:
    return DeltaItem(id=item, etag="", created_at=None, changed_at=None, removed=True)


def _conflict(id_: str) -> GraphFault:
    message = f"Subscription Id {id_} already exists for the requested combination"
    return GraphFault(409, "Conflict", message)


def _answer[Answer](answer: Answer, is_lost: bool) -> Answer:
    if is_lost:
        raise GraphFault(0, "ReadTimeout", "no answer")
    return answer
