"""Resource data inside notifications, encrypted for the subscriber.

https://learn.microsoft.com/graph/change-notifications-with-resource-data (2026-04): a new AES-256 key for each item,
wrapped by RSA-OAEP with SHA-1; AES-CBC with PKCS7 and the key's first 16 bytes as IV; HMAC-SHA256 over what came out.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

SMALLEST_BITS, LARGEST_BITS = 2048, 4096
IV_BYTES = 16
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """As the subscriber gave it: `text` is base64 of the X.509 certificate, `id` their own name for it."""

    id: str
    text: str
    public_key: rsa.RSAPublicKey
    thumbprint: str  # SHA-1, hex digits in upper case


def read_certificate(text: str, certificate_id: str) -> Certificate:
    """ValueError, whose message is for the caller, unless it is an X.509 certificate with an RSA key of 2,048 to 4,096
    bits."""
    try:
        given = base64.b64decode(text, validate=True)
        is_pem = given.lstrip().startswith(b"-----BEGIN")
        certificate = x509.load_pem_x509_certificate(given) if is_pem else x509.load_der_x509_certificate(given)
    except (binascii.Error, ValueError):
        raise ValueError("encryptionCertificate: not a base64-encoded X.509 certificate.") from None
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or not SMALLEST_BITS <= key.key_size <= LARGEST_BITS:
        raise ValueError(f"encryptionCertificate: want an RSA key of {SMALLEST_BITS} to {LARGEST_BITS} bits.")
    thumbprint = hashlib.sha1(certificate.public_bytes(Encoding.DER), usedforsecurity=False).hexdigest().upper()
    return Certificate(id=certificate_id, text=text, public_key=key, thumbprint=thumbprint)


def encrypted_content(certificate: Certificate, content: Mapping[str, Any]) -> dict[str, str]:
    """The `encryptedContent` member of a notification."""
    key = os.urandom(KEY_BYTES)
    data = encrypt(key, json.dumps(content, separators=(",", ":")).encode())
    sha1 = hashes.SHA1()  # noqa: S303 - what Graph uses
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=sha1), algorithm=sha1, label=None)
    return {
        "data": _text(data),
        "dataSignature": _text(hmac.digest(key, data, "sha256")),
        "dataKey": _text(certificate.public_key.encrypt(key, oaep)),
        "encryptionCertificateId": certificate.id,
        "encryptionCertificateThumbprint": certificate.thumbprint,
    }


def encrypt(key: bytes, plain: bytes) -> bytes:
    """AES-CBC with PKCS7; the IV is the first 16 bytes of the key."""
    padder = PKCS7(algorithms.AES.block_size).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:IV_BYTES])).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
