"""Tokens that Entra did not issue for us, each wrong in one way; and an Entra without sockets to judge them by."""

import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
import jwt
from cryptography.hazmat.primitives import serialization

from twin.entra.app import entra_app
from twin.entra.keys import new_signing_key
from twin.entra.tokens import Entra
from twin.world import World

EVENT_GRID = "4962773b-9cdb-44cf-a8bf-237846a00ab7"
WRONG_CALLERS = (  # genuine, for us, but not of the app that may speak
    "another app",
    "no app",
    "the app in the other version's claim",
    "another app in a v2 token",
    "a person, through the app",
)
OTHER = "00000000-1111-2222-3333-444444444444"


@dataclass(slots=True)
class EntraAtHand:
    """Answers as an aiohttp session would that reached Entra. `asked` lists the paths; `is_down` refuses all."""

    world: World
    asked: list[str] = field(default_factory=list)
    is_down: bool = False
    _answer: httpx.Response | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        return None

    def get(self, url: str, **_: object) -> "_Answer":
        if self.is_down:
            raise ConnectionRefusedError(url)
        self.asked.append(httpx.URL(url).path)
        return _Answer(self.world, url)


@dataclass(slots=True)
class _Answer:
    world: World
    url: str
    _found: httpx.Response | None = None

    async def __aenter__(self) -> Self:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(entra_app(self.world))) as client:
            self._found = (await client.get(self.url)).raise_for_status()
        return self

    async def __aexit__(self, *fault: object) -> None:
        return None

    async def json(self) -> Any:
        return self._found.json() if self._found else None


def an_entra() -> World:
    world = World()
    world.entra = Entra(world)
    return world


def forged_tokens(world: World, *, audience: str, app_id: str) -> Mapping[str, str]:
    """By what is wrong with it. `audience` and `app_id` are those that would be right."""
    entra, now = world.entra, int(time.time())

    def issue(aud: str = audience, **changes: Any) -> str:
        return entra.issue(aud, subject=app_id, **{"appid": app_id, **changes})

    good = issue()
    return {
        **_mangled(good, other=issue(iat=now - 9)),
        **_wrongly_signed(entra, good),
        **{name: issue(**claims) for name, claims in _wrong_claims(entra, app_id, now).items()},
    }


def _mangled(good: str, *, other: str) -> Mapping[str, str]:
    header, payload, signature = good.split(".")
    return {
        "empty": "",
        "no token": "abc",
        "three dots": "a.b.c",
        "cut signature": good[:-20],
        "no signature": f"{header}.{payload}.",
        "signature of another token": f"{header}.{payload}.{other.split('.')[2]}",
        "changed payload": f"{header}.{_encoded({**_decoded(payload), 'oid': 'x'})}.{signature}",
        "alg none": f"{_encoded({**_decoded(header), 'alg': 'none'})}.{payload}.",
        "alg none with signature": f"{_encoded({**_decoded(header), 'alg': 'none'})}.{payload}.{signature}",
        "deep header": f"{_raw('{"a":' * 5_000 + '1' + '}' * 5_000)}.{payload}.{signature}",
        "header of another type": f"{_raw('[]')}.{payload}.{signature}",
        "key id of another type": f"{_encoded({**_decoded(header), 'kid': 7})}.{payload}.{signature}",
        "lone surrogate": "\ud800.\ud800.\ud800",
        "not ASCII": f"é{good}",
    }


def _wrongly_signed(entra: Entra, good: str) -> Mapping[str, str]:
    claims, key = _decoded(good.split(".")[1]), entra.keys.keys[0]
    return {
        "HS256 with the public key": _hs256(entra, claims),
        "RS512": _signed(entra, claims, algorithm="RS512"),
        "unknown key": _signed_by_another(claims, kid="unknown"),
        "another key under a known id": _signed_by_another(claims, kid=key.id),
        "no key id": jwt.encode(claims, key.private, algorithm="RS256"),
        "a key of its own": _with_jwk(claims),
        "no audience": _signed(entra, {**claims, "aud": ""}, algorithm="RS256"),
    }


def _wrong_claims(entra: Entra, app_id: str, now: int) -> Mapping[str, dict[str, Any]]:
    """In place of the right ones, in tokens that Entra's key has signed."""
    return {
        "expired": {"nbf": now - 7200, "iat": now - 7200, "exp": now - 3600},
        "not yet": {"nbf": now + 3600, "exp": now + 7200},
        "without an end": {"exp": None},
        "foreign audience": {"aud": OTHER},
        "Graph's audience": {"aud": "https://graph.microsoft.com"},
        "foreign tenant's issuer": {"iss": f"https://sts.windows.net/{OTHER}/"},
        "no issuer": {"iss": None},
        "issuer that begins alike": {"iss": f"{entra.v1_issuer}.evil.example/"},
        "foreign tenant's id": {"tid": OTHER},
        "no tenant's id": {"tid": None},
        "another app": {"appid": OTHER},
        "no app": {"appid": None},
        "the app in the other version's claim": {"appid": None, "azp": app_id},
        "another app in a v2 token": {"azp": OTHER, "ver": "2.0", "iss": entra.v2_issuer},
        "a person, through the app": {"scp": "access"},
        "17 KiB": {"padding": "x" * 17_000},
    }


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _encoded(value: Mapping[str, Any]) -> str:
    return _raw(json.dumps(value))


def _raw(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _signed(entra: Entra, claims: dict[str, Any], *, algorithm: str) -> str:
    key = entra.keys.keys[0]
    return jwt.encode(claims, key.private, algorithm=algorithm, headers={"kid": key.id})


def _hs256(entra: Entra, claims: Mapping[str, Any]) -> str:
    """The old confusion of algorithms: the public key, which everybody has, taken for a shared secret."""
    key = entra.keys.keys[0]
    public = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': key.id})}.{_encoded(claims)}"
    return f"{signed}.{_mac(public, signed)}"


def _mac(key: bytes, text: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def _signed_by_another(claims: dict[str, Any], *, kid: str) -> str:
    return jwt.encode(claims, new_signing_key().private, algorithm="RS256", headers={"kid": kid})


def _with_jwk(claims: dict[str, Any]) -> str:
    """It brings its key along in the header."""
    key = new_signing_key()
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.id, "jwk": key.public})
