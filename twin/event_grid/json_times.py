"""Times as Azure Resource Manager writes them: ISO 8601, UTC, a final Z."""

from datetime import UTC, datetime
from typing import Any

from twin.event_grid.refusal import Refused


def read_time(value: Any) -> datetime | None:
    """Aware, in UTC; text without an offset is UTC, as ARM takes it. Refused(400) when it is no time at all."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refused(400, "InvalidRequest", f"Not an ISO 8601 time: {value!r}.") from None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
