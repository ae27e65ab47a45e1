"""What came of one POST to a handler."""

from dataclasses import dataclass
from http import HTTPStatus

NAMES = {400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 408: "TimedOut", 503: "Busy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`status` is HTTP's, None when there was no answer; `name` is what a dead letter says of it."""

    status: int | None
    name: str


TIMED_OUT = Outcome(status=None, name="TimedOut")
NO_CONNECTION = Outcome(status=None, name="SocketError")


def answered(status: int) -> Outcome:
    """Names beyond the documented ones are the status's own words, run together: InternalServerError."""
    if status in NAMES:
        return Outcome(status=status, name=NAMES[status])
    try:
        return Outcome(status=status, name=HTTPStatus(status).phrase.title().replace(" ", ""))
    except ValueError:
        return Outcome(status=status, name="GenericError")
