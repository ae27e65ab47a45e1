"""Microsoft Graph in memory, as the flows' port sees it: subscriptions with Graph's refusals, mailboxes with delta.

Scripted faults come before the call does anything (`refuse`), or after it did (`lose_answer`).
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from builders import FixedClock
from fake_delta import Collections

from shared.ports import DeltaPage, GraphFault, GraphSubscription, Head, NewSubscription, PublishFault

BATCH = 20  # requests in a $batch
ALL = ("created", "updated", "deleted")


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
    named: dict[str, Head | GraphFault] = field(default_factory=dict)  # what `heads` answers, by resource
    collections: Collections = field(default_factory=Collections)
    seconds_per_call: float = 0
    touches: list[tuple[str, str, datetime]] = field(default_factory=list)  # id, PATCH or reauthorize, when
    _scripts: dict[str, deque[tuple[GraphFault, bool]]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def refuse(self, method: str, fault: GraphFault, *, times: int = 1) -> None:
        self._scripts.setdefault(method, deque()).extend([(fault, False)] * times)

    def lose_answer(self, method: str) -> None:
        """The next call is carried out, but nobody hears of it."""
        self._scripts.setdefault(method, deque()).append((GraphFault(0, "ReadTimeout", ""), True))

    def refusals_end(self) -> None:
        self._scripts.clear()

    def put_subscription(self, resource: str, url: str, *, lifecycle_url: str | None = None) -> str:
        """One that lives already, whoever made it. Its id."""
        return self._make(resource, ALL, url, lifecycle_url, self.clock.now() + timedelta(days=2)).id

    def put_message(self, person: str, item: str, *, folder: str = "inbox", changed_at: datetime | None = None) -> str:
        """A new message, or a new version of one. Its ETag."""
        return self.collections.put(_mail(person, folder), item, at=changed_at or self.clock.now())

    def move_message(self, person: str, item: str, folder: str) -> None:
        self.collections.move(item, self._folder_of(person, item), _mail(person, folder))

    def delete_message(self, person: str, item: str) -> None:
        self.collections.remove(self._folder_of(person, item), item)

    def expire_links(self) -> None:
        """Every link that was given out is answered with 410 from now on."""
        self.collections.expire_links()

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
        self.touches.append((id, "reauthorize", self.clock.now()))
        _answer(None, is_lost)

    async def group_members(self, group_id: str) -> Sequence[str]:
        is_lost = self._begin("group_members")
        if group_id not in self.members:
            raise GraphFault(404, "Request_ResourceNotFound", f"Resource '{group_id}' does not exist")
        return _answer(list(self.members[group_id]), is_lost)

    async def collection_ids(self, path: str) -> Sequence[str]:
        """Folders of a mailbox; no contact folders beside the default one."""
        is_lost = self._begin("collection_ids")
        _, user, name = path.split("/")
        if not user:
            raise GraphFault(404, "ResourceNotFound", "no such user")
        usual = ["inbox", "archive"] if name == "mailFolders" else []
        return _answer(self.folders.get(user, usual), is_lost)

    async def delta(self, path: str, link: str | None) -> DeltaPage:
        is_lost = self._begin("delta")
        return _answer(self.collections.page(path, link), is_lost)

    async def exists(self, path: str) -> bool:
        is_lost = self._begin("exists")
        parts = path.split("/")
        return _answer(
            self.collections.where(parts[-1], "/".join(parts[:2]) if len(parts) > 2 else parts[0]) is not None, is_lost
        )

    async def heads(self, resources: Sequence[str]) -> Sequence[Head | GraphFault]:
        is_lost = self._begin_batch("heads", resources)
        gone = GraphFault(404, "ResourceNotFound", "no such entity")
        return _answer([self.named.get(resource, gone) for resource in resources], is_lost)

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
            self.touches.append((id_, "PATCH", self.clock.now()))
        except GraphFault as fault:
            return fault
        return self.subscriptions[id_]

    def _folder_of(self, person: str, item: str) -> str:
        found = self.collections.where(item, f"users/{person}/mailFolders/")
        assert found, f"{person} has no message {item}"
        return found


@dataclass(slots=True)
class FakeTopics:
    """What each custom topic was sent. `faults` are used up, one by each sending."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    faults: deque[PublishFault] = field(default_factory=deque)

    async def send(self, endpoint: str, event: str) -> None:
        if self.faults:
            raise self.faults.popleft()
        self.sent.append((endpoint, event))


def _mail(person: str, folder: str) -> str:
    return f"users/{person}/mailFolders/{folder}/messages"


def _conflict(id_: str) -> GraphFault:
    message = f"Subscription Id {id_} already exists for the requested combination"
    return GraphFault(409, "Conflict", message)


def _answer[Answer](answer: Answer, is_lost: bool) -> Answer:
    if is_lost:
        raise GraphFault(0, "ReadTimeout", "no answer")
    return answer
