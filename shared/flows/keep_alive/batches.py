"""What is due, by act and in twenties, as Graph's $batch takes them; a batch of renewals that is not full is filled.

A tick that has nothing to renew, but would have at the next one, renews one batch already: else the two that fall due
within five minutes of each other would go out in one tick, and fall due together from then on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.watching.subscriptions import Act, Subscription, is_lasting, may_fill, next_act
from shared.flows.keep_alive.fleet import Fleet

BATCH = 20  # requests in one $batch
TICK = timedelta(minutes=5)


async def batches(
    fleet: Fleet, due: Sequence[Subscription], *, fill: bool, now: datetime
) -> list[tuple[Act, list[Subscription]]]:
    """What lives is renewed before anything else."""
    by_act: dict[Act, list[Subscription]] = {Act.RENEW: []}
    for one in due:
        by_act.setdefault(_act(one, now), []).append(one)
    if fill and (short := -len(by_act[Act.RENEW]) % BATCH):
        by_act[Act.RENEW] += await _fillers(fleet, by_act[Act.RENEW], short, now)
    return [
        (act, found[start : start + BATCH]) for act, found in by_act.items() for start in range(0, len(found), BATCH)
    ]


async def early(fleet: Fleet, due: Sequence[Subscription], *, now: datetime) -> list[Subscription]:
    """A batch at most of what the next tick would renew, where this one has nothing to."""
    if any(_act(one, now) is Act.RENEW for one in due):
        return []
    return [one async for one in fleet.next_due(now, BATCH, until=now + TICK) if may_fill(one, now=now)]


def _act(one: Subscription, now: datetime) -> Act:
    return Act.RENEW if one.due_at > now else next_act(one, now=now)


async def _fillers(fleet: Fleet, renewals: Sequence[Subscription], short: int, now: datetime) -> list[Subscription]:
    """Those that fall due next and are past half of their life, until one is not. What is paused is passed over."""
    found: list[Subscription] = []
    last = renewals[-1]
    async for one in fleet.next_due(last if last.due_at > now else now, short):
        if may_fill(one, now=now):
            found.append(one)
        elif is_lasting(one, now=now) and not one.resync:
            break
    return found
