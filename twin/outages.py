"""Outages of the cloud's parts: slow, refused with 429 or 5xx, or done and never answered; drawn from one seed.

Each component draws from a random sequence of its own, so that what one part meets does not depend on how busy the
others are: the same seed and the same calls of a component bring the same fates.
"""

import re
from dataclasses import asdict, dataclass, field, fields
from random import Random
from typing import Any

COMPONENTS = (
    "graph",
    "entra",
    "managed_identity",
    "arm",
    "event_grid",  # publishing to topics
    "delivery",  # Event Grid's POSTs to the app and to webhooks
    "signalr",
    "table",  # these three: behind the storage proxy only
    "blob",
    "queue",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What happens to the calls of one component. Percentages are of calls; the rest goes well."""

    refused_percent: float = 0.0
    status: int = 503
    retry_after_s: int = 0  # told with a refusal; 0: not told
    burst: int = 1  # a refusal is followed by as many more as make this number
    unanswered_percent: float = 0.0  # done, and the connection ends without an answer
    latency_ms: float = 0.0

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599 or not 1 <= self.burst <= 100_000:
            raise ValueError("want a status of 400 to 599 and a burst of 1 to 100000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Of one call."""

    latency_s: float = 0.0
    refused: Outage | None = None
    unanswered: bool = False


GOOD = Fate()


@dataclass(slots=True)
class Outages:
    """Which are on. `slow_partitions`: milliseconds by a regular expression over the partition key."""

    seed: int
    slow_partitions: dict[str, float] = field(default_factory=dict)
    _on: dict[str, Outage] = field(default_factory=dict)
    _random: dict[str, Random] = field(default_factory=dict)
    _left_of_burst: dict[str, int] = field(default_factory=dict)

    def draw(self, component: str) -> Fate:
        if (outage := self._on.get(component)) is None:
            return GOOD
        random = self._random.setdefault(component, Random(f"{self.seed}/{component}"))
        refused, unanswered = random.random() * 100, random.random() * 100  # always both: switches shift no sequence
        latency_s = outage.latency_ms / 1000
        if self._left_of_burst.get(component, 0) > 0:
            self._left_of_burst[component] -= 1
            return Fate(latency_s=latency_s, refused=outage)
        if refused < outage.refused_percent:
            self._left_of_burst[component] = outage.burst - 1
            return Fate(latency_s=latency_s, refused=outage)
        return Fate(latency_s=latency_s, unanswered=unanswered < outage.unanswered_percent)

    def delay_of_partition(self, partition: str) -> float:
        """Seconds."""
        slow = (ms for pattern, ms in self.slow_partitions.items() if re.search(pattern, partition))
        return max(slow, default=0.0) / 1000 if partition else 0.0

    def turn(self, order: dict[str, Any]) -> None:
        """{"component": {…} or null, "slow_partitions": {"regex": ms}}. ValueError names what is wrong."""
        wanted: dict[str, Outage | None] = {}
        for name, value in order.items():
            if name == "slow_partitions":
                continue
            if name not in COMPONENTS:
                raise ValueError(f"{name}: no such component, want one of {', '.join(COMPONENTS)}")
            wanted[name] = None if value is None else _outage(name, value)
        if "slow_partitions" in order:
            self.slow_partitions = _partitions(order["slow_partitions"])
        for name, outage in wanted.items():
            self._left_of_burst.pop(name, None)
            if outage is None:
                self._on.pop(name, None)
            else:
                self._on[name] = outage

    def as_json(self) -> dict[str, Any]:
        on = {name: asdict(self._on[name]) if name in self._on else None for name in COMPONENTS}
        return {**on, "slow_partitions": dict(self.slow_partitions)}


def _outage(component: str, value: Any) -> Outage:
    kinds = {each.name: type(each.default) for each in fields(Outage)}
    if not isinstance(value, dict):
        raise ValueError(f"{component}: want an object or null")
    for name, given in value.items():
        kind = kinds.get(name)
        if kind is None or isinstance(given, bool) or not isinstance(given, (int, float) if kind is float else kind):
            raise ValueError(f"{component}.{name}: want one of {', '.join(kinds)} with a number")
    return Outage(**value)


def _partitions(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(isinstance(ms, int | float) for ms in value.values()):
        raise ValueError('slow_partitions: want {"regular expression": milliseconds}')
    for pattern in value:
        try:
            re.compile(pattern)
        except re.error as fault:
            raise ValueError(f"slow_partitions: {pattern!r} is no regular expression: {fault}") from fault
    return {pattern: float(ms) for pattern, ms in value.items()}
