"""How the service says no."""


class Refused(Exception):
    """An answer with `status`; `code` goes into the header x-ms-error-code, by which the .NET SDK tells them apart."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def unauthorized(message: str) -> Refused:
    return Refused(401, "Unauthorized", message)


def bad_request(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def not_existed(kind: str) -> Refused:
    """`kind` as in the .NET SDK's Constants.ErrorCodes: Warning.User, Warning.Group, Warning.Connection …"""
    return Refused(404, f"{kind}.NotExisted", f"{kind.rpartition('.')[2]} not existed.")
