"""The life of one subscription, and what is to be done with it now. Pure.

    wanted ──intent written──▶ creating ──201──▶ resyncing ──caught up──▶ live ─┐
       ▲                        │                    ▲                     │     │ due: PATCH the expiry
       │        409 with the id that the row had → it lives, and stays     │◀────┘
       │        409, another id of our URL → delete that, create           │ 404, removed, expired, spec or URL changed
       │                                                                   ▼
       └────── pause over ── parked ◀──────────── refused (403 …) ── recreating ──▶ (as wanted)

    retired: no entry wants it any more; it is deleted at Graph, then its rows go.

Every state that needs work has a due time, and the due index orders by it: a tick reads what is due and nothing else.
A change lost between two subscriptions is found by delta, so whatever is made anew is resynced.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.topic import same_url
from shared.domain.watch import SubscriptionSpec

RENEW_AT = 0.75  # of the life
FIRST_RENEW_AT = 0.05  # the first renewal is spread from here on, so that no burst repeats for ever
FILL_FROM = 0.50
SHORTEST_PAUSE = timedelta(minutes=1)
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)


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


def plan(
    specs: Mapping[str, SubscriptionSpec], known: Mapping[str, Subscription], *, url: str, now: datetime
) -> list[Step]:
    """One step for every spec and every subscription, `keep` where nothing differs."""
    steps = [_step_for(spec, known.get(key), url=url, now=now) for key, spec in specs.items()]
    gone = [key for key in known if key not in specs]
    return steps + [Step(act=Act.REMOVE, spec=key, why="no entry wants it any more") for key in gone]


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


def may_fill(subscription: Subscription, *, now: datetime) -> bool:
    """Past half of its life, it may take a place that is left in a batch of renewals."""
    if subscription.state is not State.LIVE or not (subscription.expires_at and subscription.renewed_at):
        return False
    return now >= subscription.renewed_at + (subscription.expires_at - subscription.renewed_at) * FILL_FROM


def shown_state(subscription: Subscription, *, now: datetime) -> str:
    """The state as people read it: a live one whose renewal is asked for is `due`."""
    is_due = subscription.state is State.LIVE and subscription.due_at <= now
    return "due" if is_due else subscription.state.value


def whole(instant: datetime) -> datetime:
    """The due index counts in whole seconds, so that is what things fall due in."""
    return instant.replace(microsecond=0)


def wanted(spec: SubscriptionSpec, *, now: datetime) -> Subscription:
    """The row of a spec that has none yet."""
    return Subscription(
        spec=spec.key,
        entry=spec.entry,
        resource=spec.resource,
        change_types=spec.change_types,
        lifetime=spec.lifetime,
        delta=spec.delta,
        state=State.WANTED,
        due_at=whole(now),
    )


def respecified(known: Subscription, spec: SubscriptionSpec, *, now: datetime) -> Subscription:
    """The entry changed: Graph can't PATCH resource or change types, so it is made anew."""
    return replace(
        known,
        resource=spec.resource,
        change_types=spec.change_types,
        lifetime=spec.lifetime,
        delta=spec.delta,
        state=State.RECREATING if known.id else State.WANTED,
        due_at=whole(now),
    )


def lived(known: Subscription, *, id: str, url: str, expires_at: datetime, now: datetime, resync: str) -> Subscription:  # noqa: A002
    """After POST or adoption: Graph's expiry counts, not the one we asked for."""
    renew_at = whole(now + (expires_at - now) * _first_share(known.spec))
    return replace(
        known,
        state=State.RESYNCING if resync else State.LIVE,
        id=id,
        former_id="",
        url=url,
        expires_at=expires_at,
        renewed_at=now,
        renew_at=renew_at,
        resync=resync,
        due_at=whole(now) if resync else renew_at,
        faults=0,
        note="",
    )


def intended(known: Subscription, *, key_version: int) -> Subscription:
    """Written before POST, so that a crash leaves a row that says what was begun."""
    former = known.former_id if known.key_version == key_version else ""
    return replace(known, state=State.CREATING, id="", former_id=former, key_version=key_version)


def renewed(known: Subscription, *, expires_at: datetime, now: datetime) -> Subscription:
    renew_at = whole(now + (expires_at - now) * RENEW_AT)
    return replace(
        known,
        state=State.RESYNCING if known.resync else State.LIVE,
        expires_at=expires_at,
        renewed_at=now,
        renew_at=renew_at,
        due_at=whole(now) if known.resync else renew_at,
        faults=0,
        note="",
    )


def caught_up(known: Subscription, *, now: datetime) -> Subscription:
    return replace(known, state=State.LIVE, resync="", due_at=known.renew_at or whole(now), faults=0, note="")


def lasting(known: Subscription, *, expires_at: datetime, now: datetime) -> Subscription:
    """Graph says another expiry than our row: a sooner one brings the renewal forward."""
    by = whole(now + (expires_at - now) * RENEW_AT)
    renew_at, due_at = min(known.renew_at or by, by), min(known.due_at, by)
    return replace(known, expires_at=expires_at, renew_at=renew_at, due_at=due_at)


def asked_to_renew(known: Subscription, *, now: datetime) -> Subscription:
    """Graph asked for reauthorization, or a person for renewal: PATCH does both."""
    return replace(known, renew_at=whole(now), due_at=whole(now))


def lost(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Graph has it no more. Nobody wants a retired one back."""
    state = State.RETIRED if known.state is State.RETIRED else State.WANTED
    return replace(known, id="", state=state, resync=why, due_at=whole(now))


def missing(known: Subscription, *, now: datetime) -> Subscription:
    """Graph's list lacks it, which proves nothing: POST does. 409 with its id means that it lives and stays."""
    why = "Graph's list lacks it"
    return replace(known, id="", former_id=known.id, state=State.WANTED, resync=why, due_at=whole(now))


def unfit(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Graph has it, but it is not as it should be, and PATCH can't mend that."""
    return replace(known, state=State.RECREATING, resync=why, due_at=whole(now))


def behind(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Notifications were missed while it lived on."""
    if not known.delta:
        return replace(known, note=f"{why}, and they can't be recovered: no delta for it")
    state = State.RESYNCING if known.state is State.LIVE else known.state
    return replace(known, state=state, resync=why, due_at=whole(now))


def retired(known: Subscription, *, now: datetime) -> Subscription:
    return replace(known, state=State.RETIRED, due_at=whole(now))


def postponed(
    known: Subscription, *, note: str, refused: bool, now: datetime, wait: timedelta | None = None
) -> Subscription:
    """A step failed. The pause doubles with each failure in a row; `wait` is what Graph asked for.

    `refused`: trying again soon is pointless (403 …), so that the subscription is parked and people are told.
    Else no pause is longer than an eighth of the life that is left: the outage may end just before the life does.
    """
    longest = LONGEST_PAUSE
    if known.expires_at and not refused:
        longest = max(min(longest, (known.expires_at - now) / 8), SHORTEST_PAUSE)
    pause = wait or min(FIRST_PAUSE * 2 ** min(known.faults, 16), longest)  # 2**39 pauses are no timedelta
    # what has to go is not parked: it would be renewed and kept
    parks = refused and known.state not in (State.RECREATING, State.RETIRED)
    state = State.PARKED if parks else known.state
    return replace(known, state=state, faults=known.faults + 1, note=note, due_at=whole(now + pause))


def _step_for(spec: SubscriptionSpec, known: Subscription | None, *, url: str, now: datetime) -> Step:
    if known is None:
        return Step(act=Act.CREATE, spec=spec.key, why="it does not exist yet")
    if known.state is State.RETIRED or (known.resource, known.change_types) != (spec.resource, spec.change_types):
        return Step(act=Act.RECREATE, spec=spec.key, why="its entry changed")
    if known.url and not same_url(known.url, url):
        return Step(act=Act.RECREATE, spec=spec.key, why="the partner topic changed")
    act = next_act(known, now=now) if known.due_at <= now else Act.KEEP
    return Step(act=act, spec=spec.key, why=known.resync or known.note or known.state.value)


def _first_share(spec: str) -> float:
    """A share of the life in [FIRST_RENEW_AT, RENEW_AT), spread evenly over the specs and the same in every run."""
    position = int.from_bytes(hashlib.sha256(spec.encode()).digest()[:4]) / 2**32
    return FIRST_RENEW_AT + (RENEW_AT - FIRST_RENEW_AT) * position
