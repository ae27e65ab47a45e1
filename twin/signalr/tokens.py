"""Tokens of the service: HS256 by the access key, or by a key that an identity has fetched for a while.

https://learn.microsoft.com/azure/azure-signalr/signalr-reference-data-plane-rest-api#authentication-via-azure-signalr-service-accesskey
"""

import secrets
import time
from typing import Any

import jwt

LONGEST = 4_096  # characters of a token: AuthUtility.MaxTokenLength of Azure/azure-signalr
USER_ID_CLAIMS = ("asrs.s.uid", "nameid", "sub")  # the SDK and the Functions extension, the REST documentation, others


class Keys:
    """Signs and verifies. All times are real ones."""

    def __init__(self) -> None:
        self.access_key = secrets.token_urlsafe(48)
        self.issued_id = secrets.token_hex(8)  # what GET /api/v1/auth/accessKey gives out, with its key
        self.issued_key = secrets.token_urlsafe(48)

    def client_token(self, url: str, *, user_id: str | None, lifetime_s: int) -> str:
        """For a client to connect to `url`, its ?hub= included."""
        now = int(time.time())
        claims = {"aud": url, "iat": now, "exp": now + lifetime_s}
        return self.sign(claims | ({"asrs.s.uid": user_id} if user_id else {}))

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.access_key, algorithm="HS256")

    def read(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """The claims of a token for one of `audiences`. Raises jwt.InvalidTokenError."""
        if len(token) > LONGEST:
            raise jwt.InvalidTokenError(f"more than {LONGEST} characters")
        issued = jwt.get_unverified_header(token).get("kid") == self.issued_id
        return jwt.decode(
            token,
            self.issued_key if issued else self.access_key,
            algorithms=["HS256"],
            audience=audiences,
            options={"require": ["exp", "aud"]},
        )


def user_id_of(claims: dict[str, Any]) -> str | None:
    return next((str(claims[name]) for name in USER_ID_CLAIMS if claims.get(name)), None)
