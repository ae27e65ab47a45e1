"""What quarantine keeps of a client_state: enough to prove it later, nothing to forge with."""

import pytest
from builders import RING, TENANT, mail_spec, state_of

from shared.domain.events.client_state import KeyRing, Proof, prove
from shared.domain.events.imprint import Imprint, imprint_of, prove_imprint, vouched

STATE = state_of(mail_spec())
WRONG = KeyRing({1: bytes(32)})


def test_a_genuine_state_is_proven_by_its_imprint_alone():
    proof = prove_imprint(RING, imprint_of(STATE), tenant_id=TENANT)

    assert proof == prove(RING, STATE, tenant_id=TENANT)


@pytest.mark.parametrize(
    ("ring", "tenant"), [(WRONG, TENANT), (KeyRing({2: bytes(range(32))}), TENANT), (RING, "another")]
)
def test_by_another_key_version_or_tenant_it_proves_nothing(ring, tenant):
    assert prove_imprint(ring, imprint_of(STATE), tenant_id=tenant) is None


@pytest.mark.parametrize("state", [None, "", "secret", STATE[:-1], "é" * 40, STATE + "A"])
def test_a_state_of_another_form_leaves_nothing(state):
    assert imprint_of(state) == Imprint()
    assert prove_imprint(RING, imprint_of(state), tenant_id=TENANT) is None


def test_a_forged_state_of_our_form_is_proven_by_no_key_of_ours():
    forged = STATE[:-1] + ("A" if STATE[-1] != "A" else "B")

    assert imprint_of(forged).spec == mail_spec()
    assert prove_imprint(RING, imprint_of(forged), tenant_id=TENANT) is None


def test_no_part_of_the_mac_is_kept_or_shown():
    imprint = imprint_of(STATE)
    mac = STATE.rpartition(".")[2]

    assert mac not in str((imprint.spec, imprint.digest))
    assert imprint.digest not in repr(imprint)


def test_a_digest_is_no_state():
    assert prove(RING, imprint_of(STATE).digest, tenant_id=TENANT) is None


@pytest.mark.parametrize(
    ("spec", "is_one"), [(mail_spec(), True), ("people~" + "a" * 16, True), ("mail", False), ("~" + "a" * 16, False)]
)
def test_an_operator_vouches_for_a_spec_and_for_nothing_else(spec, is_one):
    assert isinstance(vouched(spec, RING), Proof) is is_one
