"""What Graph says when it refuses: `GraphError`, and the error body that it becomes.

Form: https://learn.microsoft.com/graph/errors. Callers branch on status and code; messages are for people.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


class GraphError(Exception):
    """The call is refused with this status, code and message."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})

    def body(self, *, at: datetime, request_id: str, client_request_id: str) -> dict[str, Any]:
        inner = {
            "date": f"{at:%Y-%m-%dT%H:%M:%S}",
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    return GraphError(400, code, message)


def invalid_request(message: str) -> GraphError:
    """The code seen on /subscriptions (abraunegg/onedrive `webhook.d`)."""
    return GraphError(400, "InvalidRequest", message)


def unauthorized(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


def denied() -> GraphError:
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def user_not_found(user_id: str) -> GraphError:
    text = f"Resource '{user_id}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


def item_not_found() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
