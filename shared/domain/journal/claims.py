"""Who may work on an accepted event, and until when. Pure.

delivery ──▶ no claim ──accept──▶ done                       nobody handles it: journal only
                          │
                          └─────▶ pending ──all handlers done──▶ done
                                   │  ▲
                lease runs out, or │  │ taken over by ETag: only what is not done runs again
                a handler failed   └──┘

time ─────────────────────────────────────────────────────────▶
A   accept ── handler 1 done ── crash
B                    redelivery: lease alive → busy (delivered again later)
C                                       redelivery: lease over → take over → handler 2 → done
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LEASE = timedelta(seconds=60)  # Event Grid waits 30 s for an answer, handlers have 15 s of them
ATTEMPTS = 5  # after that the delivery is acknowledged, the pending row stays and keep_alive sweeps it


class Next(StrEnum):
    """What to do with a delivery whose event is accepted already."""

    ACKNOWLEDGE = "acknowledge"
    WAIT = "wait"  # somebody else is at work: let Event Grid deliver again
    TAKE_OVER = "take_over"
    GIVE_UP = "give_up"  # acknowledge, and leave the pending row to the sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`row` is the key of the journal row; `lease_until` is None once nobody works on it."""

    key: str
    row: str
    owner: str
    is_done: bool
    lease_until: datetime | None
    attempts: int
    handled: tuple[str, ...]  # names of the handlers that are done
    etag: str = ""


def decide(claim: Claim, *, now: datetime) -> Next:
    """For a delivery; the sweep takes over whatever has no living lease."""
    if claim.is_done:
        return Next.ACKNOWLEDGE
    if claim.lease_until and claim.lease_until > now:
        return Next.WAIT
    return Next.GIVE_UP if claim.attempts >= ATTEMPTS else Next.TAKE_OVER


def left_to_run(claim: Claim, matching: Iterable[str]) -> list[str]:
    """Names of the handlers still to be run, in their order."""
    return [name for name in matching if name not in claim.handled]
