"""The alert rules of infra/app/alerts.bicep over what a simulated app wrote. Windows are read from the Bicep file.

The conditions are written anew here, in Python, because no KQL runs without Azure: a test holds that prefixes and
thresholds are the same in both.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

ALERTS = Path(__file__).parent.parent / "infra" / "app" / "alerts.bicep"
FORGED = {"client_state", "foreign_tenant", "foreign_resource", "denied", "validation_tokens", "content"}
LEAST_LEFT, MOST_FAULTS, MOST_LATE, CAUGHT_UP_WITHIN = 25, 3, 10, timedelta(minutes=15)
ACTS = r"subscription\.(create|renew|recreate|remove|resync) spec="
UNITS = {"M": "minutes", "H": "hours", "D": "days"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A log line, or, with `succeeded`, one invocation of the function that `text` names."""

    at: datetime
    text: str
    succeeded: bool | None = None


type Condition = Callable[[Sequence[Line], datetime], bool]


def crossed(name: str, lines: Sequence[Line], now: datetime) -> bool:
    """Would the alert be raised by a look at `now`?"""
    since = now - window(name)
    first = bisect_right(lines, since, key=lambda line: line.at)
    return CONDITIONS[name](lines[first : bisect_right(lines, now, key=lambda line: line.at)], now)


@cache
def window(name: str) -> timedelta:
    """PT30M, P1D: how far back the rule looks."""
    body = ALERTS.read_text(encoding="utf-8").partition(f"name: '{name}'")[2]
    number, unit = re.findall(r"window: 'PT?(\d+)([MHD])'", body)[0]
    return timedelta(**{UNITS[unit]: int(number)})


def _renewal(lines: Sequence[Line], _: datetime) -> bool:
    faults = Counter(_spec(line) for line in lines if line.text.startswith("subscription.") and "fault=" in line.text)
    return any(count >= MOST_FAULTS for count in faults.values())


def _life_left(lines: Sequence[Line], _: datetime) -> bool:
    found = (re.search(r"least_percent=(-?\d+)", line.text) for line in lines if line.text.startswith("fleet.life"))
    return any(int(each[1]) < LEAST_LEFT for each in found if each)


def _timer_silent(lines: Sequence[Line], _: datetime) -> bool:
    return not any(line.text == "keep_alive" and line.succeeded for line in lines)


def _deliveries_failing(lines: Sequence[Line], _: datetime) -> bool:
    ran = [line.succeeded for line in lines if line.text == "receive_graph_event"]
    failed = ran.count(False)
    return failed > 5 and failed * 10 > len(ran)


def _forged(lines: Sequence[Line], _: datetime) -> bool:
    return any(reason in FORGED for reason in _reasons(lines))


def _quarantine(lines: Sequence[Line], _: datetime) -> bool:
    return any(reason not in FORGED for reason in _reasons(lines))


def _throttled(lines: Sequence[Line], _: datetime) -> bool:
    written = [line.text for line in lines if re.match(ACTS, line.text)]
    refused = sum("fault=" in text and "429" in text for text in written)
    return refused > 5 and refused * 10 > len(written)


def _late(lines: Sequence[Line], _: datetime) -> bool:
    return sum(line.text.startswith("event.late") for line in lines) >= MOST_LATE


def _behind(lines: Sequence[Line], now: datetime) -> bool:
    asked: dict[str, datetime] = {}
    done: dict[str, datetime] = defaultdict(lambda: datetime.min.replace(tzinfo=now.tzinfo))
    for line in lines:
        if line.text.startswith("subscription.behind"):
            asked[_spec(line)] = line.at
        elif line.text.startswith("subscription.resync") and "fault=" not in line.text:
            done[_spec(line)] = line.at
    return any(at < now - CAUGHT_UP_WITHIN and done[spec] < at for spec, at in asked.items())


def _reasons(lines: Sequence[Line]) -> list[str]:
    found = (re.match(r"event\.rejected reason=(\w+)", line.text) for line in lines)
    return [each[1] for each in found if each]


def _spec(line: Line) -> str:
    found = re.search(r"spec=(\S+)", line.text)
    return found[1] if found else ""


CONDITIONS: dict[str, Condition] = {
    "renewal": _renewal,
    "life-left": _life_left,
    "timer-silent": _timer_silent,
    "deliveries-failing": _deliveries_failing,
    "forged": _forged,
    "quarantine": _quarantine,
    "throttled": _throttled,
    "late": _late,
    "behind": _behind,
}
