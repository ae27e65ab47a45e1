"""What quarantine keeps of a client_state, so that an event can still be proven once its cause is mended. Pure.

The state itself is never stored: whoever read it could forge events with it. Kept are the key version and the spec that
it names, and a SHA-256 digest of the whole. With the right key the app makes the genuine state anew and compares
digests. The digest can't be turned back (the state ends in 256 bits of HMAC), and it proves nothing to the way in.
A state of another form leaves no imprint: it may be somebody's guessable word, and no key of ours could prove it.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from shared.domain.events.client_state import KeyRing, Proof, claimed_spec, mint

PURPOSE = "quarantine\0"  # so that the digest is of use nowhere else


@dataclass(frozen=True, slots=True)
class Imprint:
    """`spec` is `entry~subject`. All are empty (0) where there was no state of our form."""

    key_version: int = 0
    spec: str = ""
    digest: str = field(default="", repr=False)


def imprint_of(state: str | None) -> Imprint:
    spec = claimed_spec(state)
    if not spec or state is None:
        return Imprint()
    return Imprint(int(state[1 : state.index(".")]), spec, _digest(state))


def prove_imprint(ring: KeyRing, imprint: Imprint, *, tenant_id: str) -> Proof | None:
    """What the state that left this imprint proves by the keys of today, None when it proves nothing."""
    if not imprint.digest or imprint.key_version not in ring.keys:
        return None
    entry, _, subject = imprint.spec.partition("~")
    genuine = mint(ring, tenant_id=tenant_id, entry=entry, subject=subject, key_version=imprint.key_version)
    same = hmac.compare_digest(_digest(genuine), imprint.digest)
    return Proof(imprint.key_version, entry, subject) if same else None


def vouched(spec: str, ring: KeyRing) -> Proof | None:
    """An operator says whose event this is: in place of a proof, for one event. None when `spec` is none."""
    entry, _, subject = spec.partition("~")
    return Proof(ring.newest, entry, subject) if entry and len(subject) in (16, 22) else None


def _digest(state: str) -> str:
    return hashlib.sha256(f"{PURPOSE}{state}".encode()).hexdigest()
