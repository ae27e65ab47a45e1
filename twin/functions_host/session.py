"""The session that a sign-in leaves: its cookie, how long it holds, and /.auth/refresh.

The real cookie is sealed and the tokens lie in the token store; here the cookie holds them, so that every instance
knows them and a restart signs nobody out. The session outlives its access token: eight hours, and for 72 more it may
still be refreshed. https://learn.microsoft.com/azure/app-service/configure-authentication-oauth-tokens
"""

import logging
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from twin.functions_host.entra_tokens import (
    EntraRefusedError,
    EntraTokens,
    EntraUnreachableError,
    Session,
    UntrustedTokenError,
)

SESSION_COOKIE = "AppServiceAuthSession"
LIFE_S = 8 * 3600
GRACE_S = 72 * 3600
BETWEEN = "~"  # not among the characters of either token

log = logging.getLogger("host.identity")


class Refresh:
    def __init__(self, tokens: EntraTokens) -> None:
        self._tokens = tokens

    async def answer(self, request: Request) -> Response:
        """200 with the tokens renewed; 401 for who is not signed in, 403 without a refresh token that holds.

        403 for lack of one is as reported (Azure/azure-mobile-apps-net-client#424); for a refused one it is supposed.
        """
        session = session_of(request.headers)
        try:
            await self._tokens.verify_session(session.access_token, LIFE_S + GRACE_S)
            renewed = await self._renewed(session) if session.refresh_token else None
        except UntrustedTokenError:
            return Response(status_code=401)
        except EntraRefusedError as fault:
            log.warning("identity.not_refreshed: %s", fault)
            renewed = None
        except EntraUnreachableError as fault:
            return unreachable(fault)
        response = Response(status_code=200 if renewed else 403)
        if renewed:
            set_cookie(response, SESSION_COOKIE, text_of(renewed))
        return response

    async def _renewed(self, session: Session) -> Session:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._tokens.tenant.client_id,
            "refresh_token": session.refresh_token,
        }
        return await self._tokens.granted(form)


def session_of(headers: Headers) -> Session:
    access, _, refresh = cookie(headers, SESSION_COOKIE).partition(BETWEEN)
    return Session(access_token=access, refresh_token=refresh)


def text_of(session: Session) -> str:
    """What the cookie holds."""
    return f"{session.access_token}{BETWEEN}{session.refresh_token}"


def cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def set_cookie(response: Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", httponly=True, samesite="lax")


def unreachable(fault: EntraUnreachableError) -> Response:
    log.error("identity.entra_unreachable: %s", fault)
    return PlainTextResponse("Entra can't be reached, or refused the sign-in.", status_code=502)
