"""How the resource provider says no."""


class Refused(Exception):
    """The caller asked for what Event Grid does not do; `status` is HTTP's, `code` and `message` go into the body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
