"""App Service authentication ("Easy Auth") in front of the app, in mode AllowAnonymous.

Who brings no token passes without a principal, who brings a good one with it, who brings a bad one gets 401.
An ended session cookie counts as none: its owner must reach the page to sign in again.
"""

import logging

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from twin.functions_host.entra_tokens import EntraTokens, EntraUnreachableError, UntrustedTokenError
from twin.functions_host.principal import principal_headers, without_principal
from twin.functions_host.session import LIFE_S, session_of

EXCLUDED = ("/runtime/webhooks/", "/admin/", "/twin/", "/.auth/")  # their callers prove themselves in other ways

log = logging.getLogger("host.identity")


class AppServiceAuthentication:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, tokens: EntraTokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope = {**scope, "headers": without_principal(scope["headers"])}
        if refusal := None if scope["path"].startswith(EXCLUDED) else await self._identify(scope, headers):
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _identify(self, scope: Scope, headers: Headers) -> Response | None:
        """Add the caller's headers to the scope, or answer why the request goes no further."""
        bearer = bearer_token(headers)
        if not (token := bearer or session_of(headers).access_token):
            return None
        try:
            claims = await (self._tokens.verify(token) if bearer else self._tokens.verify_session(token, LIFE_S))
        except UntrustedTokenError as fault:
            log.warning("identity.refused: %s", fault)
            return _unauthorized() if bearer else None
        except EntraUnreachableError as fault:
            log.error("identity.entra_unreachable: %s", fault)
            return Response(status_code=503)
        scope["headers"] += principal_headers(claims, token)
        return None


def bearer_token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-zumo-auth", "")


def _unauthorized() -> Response:
    return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
