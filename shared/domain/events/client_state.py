"""client_state: what Graph echoes in every event, made so that it can be checked without a lookup. Pure.

    v<key version>.<entry>~<subject>.<mac>      at most 128 characters

entry    the name in subscriptions.toml, `[a-z0-9-]{1,32}`
subject  whose subscription it is: an object id as 22 base64url characters, else a hash of the resource in 16
mac      HMAC-SHA256 over the length-prefixed parts, 43 base64url characters

It proves that the event answers a subscription that we made. It is no secret of the subscription's, can't be revoked
on its own, and is never logged, stored or passed on.
"""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

ENTRY = re.compile(r"[a-z0-9-]{1,32}")
_UNFORMED = ("0", "none", "0" * 16, "0" * 43)  # stands in for what is no state: it costs the same work
_NO_KEY = bytes(32)
_FORM = re.compile(r"v(0|[1-9]\d{0,5})\.([a-z0-9-]{1,32})~([\w-]{16}|[\w-]{22})\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Master keys by version; new states are made with the newest, all are believed."""

    keys: Mapping[int, bytes] = field(repr=False)

    @property
    def newest(self) -> int:
        return max(self.keys)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a genuine client_state says of its event."""

    key_version: int
    entry: str
    subject: str

    @property
    def spec(self) -> str:
        """The key of the SubscriptionSpec: `entry~subject`."""
        return f"{self.entry}~{self.subject}"


def mint(ring: KeyRing, *, tenant_id: str, entry: str, subject: str, key_version: int | None = None) -> str:
    """The client_state for one subscription; by the newest key unless a version is named."""
    version = ring.newest if key_version is None else key_version
    mac = _mac(ring.keys[version], tenant_id=tenant_id, entry=entry, subject=subject, version=version)
    return f"v{version}.{entry}~{subject}.{mac.decode()}"


def prove(ring: KeyRing, state: str | None, *, tenant_id: str) -> Proof | None:
    """What `state` proves, None when it proves nothing. Every state costs the same: one MAC, one comparison."""
    form = _FORM.fullmatch(state or "")
    named, entry, subject, mac = form.groups() if form else _UNFORMED
    version = int(named)
    key = ring.keys.get(version)
    wanted = _mac(key or _NO_KEY, tenant_id=tenant_id, entry=entry, subject=subject, version=version)
    same = hmac.compare_digest(mac.encode(), wanted)
    return Proof(version, entry, subject) if same and key and form else None


def claimed_spec(state: str | None) -> str:
    """The `entry~subject` that an unproven state names, for the operator's eyes; empty when it has no such form."""
    form = _FORM.fullmatch(state or "")
    return f"{form[2]}~{form[3]}" if form else ""


def subject_of_person(object_id: str) -> str:
    """An object id (GUID) as 22 base64url characters. ValueError when it is no GUID."""
    return base64.urlsafe_b64encode(uuid.UUID(object_id).bytes).decode().rstrip("=")


def subject_of_resource(resource: str) -> str:
    """16 characters that stand for a resource without a person."""
    return base64.urlsafe_b64encode(hashlib.sha256(resource.lower().encode()).digest())[:16].decode()


def person_of(subject: str) -> str | None:
    """The object id in a subject of 22 characters, None for the hash of a resource."""
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(subject + "=="))) if len(subject) == 22 else None


def _mac(key: bytes, *, tenant_id: str, entry: str, subject: str, version: int) -> bytes:
    """43 base64url characters of HMAC-SHA256."""
    mac = _begun(key, tenant_id).copy()
    mac.update(_prefixed(entry) + _prefixed(subject) + _prefixed(str(version)))
    return base64.urlsafe_b64encode(mac.digest())[:43]


@lru_cache(64)
def _begun(key: bytes, tenant_id: str) -> hmac.HMAC:
    """Fed with what all states of the tenant begin with: setting up a key costs more than the rest."""
    return hmac.new(key, _prefixed("client_state") + _prefixed(tenant_id.lower()), "sha256")


def _prefixed(part: str) -> bytes:
    encoded = part.encode()
    return len(encoded).to_bytes(4) + encoded
