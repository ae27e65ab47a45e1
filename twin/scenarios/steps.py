"""What a scenario can do at a time, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """An order for /trigger: type, user, count, rate, duplicate, shuffle, forge, set."""

    order: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """`key` tells this fault from another of the same name."""

    key: str
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """Both clocks, the twin's and the app's, by so many seconds at once; back when negative."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """missed, reauthorizationRequired or subscriptionRemoved, for every live subscription that is told such things."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What must hold within so many seconds of real time; None: not asked.

    `lost`: entities whose newest change is not in the journal. `repeated`: journal rows that say what another says.
    `quarantined`: rejections since the scenario began. `journaled_at_least`: rows since then.
    """

    within_s: float
    lost: int | None = None
    repeated: int | None = None
    quarantined: int | None = None
    journaled_at_least: int | None = None


type Act = Changes | Begin | End | Jump | Lifecycle | Expect


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`at_s`: seconds of the demo's time since the beginning."""

    at_s: float
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Steps in the order of their times. `pace`: seconds of the demo's time in one of real time, 1 or more."""

    name: str
    about: str
    pace: float
    steps: tuple[Step, ...]

    @property
    def length_s(self) -> float:
        return self.steps[-1].at_s
