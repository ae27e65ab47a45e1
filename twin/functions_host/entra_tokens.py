"""Verifies access tokens of one Entra tenant for one app registration, with the keys that Entra publishes."""

from typing import Any

import httpx
import jwt

from twin.functions_host.settings import Tenant

LEEWAY_S = 300  # clocks may differ by as much, says .NET's TokenValidationParameters


class UntrustedTokenError(Exception):
    """The token is not one that Entra gave out for this app, or no longer holds."""


class EntraUnreachableError(Exception):
    """The keys can't be had, so nothing can be said about any token."""


class EntraTokens:
    """Discovery and keys are read on first use, the keys again when a token names one that is not known."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._client: httpx.AsyncClient | None = None
        self._discovery: dict[str, Any] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises UntrustedTokenError or EntraUnreachableError."""
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
        except jwt.InvalidTokenError as fault:
            raise UntrustedTokenError(str(fault)) from None
        discovery = await self.discovery()
        if kid not in self._keys:
            self._keys = await self._fetch_keys(discovery["jwks_uri"])
        if kid not in self._keys:
            raise UntrustedTokenError("signed with an unknown key")
        return self._claims(token, self._keys[kid], issuer=discovery["issuer"])

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
            content: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as fault:
            raise EntraUnreachableError(f"{type(fault).__name__} at {url}") from fault
        return content

    def _claims(self, token: str, key: jwt.PyJWK, *, issuer: str) -> dict[str, Any]:
        issuers = [issuer, f"https://sts.windows.net/{self.tenant.tenant_id}/"]  # tokens of version 2.0 and 1.0
        try:
            return jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self.tenant.audiences,
                issuer=issuers,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as fault:
            raise UntrustedTokenError(str(fault)) from None

    async def _fetch_keys(self, url: str) -> dict[str, jwt.PyJWK]:
        try:
            keys = jwt.PyJWKSet.from_dict(await self.fetch(url)).keys
        except jwt.PyJWKSetError as fault:
            raise EntraUnreachableError(f"no keys at {url}") from fault
        return {key.key_id: key for key in keys if key.key_id}
