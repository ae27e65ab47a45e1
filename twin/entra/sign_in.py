"""Signing in with a browser: authorization codes (RFC 6749 §4.1) bound to a PKCE challenge (RFC 7636)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from twin.entra.clients import known_client
from twin.entra.errors import EntraError, invalid_grant, missing
from twin.entra.scopes import Asked, read_scope
from twin.world import Person, World

CODE_LIFETIME_S = 600
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRequest:
    """A checked call of /authorize."""

    client_id: str
    redirect_uri: str
    asked: Asked
    challenge: str  # S256
    state: str | None
    nonce: str | None
    in_fragment: bool  # where the answer goes: behind # or ?

    def answer(self, **parameters: str) -> str:
        """The address to send the browser to."""
        state = {"state": self.state} if self.state is not None else {}
        mark = "#" if self.in_fragment else "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{mark}{urlencode(parameters | state)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person signed in to an app: what codes and refresh tokens stand for."""

    person: Person
    client_id: str
    asked: Asked
    nonce: str | None = None


@dataclass(slots=True)
class Sessions:
    """Open codes and refresh tokens, in memory: they end with the process."""

    codes: dict[str, tuple[float, SignInRequest, Session]] = field(default_factory=dict)  # by code, with its end
    refreshable: dict[str, Session] = field(default_factory=dict)  # by refresh token

    def code_for(self, request: SignInRequest, person: Person) -> str:
        code = secrets.token_urlsafe(48)
        session = Session(person=person, client_id=request.client_id, asked=request.asked, nonce=request.nonce)
        self.codes[code] = (time.monotonic() + CODE_LIFETIME_S, request, session)
        return code

    def redeem(self, form: Mapping[str, str], *, client_id: str) -> Session:
        """Once only. Raises EntraError."""
        for parameter in ("code", "redirect_uri", "code_verifier"):
            if not form.get(parameter):
                raise missing(parameter)
        ends, request, session = self.codes.pop(form["code"], (0.0, None, None))
        if request is None or session is None or session.client_id != client_id:
            raise invalid_grant(54005, "OAuth2 Authorization code was already redeemed, or never given to this app.")
        if time.monotonic() > ends:
            raise invalid_grant(70008, "The provided authorization code or refresh token has expired.")
        if form["redirect_uri"] != request.redirect_uri:
            raise invalid_grant(500112, "The reply address does not match that of the authorization request.")
        if not hmac.compare_digest(_challenge(form["code_verifier"]), request.challenge.encode()):
            raise invalid_grant(501481, "The Code_Verifier does not match the code_challenge of the authorization.")
        return session

    def refresh_token_for(self, session: Session) -> str:
        token = secrets.token_urlsafe(64)
        self.refreshable[token] = session
        return token

    def refreshed(self, form: Mapping[str, str], *, client_id: str) -> Session:
        """Raises EntraError."""
        session = self.refreshable.get(form.get("refresh_token", ""))
        if session is None or session.client_id != client_id:
            raise invalid_grant(70000, "Provided grant is invalid or malformed.")
        return session


def read_sign_in_request(world: World, query: Mapping[str, str]) -> SignInRequest:
    """Raises EntraError, which is shown and not sent to the redirect_uri: that may be the fault."""
    for parameter in ("client_id", "redirect_uri", "scope", "response_type"):
        if not query.get(parameter):
            raise missing(parameter)
    if query["response_type"] != "code":
        raise EntraError("unsupported_response_type", 700054, "Only response_type 'code' is enabled for the app.")
    if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
        message = "Proof Key for Code Exchange is required for cross-origin authorization code redemption (S256)."
        raise EntraError("invalid_request", 9002325, message)
    return SignInRequest(
        client_id=known_client(world, query),
        redirect_uri=_loopback(query["redirect_uri"]),
        asked=read_scope(world, query["scope"]),
        challenge=query["code_challenge"],
        state=query.get("state"),
        nonce=query.get("nonce"),
        in_fragment=query.get("response_mode") == "fragment",
    )


def _loopback(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK or parts.fragment:
        message = f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured"
        raise EntraError("invalid_request", 50011, f"{message} for the application: http://localhost with any port.")
    return uri


def _challenge(verifier: str) -> bytes:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=")
