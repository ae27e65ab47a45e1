"""App Service's own sign-in pages, /.auth/*: the browser comes back from Entra with a session cookie.

Authorization code with PKCE, as the app registration is public towards the twin.
https://learn.microsoft.com/azure/app-service/configure-authentication-customize-sign-in-out
"""

import base64
import hashlib
import json
import logging
import secrets
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from twin.functions_host.entra_tokens import EntraTokens, EntraUnreachableError, Session, UntrustedTokenError
from twin.functions_host.identity import bearer_token
from twin.functions_host.principal import mapped, user_name
from twin.functions_host.session import LIFE_S, SESSION_COOKIE, Refresh, session_of, set_cookie, text_of, unreachable

STARTED_COOKIE = "AppServiceAuthNonce"  # what must be known again when the browser comes back
CALLBACK = "/.auth/login/aad/callback"

log = logging.getLogger("host.identity")


class SignIn:
    def __init__(self, tokens: EntraTokens) -> None:
        self._tokens = tokens

    def routes(self) -> list[Route]:
        return [
            Route("/.auth/login/aad", self._login),
            Route(CALLBACK, self._callback),
            Route("/.auth/me", self._me),
            Route("/.auth/refresh", Refresh(self._tokens).answer),
            Route("/.auth/logout", _logout),
        ]

    async def _login(self, request: Request) -> Response:
        back_to = _local(request.query_params.get("post_login_redirect_uri", "/"))
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        question = {
            "client_id": self._tokens.tenant.client_id,
            "response_type": "code",
            "redirect_uri": _callback_url(request),
            "scope": self._scope,
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        try:
            page = self._tokens.tenant.sign_in_page or (await self._tokens.discovery())["authorization_endpoint"]
        except EntraUnreachableError as fault:
            return unreachable(fault)
        response = RedirectResponse(f"{page}?{urlencode(question)}", status_code=302)
        set_cookie(response, STARTED_COOKIE, _pack({"state": state, "verifier": verifier, "back_to": back_to}))
        return response

    async def _callback(self, request: Request) -> Response:
        started = _unpack(request.cookies.get(STARTED_COOKIE, ""))
        code = request.query_params.get("code", "")
        if (
            not started
            or not code
            or not secrets.compare_digest(started["state"].encode(), request.query_params.get("state", "").encode())
        ):
            return PlainTextResponse("This sign-in was not started here, or was refused.", status_code=401)
        try:
            session = await self._redeem(code, started["verifier"], _callback_url(request))
        except EntraUnreachableError as fault:
            return unreachable(fault)
        except UntrustedTokenError as fault:
            log.warning("identity.refused: %s", fault)
            return Response(status_code=401)
        response = RedirectResponse(started["back_to"], status_code=302)
        set_cookie(response, SESSION_COOKIE, text_of(session))
        response.delete_cookie(STARTED_COOKIE)
        return response

    async def _redeem(self, code: str, verifier: str, redirect_uri: str) -> Session:
        """Raises EntraUnreachableError or UntrustedTokenError."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._tokens.tenant.client_id,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "scope": self._scope,
        }
        return await self._tokens.granted(form)

    async def _me(self, request: Request) -> Response:
        bearer = bearer_token(request.headers)
        token = bearer or session_of(request.headers).access_token
        try:
            claims = await (self._tokens.verify(token) if bearer else self._tokens.verify_session(token, LIFE_S))
        except UntrustedTokenError:
            return Response(status_code=401)
        except EntraUnreachableError as fault:
            return unreachable(fault)
        who = {"provider_name": "aad", "user_id": user_name(claims), "user_claims": mapped(claims)}
        return JSONResponse([who | {"access_token": token}], headers={"Cache-Control": "no-store"})

    @property
    def _scope(self) -> str:
        return f"openid profile email offline_access api://{self._tokens.tenant.client_id}/.default"


async def _logout(request: Request) -> Response:
    response = RedirectResponse(_local(request.query_params.get("post_logout_redirect_uri", "/")), status_code=302)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
    return response


def _local(target: str) -> str:
    """Only to a page of the app: never to `//other.example`, nor to `/\\other.example`, which browsers read alike."""
    return target if target.startswith("/") and target[1:2] not in ("/", "\\") else "/"


def _callback_url(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK}"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _pack(content: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _unpack(text: str) -> dict[str, str] | None:
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return content if isinstance(content, dict) and {"state", "verifier", "back_to"} <= content.keys() else None
