"""A certificate authority of this machine's own, and a certificate for localhost signed by it.

The Azure SDKs refuse to send Entra tokens over plain http, so most of the local cloud speaks TLS. Clients learn to
trust it from the environment: REQUESTS_CA_BUNDLE (requests, MSAL), SSL_CERT_FILE (httpx, aiohttp),
NODE_EXTRA_CA_CERTS (Node).
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

LIFETIME = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)  # so that no demo outlives its certificate
NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Authority:
    """The files in `folder`, all PEM."""

    folder: Path

    @property
    def ca(self) -> Path:
        """What clients trust."""
        return self.folder / "ca.pem"

    @property
    def chain(self) -> Path:
        """What servers show."""
        return self.folder / "chain.pem"

    @property
    def key(self) -> Path:
        """The servers' private key; only its owner can read it."""
        return self.folder / "key.pem"

    def environment(self) -> dict[str, str]:
        """Variables that make Python and Node clients trust this authority, and no other but Node's own."""
        ca = str(self.ca.resolve())
        return {"REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca, "NODE_EXTRA_CA_CERTS": ca}


def local_authority(folder: Path) -> Authority:
    """The authority kept in `folder`, made anew when there is none, or one that is damaged or about to expire."""
    authority = Authority(folder)
    if not _still_good(authority):
        _make(authority)
    return authority


def _still_good(authority: Authority) -> bool:
    try:
        ca = x509.load_pem_x509_certificate(authority.ca.read_bytes())
        leaf = x509.load_pem_x509_certificate(authority.chain.read_bytes())
        key = load_pem_private_key(authority.key.read_bytes(), password=None)
        leaf.verify_directly_issued_by(ca)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    fits = key.public_key() == leaf.public_key()
    return fits and _names(leaf) == set(NAMES) and leaf.not_valid_after_utc - datetime.now(UTC) > RENEW_BEFORE


def _names(leaf: x509.Certificate) -> set[str]:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    return {*names.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)}


def _make(authority: Authority) -> None:
    """The authority's own key is never written: whoever reads the folder cannot sign for other names."""
    authority.folder.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA(organization_name="Graph Pulse local twin")
    leaf = ca.issue_cert(*NAMES, not_after=datetime.now(UTC) + LIFETIME)
    _write(authority.key, leaf.private_key_pem.bytes(), mode=0o600)
    _write(authority.chain, b"".join(blob.bytes() for blob in leaf.cert_chain_pems), mode=0o644)
    _write(authority.ca, ca.cert_pem.bytes(), mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Whole or not at all, and never readable by others in between. Windows ignores the mode: its folder rules hold."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
