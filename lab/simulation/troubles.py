"""What goes wrong in one seed, and when. After `over_at` nothing does: then everything has to come to rest."""

import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """At one call to storage or Graph."""

    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"
    REFUSED = "refused"  # 503 or 429: nothing was written
    UNANSWERED = "unanswered"  # nothing was written, and nobody knows
    ANSWER_LOST = "answer_lost"  # it was written, and nobody knows
    SENT_TWICE = "sent_twice"  # it was written, and sent again: 409 or 412 from our own write
    LATE = "late"  # it is written seconds after the caller gave up, or died
    SLOW = "slow"  # it is written, and the answer takes seconds: others have moved on what was written


INTENSITIES = (0.0, 0.002, 0.01, 0.04)
HEAVY = {Trouble.ANSWER_LOST, Trouble.SENT_TWICE, Trouble.LATE, Trouble.SLOW}
HEAVY_INTENSITIES = (0.0, 0.01, 0.05, 0.2)  # what is done and not heard of leads furthest astray


@dataclass(slots=True)
class Troubles:
    """`rates`: of each call. In a storm storage or Graph refuse nearly everything."""

    rng: random.Random
    over_at: float  # seconds
    rates: dict[Trouble, float] = field(default_factory=dict)
    storms: list[tuple[float, float]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @classmethod
    def drawn(cls, rng: random.Random, over_at: float) -> "Troubles":
        rates = {trouble: rng.choice(HEAVY_INTENSITIES if trouble in HEAVY else INTENSITIES) for trouble in Trouble}
        for deadly in (Trouble.DIES_BEFORE, Trouble.DIES_AFTER):
            rates[deadly] = min(rates[deadly], 0.01)
        starts = [rng.uniform(0, over_at) for _ in range(rng.randrange(4))]
        return cls(rng, over_at, rates, [(start, start + rng.uniform(20, 5_400)) for start in starts])

    def strike(self, now: float) -> Trouble | None:
        if now >= self.over_at:
            return None
        if any(start <= now < end for start, end in self.storms) and self.rng.random() < 0.9:
            return self._noted(Trouble.REFUSED)
        draw = self.rng.random()
        for trouble, rate in self.rates.items():
            if draw < rate:
                return self._noted(trouble)
            draw -= rate
        return None

    def happens(self, now: float, rate: float) -> bool:
        return now < self.over_at and self.rng.random() < rate

    def _noted(self, trouble: Trouble) -> Trouble:
        self.seen[trouble] += 1
        return trouble
