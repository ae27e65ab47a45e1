"""When Event Grid tries again, and when it stops. Rules only: no clock, no I/O.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry (2026). Success is 200 to 204 and nothing else.
The real service adds a small randomness and may delay an ailing endpoint's events by hours; this twin keeps to the
printed schedule, so that a test can say what happens.
"""

from dataclasses import dataclass
from datetime import timedelta

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600)
)  # then every 12 hours
LAST_WAIT = timedelta(hours=12)
LEAST_WAITS = {
    401: timedelta(minutes=5),
    404: timedelta(minutes=5),
    408: timedelta(minutes=2),
    503: timedelta(seconds=30),
}
NEVER_RETRIED = frozenset({400, 403, 413})
NEVER_RETRIED_AT_WEBHOOKS = NEVER_RETRIED | {401}

ATTEMPTS_EXCEEDED = "MaxDeliveryAttemptsExceeded"
TOO_OLD = "TimeToLiveExceeded"
UNDELIVERABLE = "UndeliverableEvent"  # what the real service writes after a 400, 403 or 413 is not documented


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Retry:
    wait: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    reason: str


def decide(*, status: int | None, attempts: int, max_attempts: int, webhook: bool) -> Delivered | Retry | GiveUp:
    """What follows the `attempts`-th attempt. `status` None: no answer (refused, cut off, timed out)."""
    if status is not None and 200 <= status <= 204:
        return Delivered()
    if status in (NEVER_RETRIED_AT_WEBHOOKS if webhook else NEVER_RETRIED):
        return GiveUp(UNDELIVERABLE)
    if attempts >= max_attempts:
        return GiveUp(ATTEMPTS_EXCEEDED)
    return Retry(wait_after(attempts, status))


def wait_after(attempts: int, status: int | None = None) -> timedelta:
    """The wait after the `attempts`-th failure: the schedule's, or the status's own when that is longer."""
    scheduled = WAITS[attempts - 1] if attempts <= len(WAITS) else LAST_WAIT
    return max(scheduled, LEAST_WAITS.get(status or 0, scheduled))
