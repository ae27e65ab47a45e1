"""What every call to Azure Resource Manager has: a token, names in the path, a JSON body; and how it is refused."""

import json
from typing import Any

import jwt
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.event_grid.refusal import Refused
from twin.world import World

AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")


def authorize(world: World, request: Request) -> None:
    """Refused(401) unless the Bearer token is ours and for one of the two audiences that the service takes."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refused(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    if not any(_verifies(world, token, audience) for audience in AUDIENCES):
        raise Refused(401, "InvalidAuthenticationToken", "The access token is invalid.")


def group_key(request: Request) -> tuple[str, str]:
    names = request.path_params
    return names["subscription"].lower(), names["group"].lower()


def topic_key(request: Request) -> tuple[str, str, str]:
    return *group_key(request), request.path_params["topic"].lower()


async def read_body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        raise Refused(400, "InvalidRequestContent", "The request content is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, "InvalidRequestContent", "The request content must be a JSON object.")
    return body


async def refuse(_: Request, fault: Exception) -> Response:
    """An exception handler: the error body that azure-mgmt clients read."""
    match fault:
        case Refused():
            return _error(fault.status, fault.code, fault.message)
        case HTTPException(status_code=404):
            return _error(404, "InvalidResourceType", "The resource type or operation is not served here.")
        case HTTPException():
            return _error(fault.status_code, "InvalidRequest", fault.detail)
    raise fault


def _verifies(world: World, token: str, audience: str) -> bool:
    try:
        world.entra.verify(token, audience)
    except jwt.InvalidTokenError:
        return False
    return True


def _error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)
