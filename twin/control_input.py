"""Reading what the control API is sent: everything that is wrong is said at once."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

MOST_CHANGES = 100_000
FASTEST = 10_000.0  # changes a second
FARTHEST_S = 10 * 366 * 86_400.0  # of the clock from real time


class InputError(ValueError):
    """What the caller sent is wrong; the message lists every fault."""


@dataclass(slots=True)
class Fields:
    """The members of a JSON object, read name by name; `done` raises for all that was wrong with them at once."""

    values: Mapping[str, Any]
    faults: list[str] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def text(self, name: str, *, among: Mapping[str, Any] | tuple[str, ...] = ()) -> str:
        fits = (lambda value: value in among) if among else bool
        return str(self._take(name, str, "", fits, f"one of {', '.join(among)}" if among else "text"))

    def text_or_none(self, name: str) -> str | None:
        return None if self._absent(name) else self.text(name)

    def number(self, name: str, default: float, *, low: float, high: float) -> float:
        want = f"a number from {low:g} to {high:g}"
        return float(self._take(name, (int, float), default, lambda value: low <= value <= high, want))

    def number_or_none(self, name: str, *, low: float, high: float) -> float | None:
        return None if self._absent(name) else self.number(name, low, low=low, high=high)

    def count(self, name: str, default: int, *, high: int) -> int:
        return int(self._take(name, int, default, lambda value: 1 <= value <= high, f"a whole number, 1 to {high}"))

    def flag(self, name: str, default: bool) -> bool:
        return bool(self._take(name, bool, default, lambda _: True, "true or false"))

    def members(self, name: str) -> dict[str, Any]:
        return dict(self._take(name, dict, {}, lambda _: True, "an object"))

    def names(self, name: str) -> list[str] | None:
        """A list of texts, or None where it is absent."""
        if self._absent(name):
            return None
        value = self._take(name, list, [], lambda given: all(isinstance(each, str) for each in given), "a list of text")
        return [str(each) for each in value]

    def done(self) -> None:
        unknown = [f"{name}: no such field" for name in self.values if name not in self.read]
        if self.faults or unknown:
            raise InputError("; ".join([*self.faults, *unknown]))

    def _take(
        self, name: str, kind: type | tuple[type, ...], default: Any, fits: Callable[[Any], bool], want: str
    ) -> Any:
        """The value, or the default where it is absent or wrong. An empty text as default means: there must be one."""
        if self._absent(name) and default != "":
            return default
        value = self.values.get(name)
        is_flag = isinstance(value, bool) and kind is not bool  # JSON's true is no number, though Python's is
        if not isinstance(value, kind) or is_flag or not fits(value):
            self.faults.append(f"{name}: want {want}")
            return default
        return value

    def _absent(self, name: str) -> bool:
        self.read.add(name)
        return self.values.get(name) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """What /trigger asks for. `rate` is changes a second, 0 for all at once."""

    type: str
    user: str | None
    count: int
    rate: float
    duplicate_percent: float | None  # None: as the switch says
    shuffle: bool
    forge: bool
    values: dict[str, Any]


def read_burst(body: Mapping[str, Any]) -> Burst:
    fields = Fields(body)
    burst = Burst(
        type=fields.text("type"),
        user=fields.text_or_none("user"),
        count=fields.count("count", 1, high=MOST_CHANGES),
        rate=fields.number("rate", 0, low=0, high=FASTEST),
        duplicate_percent=fields.number_or_none("duplicate", low=0, high=100),
        shuffle=fields.flag("shuffle", False),
        forge=fields.flag("forge", False),
        values=fields.members("set"),
    )
    fields.done()
    return burst


def read_offset(body: Mapping[str, Any], now: timedelta) -> timedelta:
    """Where /clock shall stand from real time, given where it stands now."""
    fields = Fields(body)
    seconds = fields.number_or_none("advance_s", low=-FARTHEST_S, high=FARTHEST_S)
    instant = fields.text_or_none("set")
    if (seconds is None) == (instant is None):
        fields.faults.append("want either advance_s or set")
    offset = now + timedelta(seconds=seconds or 0) if instant is None else _offset_of(instant, fields)
    if abs(offset.total_seconds()) > FARTHEST_S:
        fields.faults.append("too far from real time: ten years at most")
    fields.done()
    return offset


def _offset_of(text: str, fields: Fields) -> timedelta:
    with contextlib.suppress(ValueError):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo:
            return instant - datetime.now(UTC)
    fields.faults.append("set: want an ISO 8601 time with its zone")
    return timedelta()
