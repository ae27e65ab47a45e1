"""How one state of a subscription becomes another: each takes the row as it is and gives it as it shall be. Pure.

The states and what is done in each: `subscriptions`. Every one that sets a due time sets a whole second.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.watching.subscriptions import APART, State, Subscription, was_reauthorized
from shared.domain.watching.watch import SubscriptionSpec

RENEW_AT = 0.75  # of the life
FIRST_RENEW_AT = 0.05  # the first renewal is spread from here on, so that no burst repeats for ever
SHORTEST_PAUSE = timedelta(minutes=1)
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)
ROTATED = "its client_state key is rotated"
NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # due time of what only a person sets going again


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
        id=known.id or known.former_id,
        former_id="",
        state=State.RECREATING if known.id or known.former_id else State.WANTED,
        due_at=whole(now),
        held="",
        note="" if known.held else known.note,
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
        touching_at=None,
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
        touching_at=now,
        renew_at=renew_at,
        due_at=min(max(known.due_at, whole(now)), renew_at) if known.resync else renew_at,  # it keeps its pause
        faults=known.faults if known.resync else 0,
        note=known.note if known.resync else "",
    )


def unread(known: Subscription, *, note: str, now: datetime, wait: timedelta | None = None) -> Subscription:
    """Catching up failed, which says nothing of the subscription: it lives on, and no pause puts off its renewal."""
    paused = postponed(known, note=note, refused=False, now=now, wait=wait)
    is_ahead = known.renew_at is not None and known.renew_at > now
    return replace(paused, due_at=min(paused.due_at, known.renew_at)) if is_ahead and known.renew_at else paused


def caught_up(known: Subscription, *, now: datetime) -> Subscription:
    return replace(known, state=State.LIVE, resync="", due_at=known.renew_at or whole(now), faults=0, note="")


def lasting(known: Subscription, *, expires_at: datetime, now: datetime) -> Subscription:
    """Graph says another expiry than our row: a sooner one brings the renewal forward, a later one was a PATCH."""
    if known.expires_at and expires_at > known.expires_at:
        known = replace(known, touching_at=now)
    by = max(whole(now + (expires_at - now) * RENEW_AT), _patchable_from(known, now))
    renew_at, due_at = min(known.renew_at or by, by), min(known.due_at, by)
    return replace(known, expires_at=expires_at, renew_at=renew_at, due_at=due_at)


def asked_to_renew(known: Subscription, *, now: datetime) -> Subscription:
    """A person asked for it: now, or as soon as Graph lets us after a /reauthorize."""
    at = _patchable_from(known, now)
    return replace(known, renew_at=at, due_at=at)


def challenged(known: Subscription, *, now: datetime) -> Subscription:
    """Graph asks for reauthorization, which PATCH does too. Within ten minutes of a touch it waits, and is not dropped.

    Without an id it is being made anew, which answers it as well: its pause stands.
    """
    if not known.id:
        return known
    at = max(_patchable_from(known, now), whole(known.touching_at + APART) if known.touching_at else whole(now))
    return replace(known, renew_at=at, due_at=at if not known.resync else min(at, known.due_at))


def touching(known: Subscription, *, now: datetime) -> Subscription:
    """Written before /reauthorize: no PATCH may come within ten minutes of it."""
    earliest = whole(now + APART) + timedelta(seconds=1)
    renew_at = max(known.renew_at, earliest) if known.renew_at else earliest
    return replace(known, touching_at=now, renew_at=renew_at, due_at=whole(now) if known.resync else renew_at)


def deleted(known: Subscription, *, now: datetime) -> Subscription:
    """A person wants it gone: deleted at Graph, then `resting`."""
    held = "it was deleted by hand: `pulse subscriptions apply` makes it again"
    return replace(retired(known, now=now), held=held)


def resting(known: Subscription) -> Subscription:
    """Gone at Graph; the row stays, so that no reconcile makes it again before a person wants that."""
    resync = "it was deleted by hand for a while" if known.delta else ""
    return replace(
        known, state=State.PARKED, id="", former_id="", due_at=NEVER, note=known.held, resync=resync, faults=0
    )


def stranded(known: Subscription, *, why: str) -> Subscription:
    """Nothing can come of trying until a person has done something elsewhere. `why` says what."""
    return replace(known, state=State.PARKED, held=why, note=why, due_at=NEVER)


def to_rotate(known: Subscription, *, now: datetime) -> Subscription:
    """Made anew with the newest key: Graph can't PATCH a client_state."""
    return replace(known, state=State.RECREATING, resync=ROTATED, due_at=whole(now))


def lost(known: Subscription, *, why: str, now: datetime) -> Subscription:
    """Graph has it no more. Nobody wants a retired one back; one without an id is being made anew, at its own pace."""
    if not known.id:
        return known
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
    if not known.id:
        return replace(known, resync=known.resync or why)  # read once it is made anew, at its own pace
    state = State.RESYNCING if known.state is State.LIVE else known.state
    return replace(known, state=state, resync=why, due_at=whole(now))


def retired(known: Subscription, *, now: datetime) -> Subscription:
    """Nobody wants it. One that a list lacked may live all the same: it is deleted by the id that it had."""
    id_ = known.id or known.former_id
    return replace(known, state=State.RETIRED, id=id_, former_id="", held="", due_at=whole(now))


def postponed(
    known: Subscription, *, note: str, refused: bool, now: datetime, wait: timedelta | None = None
) -> Subscription:
    """A step failed. The pause doubles with each failure in a row; `wait` is what Graph asked for.

    `refused`: trying again soon is pointless (403 …), so that the subscription is parked and people are told.
    No pause is longer than an eighth of the life that is left: the outage, or what Graph was refused for, may end just
    before the life does. What has no life left is not tried oftener for that while Graph refuses it.
    """
    longest, left = LONGEST_PAUSE, known.expires_at - now if known.expires_at else None
    if left is not None and not (refused and (left <= timedelta() or not known.id)):
        longest = max(min(longest, left / 8), SHORTEST_PAUSE)
    pause = wait or min(FIRST_PAUSE * 2 ** min(known.faults, 16), longest)  # 2**39 pauses are no timedelta
    # what has to go is not parked: it would be renewed and kept
    parks = refused and known.state not in (State.RECREATING, State.RETIRED)
    state = State.PARKED if parks else known.state
    return replace(known, state=state, faults=known.faults + 1, note=note, due_at=whole(now + pause))


def _first_share(spec: str) -> float:
    """A share of the life in [FIRST_RENEW_AT, RENEW_AT), spread evenly over the specs and the same in every run."""
    position = int.from_bytes(hashlib.sha256(spec.encode()).digest()[:4]) / 2**32
    return FIRST_RENEW_AT + (RENEW_AT - FIRST_RENEW_AT) * position


def _patchable_from(known: Subscription, now: datetime) -> datetime:
    """The next whole second at which Graph lets us PATCH."""
    if known.touching_at and was_reauthorized(known) and now <= known.touching_at + APART:
        return whole(known.touching_at + APART) + timedelta(seconds=1)
    return whole(now)
