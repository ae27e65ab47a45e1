"""How fast webhooks answer, and what Graph makes of it: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks.

More than 10 % of ten minutes' answers slower than 3 s: slow, and new notifications wait ten minutes. More than 15 %
slower than 10 s: drop, and ten minutes of notifications are discarded for good. From how many answers on that counts is
not documented; neither is the unit that is measured: here a host.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = timedelta(minutes=10)
SLOW_SHARE, DROP_SHARE = 0.10, 0.15


class State(StrEnum):
    WELL = "well"
    SLOW = "slow"
    DROP = "drop"


@dataclass(slots=True)
class _Host:
    answers: deque[tuple[datetime, bool, bool]] = field(default_factory=deque)  # when, slow, very slow
    drops_until: datetime | None = None


class WebhookHealth:
    """`slow_s` and `drop_s` are what counts as slow and as very slow, in seconds."""

    def __init__(self, *, slow_s: float, drop_s: float) -> None:
        self._slow_s = slow_s
        self._drop_s = drop_s
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def note(self, host: str, *, seconds: float, now: datetime) -> None:
        """An answer, or the wait for one that did not come."""
        self._hosts[host].answers.append((now, seconds >= self._slow_s, seconds >= self._drop_s))

    def state(self, host: str, *, now: datetime, at_least: int) -> State:
        """`at_least` so many answers of the window, else the host is well."""
        known = self._hosts[host]
        while known.answers and now - known.answers[0][0] >= WINDOW:
            known.answers.popleft()
        if known.drops_until and now < known.drops_until:
            return State.DROP
        answers = len(known.answers)
        if answers < at_least:
            return State.WELL
        if sum(very for _, _, very in known.answers) > DROP_SHARE * answers:
            known.drops_until = now + WINDOW
            known.answers.clear()
            return State.DROP
        return State.SLOW if sum(slow for _, slow, _ in known.answers) > SLOW_SHARE * answers else State.WELL
