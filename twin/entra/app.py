"""Entra's front doors: sign-in and tokens over TLS, and App Service's managed identity endpoint."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from twin.entra import managed_identity
from twin.entra.errors import EntraError, missing, unknown_tenant
from twin.entra.grants import GRANTS, grant
from twin.entra.pages import error_page, sign_in_page
from twin.entra.scopes import OPENID_SCOPES
from twin.entra.sign_in import Sessions, read_sign_in_request
from twin.world import World

ANY_TENANT = ("common", "organizations")
LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1)(:\d+)?"  # a page on the laptop redeems its code by itself


def entra_app(world: World) -> Starlette:
    """Discovery, keys, /authorize and /token, for the tenant by its id and for `common`."""
    sessions = world.entra.sessions  # one store, however many doors there are: a page over http, tokens over TLS

    async def discovery(request: Request) -> Response:
        return JSONResponse(_discovery(world, _tenant(world, request), v2="v2.0" in request.url.path))

    async def keys(request: Request) -> Response:
        _tenant(world, request)
        return JSONResponse(world.entra.jwks)

    async def authorize(request: Request) -> Response:
        try:
            return await _authorize(world, sessions, request)
        except EntraError as fault:
            return HTMLResponse(error_page(str(fault)), status_code=fault.status)

    async def token(request: Request) -> Response:
        _tenant(world, request)
        return JSONResponse(grant(world, sessions, await _form(request)), headers={"Cache-Control": "no-store"})

    return Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", discovery),
            Route("/{tenant}/.well-known/openid-configuration", discovery),
            Route("/{tenant}/discovery/v2.0/keys", keys),
            Route("/{tenant}/discovery/keys", keys),
            Route("/{tenant}/oauth2/v2.0/authorize", authorize, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origin_regex=LOOPBACK_ORIGIN, allow_methods=["*"], allow_headers=["*"])
        ],
        exception_handlers={EntraError: _refused},
    )


def managed_identity_app(world: World) -> Starlette:
    """GET /msi/token, for whoever shows `world.entra.identity_header`."""

    async def token(request: Request) -> Response:
        return managed_identity.answer(world, request)

    return Starlette(routes=[Route("/msi/token", token)])


async def _authorize(world: World, sessions: Sessions, request: Request) -> Response:
    """The page with a button for each person; the button's POST sends the browser back with a code."""
    _tenant(world, request)
    sign_in = read_sign_in_request(world, request.query_params)
    if request.method == "GET" and request.query_params.get("prompt") == "none":
        return RedirectResponse(sign_in.answer(error="login_required", error_description="AADSTS50058: Nobody is in."))
    if request.method == "GET":
        return HTMLResponse(sign_in_page(world.people), headers={"Cache-Control": "no-store"})
    alias = (await _form(request)).get("person")
    person = next((person for person in world.people if person.alias == alias), None)
    if person is None:
        raise missing("person")
    return RedirectResponse(sign_in.answer(code=sessions.code_for(sign_in, person)), status_code=303)


async def _form(request: Request) -> Mapping[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


async def _refused(_: Request, fault: Exception) -> Response:
    if not isinstance(fault, EntraError):
        raise fault
    return JSONResponse(fault.as_json(), status_code=fault.status)


def _tenant(world: World, request: Request) -> str:
    tenant = str(request.path_params["tenant"])
    if tenant.lower() not in (world.tenant_id, *ANY_TENANT):
        raise unknown_tenant(tenant)
    return tenant


def _discovery(world: World, tenant: str, *, v2: bool) -> dict[str, Any]:
    """For `common` Entra writes the issuer with a gap where the token's own tenant goes."""
    home = f"{world.addresses.entra}/{tenant}"
    issuer = world.entra.v2_issuer if v2 else world.entra.v1_issuer
    if tenant in ANY_TENANT:
        issuer = issuer.replace(world.tenant_id, "{tenantid}")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{home}/oauth2/v2.0/authorize",
        "token_endpoint": f"{home}/oauth2/v2.0/token",
        "jwks_uri": f"{home}/discovery/v2.0/keys" if v2 else f"{home}/discovery/keys",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": sorted(GRANTS),
        "scopes_supported": sorted(OPENID_SCOPES),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "tenant_region_scope": "EU",
    }
