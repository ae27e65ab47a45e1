"""NCRONTAB, the schedules of timer triggers: when is the next occurrence? Pure, in UTC.

Six fields `second minute hour day month weekday`, or five without the seconds, each `*`, `a`, `a-b` or a list of
those by commas, `/n` for every n-th (`a/n` counts to the field's end). Sunday is 0; months and weekdays may be named.
Unlike Unix cron, a day must fit both its day of the month and its weekday.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
https://github.com/atifaziz/NCrontab
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
NAMES: dict[str, tuple[tuple[str, ...], int]] = {"month": (MONTHS, 1), "weekday": (WEEKDAYS, 0)}  # and the first value
CALENDAR_DAYS = 41 * 366  # a 29 February on a given weekday comes after 40 years at most

type TimeOfDay = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The values that fit, ascending, field by field."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_after(self, instant: datetime) -> datetime:
        """The first occurrence later than `instant`. Raises ValueError if there is none."""
        start = instant.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        not_before: TimeOfDay = (start.hour, start.minute, start.second)
        for ahead in range(CALENDAR_DAYS):
            day = start + timedelta(days=ahead)
            if self._fits(day) and (time := next(self._times(not_before if ahead == 0 else (0, 0, 0)), None)):
                return day.replace(hour=time[0], minute=time[1], second=time[2])
        raise ValueError("no day fits the schedule")

    def _fits(self, day: datetime) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _times(self, not_before: TimeOfDay) -> Iterator[TimeOfDay]:
        for hour in self.hours:
            if hour < not_before[0]:
                continue
            for minute in self.minutes:
                if (hour, minute) < not_before[:2]:
                    continue
                yield from ((hour, minute, second) for second in self.seconds if (hour, minute, second) >= not_before)


def parse_schedule(expression: str) -> Schedule:
    """Raises ValueError."""
    texts = expression.split()
    if len(texts) not in (5, 6):
        raise ValueError(f"'{expression}' is no NCRONTAB expression: want 5 or 6 fields")
    six = texts if len(texts) == 6 else ["0", *texts]
    seconds, minutes, hours, days, months, weekdays = (
        _values(text, *field) for text, field in zip(six, FIELDS, strict=True)
    )
    schedule = Schedule(seconds=seconds, minutes=minutes, hours=hours, days=days, months=months, weekdays=weekdays)
    schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC))
    return schedule


def _values(text: str, name: str, low: int, high: int) -> tuple[int, ...]:
    fitting: set[int] = set()
    for part in text.split(","):
        fitting.update(_part(part, name, low, high))
    return tuple(sorted(fitting))


def _part(part: str, name: str, low: int, high: int) -> range:
    match = re.fullmatch(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>[0-9]+))?", part)
    if not match or (match["first"] == "*" and match["last"]):
        raise ValueError(f"'{part}' is no {name} of an NCRONTAB expression")
    first = low if match["first"] == "*" else _number(match["first"], name)
    open_ended = match["first"] == "*" or match["step"]
    last = _number(match["last"], name) if match["last"] else high if open_ended else first
    step = int(match["step"] or 1)
    if not (low <= first <= last <= high and step > 0):
        raise ValueError(f"'{part}' is out of range: a {name} is {low} to {high}")
    return range(first, last + 1, step)


def _number(text: str, name: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text)
    names, offset = NAMES.get(name, ((), 0))
    if text.isalpha() and (short := text[:3].lower()) in names:
        return names.index(short) + offset
    raise ValueError(f"'{text}' is no {name}")
