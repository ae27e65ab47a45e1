"""A subscriber with a key of their own, and their certificates."""

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

SHA1 = hashes.SHA1()  # noqa: S303 - what Graph uses


@dataclass
class Holder:
    """Reads what only they can."""

    key: rsa.RSAPrivateKey
    certificate: bytes  # DER

    @property
    def fields(self) -> dict[str, Any]:
        text = base64.b64encode(self.certificate).decode()
        return {"includeResourceData": True, "encryptionCertificate": text, "encryptionCertificateId": "cert-1"}

    def open(self, content: dict[str, str]) -> tuple[bytes, dict[str, Any]]:
        """The one-time key, and what it hid."""
        data = base64.b64decode(content["data"])
        oaep = padding.OAEP(mgf=padding.MGF1(SHA1), algorithm=SHA1, label=None)
        key = self.key.decrypt(base64.b64decode(content["dataKey"]), oaep)
        if not hmac.compare_digest(hmac.digest(key, data, "sha256"), base64.b64decode(content["dataSignature"])):
            raise InvalidSignature
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        unpadder = PKCS7(128).unpadder()
        plain = unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
        return key, json.loads(plain)


def new_holder() -> Holder:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Holder(key, certified(key))


def certified(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "subscriber")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
