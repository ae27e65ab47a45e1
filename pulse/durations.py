"""Spans of time as people write them: 90s, 5m, 2h30m, 3d, 1w."""

import re
from datetime import UTC, datetime, timedelta

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")


def parse_duration(text: str) -> timedelta:
    """`2h30m` → timedelta. ValueError says what is wanted."""
    parts = PART.findall(text.strip().lower())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip().lower():
        raise ValueError(f"{text!r} is no span of time: want numbers with s, m, h, d or w, as in 2h30m")
    return timedelta(**{UNITS[unit]: float(number) for number, unit in parts})


def parse_instant(text: str) -> datetime:
    """ISO 8601; UTC where it names no zone. ValueError for anything else."""
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def in_words(span: timedelta) -> str:
    """The two largest units: 6 d 23 h; negative spans as `over`."""
    seconds = int(span.total_seconds())
    if seconds < 0:
        return "over"
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} m" if hours else f"{minutes} m {seconds % 60} s"
