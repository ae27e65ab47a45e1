"""TOML → Scenario. All that is wrong with a file is said at once, with the number of the step."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.control_input import InputError, read_burst
from twin.faults import Fault, find_fault
from twin.graph.triggers import known_types
from twin.outages import Outages
from twin.scenarios.steps import Act, Begin, Changes, End, Expect, Jump, Lifecycle, Scenario, Step
from twin.switches import Switches

FOLDER = Path(__file__).parent
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
LIFECYCLE = ("missed", "reauthorizationRequired", "subscriptionRemoved")
KINDS = ("changes", "fault", "switches", "outages", "clock", "lifecycle", "expect")
COUNTS = ("lost", "repeated", "quarantined", "journaled_at_least")
WITHIN_S = 120.0

type Table = Mapping[str, Any]


class ScenarioError(ValueError):
    """The file is wrong; the message lists every fault."""


def shipped() -> dict[str, Path]:
    """The files that come with the twin, by name."""
    return {file.stem: file for file in sorted(FOLDER.glob("*.toml"))}


def read_scenario(file: Path) -> Scenario:
    """Raises ScenarioError; also where the file is missing or no TOML."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise ScenarioError(f"{file}: {fault}") from fault
    return parse_scenario(table, file.stem)


def parse_scenario(table: Table, name: str) -> Scenario:
    """Raises ScenarioError."""
    reading = _Reading()
    unknown = [f"{key}: no such key" for key in table if key not in ("about", "pace", "step")]
    about, pace, steps = table.get("about"), table.get("pace", "1s"), table.get("step")
    if not isinstance(about, str) or not about:
        unknown.append("about: want a line of text")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise ScenarioError("; ".join([*unknown, "step: want at least one [[step]]"]))
    pace_s = reading.span("pace", pace)
    if pace_s is not None and pace_s < 1:
        reading.faults.append("pace: want 1s or more")
    read = [step for number, each in enumerate(steps, 1) for step in reading.steps(number, each)]
    if faults := [*unknown, *reading.faults]:
        raise ScenarioError(f"{name}: {'; '.join(faults)}")
    ordered = tuple(sorted(read, key=lambda step: step.at_s))  # stable: at one time, in the file's order
    return Scenario(name=name, about=str(about), pace=pace_s or 1, steps=ordered)


@dataclass(slots=True)
class _Reading:
    faults: list[str] = field(default_factory=list)

    def steps(self, number: int, table: Table) -> Iterator[Step]:
        """One, or two where a fault ends by itself."""
        where = f"step {number}"
        at_s = self.span(f"{where}.at", table.get("at", "0s"))
        kinds = [kind for kind in KINDS if kind in table]
        self.faults += [f"{where}.{key}: no such key" for key in table if key not in (*KINDS, "at", "for")]
        if len(kinds) != 1:
            self.faults.append(f"{where}: want exactly one of {', '.join(KINDS)}")
            return
        if "for" in table and kinds[0] not in ("fault", "switches", "outages"):
            self.faults.append(f"{where}.for: only a fault, switches or outages last")
        act = self._readers()[kinds[0]](f"{where}.{kinds[0]}", table[kinds[0]], where)
        if act is None or at_s is None:
            return
        yield Step(at_s=at_s, act=act)
        if isinstance(act, Begin) and "for" in table:
            for_s = self.span(f"{where}.for", table["for"])
            yield Step(at_s=at_s + (for_s or 0), act=End(key=act.key))

    def _readers(self) -> dict[str, Callable[[str, Any, str], Act | None]]:
        return {
            "changes": self._changes,
            "fault": self._fault,
            "switches": self._switches,
            "outages": self._outages,
            "clock": self._clock,
            "lifecycle": self._lifecycle,
            "expect": self._expect,
        }

    def _changes(self, at: str, value: Any, _: str) -> Act | None:
        def changes() -> Act:
            burst = read_burst(_table(value))
            if burst.type.lower() not in {known.lower() for known in known_types()}:
                raise InputError(f"{burst.type}: no such type; `pulse trigger --list` names them")
            return Changes(order=_table(value))

        return self._tried(at, changes)

    def _fault(self, at: str, value: Any, key: str) -> Act | None:
        return self._tried(at, lambda: Begin(key=key, fault=find_fault(str(value))))

    def _switches(self, at: str, value: Any, key: str) -> Act | None:
        def begin() -> Act:
            Switches().turn(dict(_table(value)))
            return Begin(key=key, fault=Fault(key, "", switches=_table(value)))

        return self._tried(at, begin)

    def _outages(self, at: str, value: Any, key: str) -> Act | None:
        def begin() -> Act:
            Outages(0).turn(dict(_table(value)))
            return Begin(key=key, fault=Fault(key, "", outages=_table(value)))

        return self._tried(at, begin)

    def _clock(self, at: str, value: Any, _: str) -> Act | None:
        back = isinstance(value, str) and value.startswith("-")
        seconds = self.span(at, value[1:] if back else value)
        return None if seconds is None else Jump(seconds=-seconds if back else seconds)

    def _lifecycle(self, at: str, value: Any, _: str) -> Act | None:
        if value in LIFECYCLE:
            return Lifecycle(kind=value)
        self.faults.append(f"{at}: want one of {', '.join(LIFECYCLE)}")
        return None

    def _expect(self, at: str, value: Any, _: str) -> Act | None:
        table = value if isinstance(value, dict) else {}
        wrong = [
            f"{at}.{key}: want a whole number, 0 or more" if key in COUNTS else f"{at}.{key}: no such key"
            for key, count in table.items()
            if key != "within" and not (key in COUNTS and type(count) is int and count >= 0)
        ]
        if not any(key in COUNTS for key in table):
            wrong.append(f"{at}: want one of {', '.join(COUNTS)}")
        within_s = self.span(f"{at}.within", table["within"]) if "within" in table else WITHIN_S
        self.faults += wrong
        counts = {key: table.get(key) for key in COUNTS}
        return None if wrong or within_s is None else Expect(within_s=within_s, **counts)

    def span(self, at: str, value: Any) -> float | None:
        """Seconds of `2h30m`."""
        parts = PART.findall(value) if isinstance(value, str) else []
        if not parts or "".join(number + unit for number, unit in parts) != value:
            self.faults.append(f"{at}: want a span of time in quotes, as in 90s, 5m, 2h30m, 3d")
            return None
        return float(sum(float(number) * UNITS[unit] for number, unit in parts))

    def _tried(self, at: str, read: Callable[[], Act]) -> Act | None:
        try:
            return read()
        except ValueError as fault:
            self.faults.append(f"{at}: {fault}")
            return None


def _table(value: Any) -> Table:
    if not isinstance(value, dict):
        raise InputError("want a table: { name = value }")
    return value
