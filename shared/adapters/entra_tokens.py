"""Verifies tokens of our tenant's Entra by PyJWT, with the keys and issuers that Entra's discovery names.

Keys are read on first use and once a day. A key id that is not among them makes them be read again at once (Entra
rotates without warning in an emergency), but at most once a minute: forged ids shall not make us call Entra.
https://learn.microsoft.com/entra/identity-platform/signing-key-rollover (2026-11)
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.domain.events.senders import KeysMissing
from shared.ports import Clock

if TYPE_CHECKING:
    import aiohttp

ALGORITHM = "RS256"
NEEDED = ["exp", "iss", "aud", "tid"]
LEEWAY = timedelta(seconds=60)  # clocks differ
LONGEST = 16 * 1024  # characters: no token of Entra's comes near
KEPT = timedelta(days=1)
AGAIN = timedelta(minutes=1)
TIMEOUT_S = 1.5  # Graph waits three seconds for an answer


@dataclass(frozen=True, slots=True)
class _Known:
    keys: Mapping[str, Any]  # by kid
    issuers: frozenset[str]  # of v1.0 and v2.0 tokens
    read_at: datetime


@dataclass(slots=True)
class EntraTokens:
    """`authority` is Entra's root, https://login.microsoftonline.com. Tokens expire by real time, not by `clock`."""

    authority: str
    tenant_id: str
    clock: Clock
    open_session: "Callable[[], aiohttp.ClientSession] | None" = None
    _known: _Known | None = None
    _tried_at: datetime | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def claims(self, token: str, *, audiences: Collection[str]) -> Mapping[str, object] | None:
        kid = _kid_of(token)
        if kid is None or not audiences:
            return None
        known = await self._keys_with(kid)
        if kid not in known.keys:
            return None
        return _decoded(token, known.keys[kid], known.issuers, audiences, self.tenant_id)

    async def _keys_with(self, kid: str) -> _Known:
        """What is known, read anew when it is old or lacks `kid`. Raises KeysMissing when it can't be said."""
        if known := self._fresh(kid):
            return known  # not kept waiting by somebody's unknown key
        async with self._reading:
            if known := self._fresh(kid):
                return known
            now, known = self.clock.now(), self._known
            if self._tried_at and now - self._tried_at < AGAIN:
                if known and kid in known.keys:
                    return known
                raise KeysMissing("a key that is not known yet; keys were read less than a minute ago")
            self._tried_at = now
            try:
                self._known = await self._read(now)
            except _unreachable() as fault:
                if known and kid in known.keys:
                    return known  # an old key is better than none: it signed yesterday
                raise KeysMissing(f"Entra's keys can't be read: {type(fault).__name__}") from fault
            return self._known

    def _fresh(self, kid: str) -> _Known | None:
        known = self._known
        return known if known and kid in known.keys and self.clock.now() - known.read_at < KEPT else None

    async def _read(self, now: datetime) -> _Known:
        root = f"{self.authority}/{self.tenant_id}"
        async with (self.open_session or _session)() as session:
            documents = [
                await _get(session, f"{root}{version}/.well-known/openid-configuration") for version in ("", "/v2.0")
            ]
            found = [await _get(session, _own(str(document["jwks_uri"]), self.authority)) for document in documents]
        keys = {key["kid"]: key for jwks in found for key in jwks["keys"] if key.get("kty") == "RSA"}
        return _Known(keys, frozenset(str(document["issuer"]) for document in documents), now)


def _kid_of(token: str) -> str | None:
    """Of a token that is worth a look."""
    import jwt

    if not token or len(token) > LONGEST:
        return None
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    kid = header.get("kid")
    return kid if header.get("alg") == ALGORITHM and isinstance(kid, str) else None


def _decoded(
    token: str, key: Any, issuers: Collection[str], audiences: Collection[str], tenant_id: str
) -> Mapping[str, object] | None:
    import jwt

    try:
        claims: dict[str, object] = jwt.decode(
            token,
            jwt.PyJWK(key, ALGORITHM).key,
            algorithms=[ALGORITHM],
            audience=list(audiences),
            issuer=list(issuers),
            leeway=LEEWAY,
            options={"require": NEEDED},
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return claims if str(claims["tid"]).lower() == tenant_id.lower() else None


def _own(url: str, authority: str) -> str:
    """A document may not send us elsewhere for the keys."""
    if not url.startswith(f"{authority}/"):
        raise ValueError("jwks_uri is not at the authority")
    return url


async def _get(session: "aiohttp.ClientSession", url: str) -> Any:
    async with session.get(url, raise_for_status=True, allow_redirects=False) as answer:
        return await answer.json()


def _session() -> "aiohttp.ClientSession":
    import aiohttp

    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S))


def _unreachable() -> tuple[type[Exception], ...]:
    import aiohttp

    return (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError)
