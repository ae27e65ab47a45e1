"""Calls one SignalR service as the host's extension does: REST for pushes, and tokens for clients.

With an access key both are signed by it. With an identity REST gets the Entra token as it is, and client tokens are
signed with a key that the service gives out for it: MicrosoftEntraAccessKey of Azure/azure-signalr.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import jwt

from twin.functions_host.signalr_settings import Service

AUDIENCE = "https://signalr.azure.com"
API_VERSION = "2022-06-01"
IDENTITY_API_VERSION = "2019-08-01"
LIFETIME_S = 3600  # of what is signed here
KEY_FRESH_S = 55 * 60
TOKEN_MARGIN_S = 300
TIMEOUT_S = 100.0  # ServiceManagerOptions.HttpClientTimeout


class SignalRCallError(Exception):
    """The service, or the identity's endpoint, refused or was not reached. The message holds no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """Something to sign or to show, and when it needs to be had anew (real time, seconds)."""

    value: str
    until: float
    key_id: str | None = None


class SignalRClient:
    def __init__(self, service: Service, settings: Mapping[str, str]) -> None:
        self.service = service
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._token: _Held | None = None
        self._key: _Held | None = None

    async def connection_info(self, hub: str, user_id: str | None) -> dict[str, str]:
        """What a client needs to connect. Raises SignalRCallError."""
        url = self.service.client_url(hub.lower())
        key = await self._signing_key()
        headers = {"kid": key.key_id} if key.key_id else None
        claims = _dated({"aud": url}) | ({"asrs.s.uid": user_id} if user_id is not None else {})
        return {"url": url, "accessToken": jwt.encode(claims, key.value, algorithm="HS256", headers=headers)}

    async def call(
        self, method: str, hub: str, *path: str, body: Any = None, fine: Mapping[int, str] | None = None
    ) -> None:
        """`path` is what follows the hub, unescaped. `fine`: x-ms-error-code by status that is no failure.

        Raises SignalRCallError. Nothing is tried twice: AzureSignalRRetry is off by default.
        """
        escaped = "/".join(part if part.startswith(":") else quote(part, safe="") for part in path)
        url = f"{self.service.endpoint}/api/hubs/{quote(hub.lower(), safe='')}/{escaped}?api-version={API_VERSION}"
        answer = await self._ask(method, url, headers={"Authorization": f"Bearer {await self._bearer(url)}"}, json=body)
        code = (fine or {}).get(answer.status_code)
        if not answer.is_success and (code is None or answer.headers.get("x-ms-error-code") != code):
            raise SignalRCallError(f"{method} {url} was answered with {answer.status_code}")

    async def _bearer(self, url: str) -> str:
        if self.service.access_key is None:
            return await self._entra_token()
        return jwt.encode(_dated({"aud": url, "nameid": "functions-host"}), self.service.access_key, algorithm="HS256")

    async def _signing_key(self) -> _Held:
        if self.service.access_key is not None:
            return _Held(value=self.service.access_key, until=float("inf"))
        if self._key is None or self._key.until < time.time():
            self._key = await self._fetch_key()
        return self._key

    async def _fetch_key(self) -> _Held:
        url = f"{self.service.endpoint}/api/v1/auth/accessKey"
        answer = await self._ask("GET", url, headers={"Authorization": f"Bearer {await self._entra_token()}"})
        content = _content(answer, url)
        return _Held(value=content["AccessKey"], key_id=content["KeyId"], until=time.time() + KEY_FRESH_S)

    async def _entra_token(self) -> str:
        """For the managed identity: https://learn.microsoft.com/azure/app-service/overview-managed-identity."""
        if self._token is None or self._token.until < time.time():
            endpoint, proof = self._settings.get("IDENTITY_ENDPOINT"), self._settings.get("IDENTITY_HEADER")
            if not endpoint or not proof:
                raise SignalRCallError("no managed identity: IDENTITY_ENDPOINT and IDENTITY_HEADER are not set")
            query = {"api-version": IDENTITY_API_VERSION, "resource": AUDIENCE}
            query |= {"client_id": self.service.client_id} if self.service.client_id else {}
            answer = await self._ask("GET", endpoint, params=query, headers={"X-IDENTITY-HEADER": proof})
            content = _content(answer, endpoint)
            until = int(content["expires_on"]) - TOKEN_MARGIN_S
            self._token = _Held(value=content["access_token"], until=until)
        return self._token.value

    async def _ask(self, method: str, url: str, **parts: Any) -> httpx.Response:
        self._client = self._client or httpx.AsyncClient(timeout=TIMEOUT_S)  # late: reading certificates takes a while
        try:
            return await self._client.request(method, url, **parts)
        except httpx.HTTPError as fault:
            raise SignalRCallError(f"{type(fault).__name__} at {url}") from fault


def _dated(claims: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    return claims | {"iat": now, "nbf": now, "exp": now + LIFETIME_S}


def _content(answer: httpx.Response, url: str) -> dict[str, Any]:
    if not answer.is_success:
        raise SignalRCallError(f"{url} was answered with {answer.status_code}")
    content: dict[str, Any] = answer.json()
    return content
