"""Errors as Entra words them. https://learn.microsoft.com/entra/identity-platform/reference-error-codes"""

import uuid
from datetime import UTC, datetime
from typing import Any


class EntraError(Exception):
    """A refusal: OAuth's `error` word, the AADSTS number and its sentence."""

    def __init__(self, error: str, code: int, message: str, *, status: int = 400, suberror: str | None = None) -> None:
        super().__init__(f"AADSTS{code}: {message}")
        self.error = error
        self.code = code
        self.status = status
        self.suberror = suberror

    def as_json(self) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        body = {
            "error": self.error,
            "error_description": f"{self} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
            "error_codes": [self.code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        return body | ({"suberror": self.suberror} if self.suberror else {})


def unknown_tenant(tenant: str) -> EntraError:
    return EntraError("invalid_request", 90002, f"Tenant '{tenant}' not found. Check that you have the correct one.")


def unknown_client(client_id: str, tenant: str) -> EntraError:
    message = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
    return EntraError("unauthorized_client", 700016, message)


def missing(parameter: str) -> EntraError:
    message = f"The request body must contain the following parameter: '{parameter}'."
    return EntraError("invalid_request", 900144, message)


def unknown_resource(resource: str, tenant: str) -> EntraError:
    message = f"The resource principal named {resource} was not found in the tenant named {tenant}."
    return EntraError("invalid_resource", 500011, message)


def no_consent(client_id: str, scopes: set[str]) -> EntraError:
    message = (
        f"The user or administrator has not consented to use the application with ID '{client_id}' "
        f"for {', '.join(sorted(scopes))}. Send an interactive authorization request for this user and resource."
    )
    return EntraError("invalid_grant", 65001, message, suberror="consent_required")


def invalid_grant(code: int, message: str) -> EntraError:
    return EntraError("invalid_grant", code, message)


def invalid_client(code: int, message: str) -> EntraError:
    return EntraError("invalid_client", code, message, status=401)
