"""Opens the encrypted content of rich notifications, by `cryptography`, with the private keys that the app holds.

RSA-OAEP (SHA-1) gives a symmetric key for each item; its HMAC-SHA256 over the encrypted bytes is compared before
anything is decrypted; then AES-CBC with PKCS #7, whose initialization vector is the key's first 16 bytes.
https://learn.microsoft.com/graph/change-notifications-with-resource-data#decrypting-resource-data-from-change-notifications
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import pkcs12

from shared.domain.events.rich import EncryptedContent, Unopened

OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 Graph's choice
BITS = 2048  # the least that Graph takes
BLOCK = 16  # bytes of an AES block


class InvalidCertificate(Exception):
    """Bytes that hold no private RSA key of at least 2,048 bits."""


@dataclass(frozen=True, slots=True)
class RsaCertificates:
    """Private keys by encryptionCertificateId: the newest for new subscriptions, old ones until nobody names them."""

    keys: Mapping[str, RSAPrivateKey] = field(repr=False)

    async def open(self, content: EncryptedContent) -> bytes:
        """In a thread: RSA takes milliseconds. Raises Unopened."""
        key = self.keys.get(content.certificate_id)
        if key is None:
            raise Unopened("no certificate of that encryptionCertificateId")
        return await asyncio.to_thread(_open, key, content)


def load_key(data: bytes) -> RSAPrivateKey:
    """Out of PEM, PKCS #12 without a password (as Key Vault hands out), or DER. Raises InvalidCertificate."""
    try:
        key = _load(data)
    except (ValueError, TypeError) as fault:
        raise InvalidCertificate("it holds no private key that can be read without a password") from fault
    if not isinstance(key, RSAPrivateKey) or key.key_size < BITS:
        raise InvalidCertificate(f"it holds no RSA key of {BITS} bits or more")
    return key


def _load(data: bytes) -> object:
    if b"-----BEGIN" in data:
        return serialization.load_pem_private_key(data[data.index(b"-----BEGIN") :], None)
    try:
        return pkcs12.load_key_and_certificates(data, None)[0]
    except ValueError:
        return serialization.load_der_private_key(data, None)


def _open(key: RSAPrivateKey, content: EncryptedContent) -> bytes:
    try:
        secret = key.decrypt(content.key, OAEP)
    except ValueError as fault:
        raise Unopened("dataKey is not encrypted for this certificate") from fault
    _check_signature(secret, content)
    try:
        return _decrypted(secret, content.data)
    except ValueError as fault:
        raise Unopened("data is not what its key encrypted") from fault


def _check_signature(secret: bytes, content: EncryptedContent) -> None:
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(content.data)
    try:
        mac.verify(content.signature)
    except InvalidSignature as fault:
        raise Unopened("dataSignature does not fit data") from fault


def _decrypted(secret: bytes, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(secret), modes.CBC(secret[:BLOCK])).decryptor()
    padded = cipher.update(data) + cipher.finalize()
    plain = PKCS7(8 * BLOCK).unpadder()
    return plain.update(padded) + plain.finalize()
