"""The life of one subscription, and what is to be done with it now. Pure.

    wanted ──intent written──▶ creating ──201──▶ resyncing ──caught up──▶ live ─┐
       ▲                        │                    ▲                     │     │ due: PATCH the expiry
       │        409 with the id that the row had → it lives, and stays     │◀────┘
       │        409, another id of our URL → delete that, create           │ 404, removed, expired, spec or URL changed
       │                                                                   ▼
       └────── pause over ── parked ◀──────────── refused (403 …) ── recreating ──▶ (as wanted)

    retired: no entry wants it any more; it is deleted at Graph, then its rows go.
    held (in the state parked, or retired while it is being deleted): only a person's `apply` frees it.

How one state becomes another: `domain.watching.transitions`.

Every state that needs work has a due time, and the due index orders by it: a tick reads what is due and nothing else.
A change lost between two subscriptions is found by delta, so whatever is made anew is resynced.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.watching.topic import same_url
from shared.domain.watching.watch import SubscriptionSpec

FILL_FROM = 0.50  # of the life
APART = timedelta(minutes=11)  # of PATCH and /reauthorize: Graph wants ten, and clocks of instances differ


class State(StrEnum):
    WANTED = "wanted"
    CREATING = "creating"
    LIVE = "live"
    RECREATING = "recreating"
    RESYNCING = "resyncing"
    PARKED = "parked"
    RETIRED = "retired"


class Act(StrEnum):
    """What `plan` and `next_act` ask for; flows.keep_alive carries it out."""

    CREATE = "create"
    RENEW = "renew"
    RECREATE = "recreate"
    RESYNC = "resync"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Our master row of one Graph subscription. Times are in UTC; `id` is Graph's, empty while there is none.

    `resync` names why delta must run (empty: it need not); `faults` counts failures in a row; `note` is for people.
    `held` says why nothing is done until a person asks. `heard_at` is the last event as the audit knew it, and
    `longest_silence` the longest time between two; `changes` and `lost` are what the audit of `audited_at` found.
    """

    spec: str
    entry: str
    resource: str
    change_types: tuple[str, ...]
    lifetime: timedelta
    delta: str
    state: State
    due_at: datetime
    id: str = ""
    url: str = ""
    former_id: str = ""  # while it is made anew though the old one may live
    key_version: int = 0
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    renewed_at: datetime | None = None
    touching_at: datetime | None = None  # PATCH or /reauthorize; that one is written down before it is called
    held: str = ""
    heard_at: datetime | None = None
    longest_silence: timedelta = timedelta()
    audited_at: datetime | None = None
    changes: int = 0
    lost: int = 0
    resync: str = ""
    faults: int = 0
    note: str = ""
    row: str = ""  # key of the row that it was read from, whose ETag fences the next write
    etag: str = ""

    @property
    def subject(self) -> str:
        return self.spec.partition("~")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One difference between what should be watched and what is."""

    act: Act
    spec: str
    why: str
    resource: str = ""


def plan(
    specs: Mapping[str, SubscriptionSpec],
    known: Mapping[str, Subscription],
    *,
    url: str,
    now: datetime,
    unread: Collection[str] = (),
) -> list[Step]:
    """One step for every spec and every subscription, `keep` where nothing differs.

    `unread` names entries whose group could not be read: what is known of them stays as it is.
    """
    steps = [_step_for(spec, known.get(key), url=url, now=now) for key, spec in specs.items()]
    return steps + [_step_without(one, unread) for key, one in known.items() if key not in specs]


def next_act(subscription: Subscription, *, now: datetime) -> Act:
    """What a due subscription needs, by its state alone."""
    match subscription.state:
        case State.WANTED | State.CREATING:
            return Act.CREATE
        case State.RECREATING:
            return Act.RECREATE
        case State.RETIRED:
            return Act.REMOVE
        case State.LIVE | State.RESYNCING | State.PARKED:
            if not subscription.id:
                return Act.CREATE
            if subscription.expires_at and subscription.expires_at <= now:
                return Act.RECREATE
            if subscription.renew_at and subscription.renew_at <= now:
                return Act.RENEW
            return Act.RESYNC if subscription.resync else Act.KEEP


def is_held(known: Subscription, *, url: str) -> bool:
    """Only a person's `apply` sets it going; but one that is stranded at a topic is free once that is another."""
    is_stranded = known.state is State.PARKED and known.id and known.url
    return bool(known.held) and not (is_stranded and not same_url(known.url, url))


def was_reauthorized(subscription: Subscription) -> bool:
    """The last touch was /reauthorize by hand, not a PATCH."""
    touching, renewed = subscription.touching_at, subscription.renewed_at
    return touching is not None and (renewed is None or touching > renewed)


def may_fill(subscription: Subscription, *, now: datetime) -> bool:
    """Past half of its life, it may take a place that is left in a batch of renewals: also while it is to be read.

    One whose own renewal failed, or is asked for, has a pause to keep.
    """
    if not is_lasting(subscription, now=now) or not (subscription.expires_at and subscription.renewed_at):
        return False
    if subscription.touching_at and was_reauthorized(subscription) and now < subscription.touching_at + APART:
        return False
    return now >= subscription.renewed_at + (subscription.expires_at - subscription.renewed_at) * FILL_FROM


def is_lasting(subscription: Subscription, *, now: datetime) -> bool:
    """It lives, and its renewal lies ahead."""
    lives = subscription.state in (State.LIVE, State.RESYNCING) and bool(subscription.id)
    return lives and subscription.renew_at is not None and subscription.renew_at > now


def share_left(subscription: Subscription, *, now: datetime) -> float:
    """Of its life: 1 when it was just renewed, 0 at its end, below that later; 0 when nothing is known of it."""
    end, start = subscription.expires_at, subscription.renewed_at
    return (end - now) / (end - start) if end and start and end > start else 0


def least_life(some: Iterable[Subscription], *, now: datetime) -> tuple[float, Subscription, datetime] | None:
    """Of those that live, the one with the smallest part of its life left: (that part, it, its end)."""
    lives = [(share_left(one, now=now), one.spec, one, one.expires_at) for one in some if one.id and one.expires_at]
    if not lives:
        return None
    left, _, one, end = min(lives, key=lambda life: life[:2])
    return left, one, end


def shown_state(subscription: Subscription, *, now: datetime) -> str:
    """The state as people read it: a live one whose renewal is asked for is `due`."""
    is_due = subscription.state is State.LIVE and subscription.due_at <= now
    return "due" if is_due else subscription.state.value


def _step_for(spec: SubscriptionSpec, known: Subscription | None, *, url: str, now: datetime) -> Step:
    act, why = _difference(spec, known, url=url, now=now)
    return Step(act=act, spec=spec.key, why=why, resource=spec.resource)


def _difference(spec: SubscriptionSpec, known: Subscription | None, *, url: str, now: datetime) -> tuple[Act, str]:
    if known is None:
        return Act.CREATE, "it does not exist yet"
    if is_held(known, url=url):
        return Act.RECREATE if known.id else Act.CREATE, known.held
    if known.state is State.RETIRED or (known.resource, known.change_types) != (spec.resource, spec.change_types):
        return Act.RECREATE, "its entry changed"
    if known.url and not same_url(known.url, url):
        return Act.RECREATE, "the partner topic changed"
    act = next_act(known, now=now) if known.due_at <= now else Act.KEEP
    why = known.note if known.state is State.PARKED else ""
    return act, why or known.resync or known.note or known.state.value


def _step_without(known: Subscription, unread: Collection[str]) -> Step:
    act, why = Act.REMOVE, "no entry wants it any more"
    if known.entry in unread and known.state is not State.RETIRED:
        act, why = Act.KEEP, "its group can't be read: who is known of it stays"
    return Step(act=act, spec=known.spec, why=why, resource=known.resource)
