"""Whatever is wrong with a client_state, refusing it takes the same work: how long it took tells nothing."""

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest
from builders import ADA, RING, TENANT, mail_spec, state_of

from shared.domain.events.client_state import KeyRing, mint, prove, subject_of_person

STATE = state_of(mail_spec())
REFUSED = {
    "missing": None,
    "empty": "",
    "short": "x",
    "long": "x" * 128,
    "not ASCII": STATE[:-1] + "é",
    "truncated": STATE[:-1],
    "first character of the MAC": STATE.replace(STATE.split(".")[-1], "A" + STATE.split(".")[-1][1:]),
    "last character of the MAC": STATE[:-1] + ("A" if STATE[-1] != "A" else "B"),
    "another key": state_of(mail_spec(), ring=KeyRing({1: bytes(32)})),
    "unknown key version": mint(
        KeyRing({9: bytes(32)}), tenant_id=TENANT, entry="mail", subject=subject_of_person(ADA)
    ),
    "another tenant": state_of(mail_spec(), tenant_id="another"),
    "another entry": STATE.replace(".mail~", ".mall~"),
}


def calls_of(act: Callable[[], object]) -> Counter[str]:
    """Which C functions of cryptography ran, and how often, once the MAC of the key is begun."""
    act()
    found: Counter[str] = Counter()

    def note(_: FrameType, event: str, called: object) -> None:
        if event == "c_call":
            found[getattr(called, "__qualname__", "")] += 1

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return Counter(
        {name: count for name, count in found.items() if name in ("HMAC.update", "HMAC.digest", "compare_digest")}
    )


@pytest.mark.parametrize("name", REFUSED)
def test_every_state_costs_one_mac_and_one_comparison(name):
    genuine = calls_of(lambda: prove(RING, STATE, tenant_id=TENANT))

    refused = calls_of(lambda: prove(RING, REFUSED[name], tenant_id=TENANT))

    assert refused == genuine
    assert refused["compare_digest"] == 1
    assert refused["HMAC.digest"] == 1
    assert prove(RING, REFUSED[name], tenant_id=TENANT) is None
