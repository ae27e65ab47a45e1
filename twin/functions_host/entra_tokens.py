"""Verifies access tokens of one Entra tenant for one app registration, with the keys that Entra publishes."""

import time
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from jwt.types import Options

from twin.functions_host.settings import Tenant

LEEWAY_S = 300  # clocks may differ by as much, says .NET's TokenValidationParameters


class UntrustedTokenError(Exception):
    """The token is not one that Entra gave out for this app, or no longer holds."""


class EntraUnreachableError(Exception):
    """The keys can't be had, so nothing can be said about any token."""


class EntraRefusedError(EntraUnreachableError):
    """It answered, and gives no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a sign-in gives. `refresh_token` is empty where Entra gave none."""

    access_token: str
    refresh_token: str = ""


class EntraTokens:
    """Discovery and keys are read on first use, the keys again when a token names one that is not known."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._client: httpx.AsyncClient | None = None
        self._discovery: dict[str, Any] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises UntrustedTokenError or EntraUnreachableError."""
        return await self._verify(token, {"require": ["exp", "iss", "aud"]})

    async def verify_session(self, token: str, lasts_s: int) -> dict[str, Any]:
        """The claims of a token given out less than `lasts_s` ago, whether it still holds or not. Raises likewise."""
        claims = await self._verify(token, {"require": ["iat", "iss", "aud"], "verify_exp": False})
        if claims["iat"] + lasts_s < time.time():
            raise UntrustedTokenError("the session is over")
        return claims

    async def granted(self, form: dict[str, str]) -> Session:
        """What the token endpoint gives for a grant, once verified. Raises likewise, and EntraRefusedError."""
        answer = await self.fetch((await self.discovery())["token_endpoint"], form)
        access, refresh = str(answer.get("access_token", "")), str(answer.get("refresh_token", ""))
        await self.verify(access)
        return Session(access_token=access, refresh_token=refresh)

    async def _verify(self, token: str, options: Options) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
        except jwt.InvalidTokenError as fault:
            raise UntrustedTokenError(str(fault)) from None
        discovery = await self.discovery()
        if kid not in self._keys:
            self._keys = await self._fetch_keys(discovery["jwks_uri"])
        if kid not in self._keys:
            raise UntrustedTokenError("signed with an unknown key")
        return self._claims(token, self._keys[kid], issuer=discovery["issuer"], options=options)

    async def discovery(self) -> dict[str, Any]:
        """Entra's OpenID Connect metadata. Raises EntraUnreachableError."""
        if self._discovery is None:
            home = f"{self.tenant.entra}/{self.tenant.tenant_id}"
            self._discovery = await self.fetch(f"{home}/v2.0/.well-known/openid-configuration")
        return self._discovery

    async def fetch(self, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        """GET, or POST of `form`, of JSON. Raises EntraUnreachableError, also for an answer that is no success."""
        self._client = self._client or httpx.AsyncClient(timeout=10)  # late: reading the certificates takes a while
        try:
            answer = await (self._client.post(url, data=form) if form else self._client.get(url))
            if form and answer.status_code in (400, 401):
                raise EntraRefusedError(f"{answer.json().get('error', answer.status_code)} at {url}")
            content: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as fault:
            raise EntraUnreachableError(f"{type(fault).__name__} at {url}") from fault
        return content

    def _claims(self, token: str, key: jwt.PyJWK, *, issuer: str, options: Options) -> dict[str, Any]:
        issuers = [issuer, f"https://sts.windows.net/{self.tenant.tenant_id}/"]  # tokens of version 2.0 and 1.0
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self.tenant.audiences,
                issuer=issuers,
                leeway=LEEWAY_S,
                options=options,
            )
        except jwt.InvalidTokenError as fault:
            raise UntrustedTokenError(str(fault)) from None

    async def _fetch_keys(self, url: str) -> dict[str, jwt.PyJWK]:
        try:
            keys = jwt.PyJWKSet.from_dict(await self.fetch(url)).keys
        except jwt.PyJWKSetError as fault:
            raise EntraUnreachableError(f"no keys at {url}") from fault
        return {key.key_id: key for key in keys if key.key_id}
