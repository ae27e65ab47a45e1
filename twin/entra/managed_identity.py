"""App Service's managed identity endpoint, which answers only to the app itself.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

import hmac
import time
import uuid

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.entra.errors import EntraError
from twin.entra.scopes import require_known_resource
from twin.world import World

API_VERSION = "2019-08-01"
LIFETIME_S = 86_399  # managed identities' tokens live for a day


def answer(world: World, request: Request) -> Response:
    """A token for the app's user-assigned identity, which is the only one: as in Azure it must be asked for by id."""
    query = request.query_params
    shown = request.headers.get("x-identity-header", "")
    if not hmac.compare_digest(shown.encode(), world.entra.identity_header.encode()):
        return _refusal(401, "Wrong or missing X-IDENTITY-HEADER.")
    if query.get("api-version") != API_VERSION or not query.get("resource"):
        return _refusal(400, f"Want the parameters api-version={API_VERSION} and resource.")
    if not _names_the_identity(world, request):
        message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
        return _refusal(400, message)
    try:
        require_known_resource(world, query["resource"])
    except EntraError as fault:
        return _refusal(400, str(fault))
    return _token(world, query["resource"])


def _names_the_identity(world: World, request: Request) -> bool:
    query = request.query_params
    by_object = query.get("principal_id") or query.get("object_id")
    return query.get("client_id") == world.app_id or by_object == world.principal_id


def _token(world: World, resource: str) -> Response:
    token = world.entra.app_token(resource, client_id=world.app_id, object_id=world.principal_id, lifetime_s=LIFETIME_S)
    expires_on = str(int(time.time()) + LIFETIME_S)
    return JSONResponse(
        {
            "access_token": token,
            "client_id": world.app_id,
            "expires_on": expires_on,
            "not_before": str(int(time.time())),
            "resource": resource,
            "token_type": "Bearer",
        }
    )


def _refusal(status: int, message: str) -> Response:
    body = {"StatusCode": status, "Message": message, "CorrelationId": str(uuid.uuid4())}
    return JSONResponse(body, status_code=status)
