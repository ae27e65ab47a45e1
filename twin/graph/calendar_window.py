"""The window of a calendar view: https://learn.microsoft.com/graph/api/event-delta.

An event belongs to it when it overlaps it. Recurring events are not expanded here: each is its first occurrence.
"""

from datetime import UTC, datetime

from twin.graph.calls import Call
from twin.graph.entities import Entity, Gone
from twin.graph.entity_bodies import instant
from twin.graph.errors import bad_request

Window = tuple[str, str]  # ISO 8601 in UTC


def read_window(call: Call) -> Window | None:
    """From a first call; the links that follow carry it in their tokens. GraphError 400 for half a window."""
    given = {name.lower(): value for name, value in call.query.items()}
    if "$skiptoken" in given or "$deltatoken" in given:
        return None
    if "startdatetime" not in given or "enddatetime" not in given:
        raise bad_request("This request requires a time window specified by startDateTime and endDateTime.")
    return _utc(given["startdatetime"]), _utc(given["enddatetime"])


def is_within(row: Entity, window: Window) -> bool:
    start, end = (datetime.fromisoformat(text) for text in window)
    return instant(row.content["start"]) < end and instant(row.content["end"]) > start


def is_told(row: Entity | Gone, window: Window, *, since: int) -> bool:
    """Removals are, and what may have left the window; what came up outside it is not."""
    return isinstance(row, Gone) or is_within(row, window) or 0 < row.born <= since


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that nobody encoded
    except ValueError:
        raise bad_request("startDateTime and endDateTime: want ISO 8601.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
