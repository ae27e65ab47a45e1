"""Faults that end a command with exit code 1. Their text is the message: what happened, and what to do."""


class PulseError(Exception):
    """Shown to the person as it stands, without a traceback."""


class RefusedError(PulseError):
    """The app or the twin answered an error. `status` is the HTTP status, `code` the error's name."""

    def __init__(self, status: int, code: str, message: str, body: dict[str, object] | None = None) -> None:
        super().__init__(f"{message} ({status} {code})")
        self.status, self.code, self.body = status, code, body or {}
