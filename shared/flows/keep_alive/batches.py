"""What is due, by act and in twenties, as Graph's $batch takes them; a batch of renewals that is not full is filled."""

from collections.abc import Sequence
from datetime import datetime

from shared.domain.watching.subscriptions import Act, Subscription, is_lasting, may_fill, next_act
from shared.flows.keep_alive.fleet import Fleet

BATCH = 20  # requests in one $batch


async def batches(
    fleet: Fleet, due: Sequence[Subscription], *, fill: bool, now: datetime
) -> list[tuple[Act, list[Subscription]]]:
    """What lives is renewed before anything else."""
    by_act: dict[Act, list[Subscription]] = {Act.RENEW: []}
    for one in due:
        by_act.setdefault(next_act(one, now=now), []).append(one)
    if fill and (short := -len(by_act[Act.RENEW]) % BATCH):
        by_act[Act.RENEW] += await _fillers(fleet, short, now)
    return [
        (act, found[start : start + BATCH]) for act, found in by_act.items() for start in range(0, len(found), BATCH)
    ]


async def _fillers(fleet: Fleet, short: int, now: datetime) -> list[Subscription]:
    """Those that fall due next and are past half of their life, until one is not. What is paused is passed over."""
    found: list[Subscription] = []
    async for one in fleet.next_due(now, short):
        if may_fill(one, now=now):
            found.append(one)
        elif is_lasting(one, now=now) and not one.resync:
            break
    return found
