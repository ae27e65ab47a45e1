"""A client_state ends in the standard HMAC-SHA256, so that what other versions minted stays genuine."""

import base64
import hmac

import pytest

from shared.domain.events.client_state import KeyRing, mint


@pytest.mark.parametrize("size", [1, 32, 64, 65, 200])
def test_the_mac_is_that_of_the_length_prefixed_parts(size):
    key = bytes(range(size))
    parts = (b"client_state", b"tenant", b"mail", b"x" * 16, b"3")
    message = b"".join(len(part).to_bytes(4) + part for part in parts)

    state = mint(KeyRing({3: key}), tenant_id="Tenant", entry="mail", subject="x" * 16)

    mac = base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).decode().rstrip("=")
    assert state == f"v3.mail~{'x' * 16}.{mac}"
