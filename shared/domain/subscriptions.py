"""The life of one subscription, and what is to be done with it now. Pure.

    wanted ──intent written──▶ creating ──201──▶ resyncing ──caught up──▶ live ─┐
       ▲                        │   ▲                ▲                     │     │ due: PATCH the expiry
       │        409: ours after a crash → adopt      │                     │◀────┘
       │        409: not ours → delete, create ──────┘                     │ 404, removed, expired, spec or URL changed
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
FIRST_RENEW_AT = 0.50  # earliest point of the first renewal: it is spread, so that no burst repeats for ever
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
    delta: str
    state: State
    due_at: datetime
    id: str = ""
    url: str = ""
    key_version: int = 0
    expires_at: datetime | None = None
    renew_at: datetime | None = None
    renewed_at: datetime | None = None
    resync: str = ""
    faults: int = 0
    note: str = ""
    etag: str = ""


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
        case State.WANTED | State.CREATING | State.PARKED:
            return Act.CREATE if not subscription.id else Act.RENEW
        case State.RECREATING:
            return Act.RECREATE
        case State.RETIRED:
            return Act.REMOVE
        case State.LIVE | State.RESYNCING:
            if subscription.expires_at and subscription.expires_at <= now:
                return Act.RECREATE
            if subscription.renew_at and subscription.renew_at <= now:
                return Act.RENEW
            return Act.RESYNC if subscription.resync else Act.KEEP


def shown_state(subscription: Subscription, *, now: datetime) -> str:
    """The state as people read it: a live one whose renewal is asked for is `due`."""
    is_due = subscription.state is State.LIVE and subscription.due_at <= now
    return "due" if is_due else subscription.state.value


def wanted(spec: SubscriptionSpec, *, now: datetime) -> Subscription:
    """The row of a spec that has none yet."""
    return Subscription(
        spec=spec.key,
        entry=spec.entry,
        resource=spec.resource,
        change_types=spec.change_types,
        delta=spec.delta,
        state=State.WANTED,
        due_at=now,
    )


def respecified(known: Subscription, spec: SubscriptionSpec, *, now: datetime) -> Subscription:
    """The entry changed: Graph can't PATCH resource or change types, so it is made anew."""
    return replace(
        known,
        resource=spec.resource,
        change_types=spec.change_types,
        delta=spec.delta,
        state=State.RECREATING if known.id else State.WANTED,
        due_at=now,
    )


def lived(known: Subscription, *, id: str, url: str, expires_at: datetime, now: datetime, resync: str) -> Subscription:  # noqa: A002
    """After POST or adoption: Graph's expiry counts, not the one we asked for."""
    renew_at = now + (expires_at - now) * _first_share(known.spec)
    return replace(
        known,
        state=State.RESYNCING if resync else State.LIVE,
        id=id,
        url=url,
        expires_at=expires_at,
        renewed_at=now,
        renew_at=renew_at,
        resync=resync,
        due_at=now if resync else renew_at,
        faults=0,
        note="",
    )


def renewed(known: Subscription, *, expires_at: datetime, now: datetime) -> Subscription:
    renew_at = now + (expires_at - now) * RENEW_AT
    return replace(
        known,
        state=State.RESYNCING if known.resync else State.LIVE,
        expires_at=expires_at,
        renewed_at=now,
        renew_at=renew_at,
        due_at=now if known.resync else renew_at,
        faults=0,
        note="",
    )


def caught_up(known: Subscription, *, now: datetime) -> Subscription:
    return replace(known, state=State.LIVE, resync="", due_at=known.renew_at or now, faults=0, note="")


def asked_to_renew(known: Subscription, *, now: datetime) -> Subscription:
    """Graph asked for reauthorization, or a person for renewal: PATCH does both."""
    return replace(known, renew_at=now, due_at=now)


def lost(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Graph says that it is gone."""
    return replace(known, state=State.RECREATING, resync=why, due_at=now)


def behind(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Notifications were missed while it lived on."""
    if not known.delta:
        return replace(known, note=f"{why}, and they can't be recovered: no delta for it")
    state = State.RESYNCING if known.state is State.LIVE else known.state
    return replace(known, state=state, resync=why, due_at=now)


def retired(known: Subscription, *, now: datetime) -> Subscription:
    return replace(known, state=State.RETIRED, due_at=now)


def postponed(
    known: Subscription, *, note: str, refused: bool, now: datetime, wait: timedelta | None = None
) -> Subscription:
    """A step failed. The pause doubles with each failure in a row; `wait` is what Graph asked for.

    `refused`: trying again soon is pointless (403 …), so that the subscription is parked and people are told.
    """
    pause = wait or min(FIRST_PAUSE * 2 ** min(known.faults, 16), LONGEST_PAUSE)  # 2**39 pauses are no timedelta
    state = State.PARKED if refused and not known.id else known.state
    return replace(known, state=state, faults=known.faults + 1, note=note, due_at=now + pause)


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
