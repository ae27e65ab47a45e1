"""What is wrong in one way only: states, resources, parts of encrypted content. By what is wrong with it."""

import base64
from typing import Any

from lab.doors import SPEC, Doors
from lab.forgeries import OTHER
from shared.domain.events.client_state import KeyRing, mint, subject_of_person

CANARY = "canary-4f1d"  # a word that may be found nowhere afterwards


def wrong_states(doors: Doors) -> dict[str, Any]:
    state, tenant = doors.state, doors.world.tenant_id
    head, _, mac = state.rpartition(".")
    other = subject_of_person(OTHER)

    def minted(ring: KeyRing = doors.app.settings.key_ring, tenant_id: str = tenant, entry: str = "mail") -> str:
        return mint(ring, tenant_id=tenant_id, entry=entry, subject=SPEC.subject)

    return {
        "missing": None,
        "empty": "",
        "a word": CANARY,
        "not ASCII": f"{state[:-1]}é",
        "NUL": f"{state}\0",
        "truncated": state[:-1],
        "longer": f"{state}A",
        "line end": f"{state}\n",
        "blank": f" {state}",
        "upper case": state.upper(),
        "first of the MAC": f"{head}.{'B' if mac[0] == 'A' else 'A'}{mac[1:]}",
        "last of the MAC": f"{head}.{mac[:-1]}{'w' if mac[-1] == 'A' else 'A'}",
        "no MAC": f"{head}.",
        "another key": minted(ring=KeyRing({1: b"a key that somebody else has made"})),
        "another key version": minted(ring=KeyRing({9: bytes(32)})),
        "another tenant": minted(tenant_id=OTHER),
        "another entry's": minted(entry="nobody"),
        "another subject": f"v1.mail~{other}.{mac}",
        "another spelling of the version": state.replace("v1.", "v01."),
        "in a list": [state],
        "in an object": {"clientState": state},
        "a number": 7,
        "true": True,
        "10,000 characters": "v" * 10_000,
    }


def foreign(doors: Doors) -> dict[str, dict[str, Any]]:
    return {
        "another person's resource": {"resource": f"Users/{OTHER}/Messages/x"},
        "another tenant's id": {"tenantId": OTHER},
        "another tenant under its other name": {"tenantId": None, "organizationId": OTHER},
        "a resource of another person in the old form": {
            "resource": f"https://outlook.office365.com/api/beta/Users('{OTHER}@{doors.world.tenant_id}')/Messages('x')"
        },
    }


def touched(text: str) -> dict[str, str | None]:
    data = bytearray(base64.b64decode(text))
    flipped = {}
    for place in (0, len(data) // 2, len(data) - 1):
        copy = bytearray(data)
        copy[place] ^= 1
        flipped[f"flipped at {place}"] = base64.b64encode(copy).decode()
    return {**flipped, "cut": base64.b64encode(data[:-1]).decode(), "empty": "", "missing": None, "no base64": "%%"}
