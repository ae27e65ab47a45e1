"""The keys that tokens are signed with, and the public halves as Entra publishes them."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

PUBLISHED = 2  # the signing key and the one before it: what was signed before a rotation stays valid


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: rsa.RSAPrivateKey
    public: dict[str, Any]  # as JWK

    @property
    def id(self) -> str:
        return str(self.public["kid"])


def new_signing_key() -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(public["n"].encode()).digest()).decode().rstrip("=")
    return SigningKey(private, {"kty": "RSA", "use": "sig", "kid": thumbprint, "n": public["n"], "e": public["e"]})


@dataclass(slots=True)
class KeyRing:
    """The newest key first."""

    keys: list[SigningKey] = field(default_factory=lambda: [new_signing_key()])

    def rotate(self) -> None:
        self.keys = [new_signing_key(), *self.keys][:PUBLISHED]

    def sign(self, claims: dict[str, Any]) -> str:
        key = self.keys[0]
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.id})

    def read(self, token: str, *, audience: list[str], issuers: list[str]) -> dict[str, Any]:
        """Claims of a token that one of these keys signed. Raises jwt.InvalidTokenError."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((key for key in self.keys if key.id == kid), None)
        if key is None:
            raise jwt.InvalidSignatureError("signed with a key that is not published (any more)")
        return jwt.decode(
            token,
            key.private.public_key(),
            algorithms=["RS256"],
            audience=audience,
            issuer=issuers,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
