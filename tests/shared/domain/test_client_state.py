"""client_state: only what this app made for this tenant is believed."""

import pytest
from builders import ADA, RING, TENANT
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.client_state import (
    KeyRing,
    Proof,
    claimed_spec,
    mint,
    person_of,
    prove,
    subject_of_person,
    subject_of_resource,
)

SUBJECT = subject_of_person(ADA)
STATE = mint(RING, tenant_id=TENANT, entry="mail", subject=SUBJECT)
OTHER = KeyRing({1: bytes(32), 2: bytes(range(32))})
ENTRIES = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
SUBJECTS = st.uuids().map(str).map(subject_of_person) | st.text(max_size=40).map(subject_of_resource)


@given(entry=ENTRIES, subject=SUBJECTS, version=st.integers(0, 999_999))
def test_what_is_minted_is_proved_and_fits_into_128_characters(entry, subject, version):
    ring = KeyRing({version: b"k" * 32})

    state = mint(ring, tenant_id=TENANT, entry=entry, subject=subject)

    assert len(state) <= 128
    assert state.isascii()
    assert prove(ring, state, tenant_id=TENANT.upper()) == Proof(version, entry, subject)
    assert claimed_spec(state) == f"{entry}~{subject}"


@given(place=st.integers(0, len(STATE) - 1), character=st.characters())
def test_one_changed_character_is_refused(place, character):
    changed = STATE[:place] + character + STATE[place + 1 :]

    assert changed == STATE or prove(RING, changed, tenant_id=TENANT) is None


@given(place=st.integers(0, len(STATE)), character=st.sampled_from("0aA1-_.~=\n\0é"))
def test_one_character_more_is_refused(place, character):
    assert prove(RING, STATE[:place] + character + STATE[place:], tenant_id=TENANT) is None


@pytest.mark.parametrize("length", range(len(STATE)))
def test_a_truncated_state_is_refused(length):
    assert prove(RING, STATE[:length], tenant_id=TENANT) is None


@pytest.mark.parametrize(
    "state", [None, "", "sample-client-state", STATE.upper(), f" {STATE}", "é" * 90, "\ud800", "v" * 99]
)
def test_what_has_another_form_proves_nothing(state):
    assert prove(RING, state, tenant_id=TENANT) is None


@pytest.mark.parametrize(
    ("ring", "tenant"),
    [
        (RING, ADA),  # another tenant's
        (OTHER, TENANT),  # the same version, another key
        (KeyRing({2: bytes(range(32))}), TENANT),  # the key is gone
        (KeyRing({}), TENANT),
    ],
)
def test_another_key_or_tenant_proves_nothing(ring, tenant):
    assert prove(ring, STATE, tenant_id=tenant) is None


def test_a_state_of_another_version_is_refused_though_the_key_is_the_same():
    assert prove(OTHER, STATE.replace("v1.", "v2."), tenant_id=TENANT) is None


def test_the_key_that_stands_in_for_a_missing_one_proves_nothing():
    forged = mint(KeyRing({7: b"no such key"}), tenant_id=TENANT, entry="mail", subject=SUBJECT)

    assert prove(RING, forged, tenant_id=TENANT) is None


def test_new_states_are_made_with_the_newest_key_and_old_ones_are_still_believed():
    ring = KeyRing({**RING.keys, 2: b"2" * 32})

    state = mint(ring, tenant_id=TENANT, entry="mail", subject=SUBJECT)

    assert state.startswith("v2.")
    assert prove(ring, STATE, tenant_id=TENANT) == Proof(1, "mail", SUBJECT)


@given(object_id=st.uuids().map(str))
def test_a_person_is_found_again_in_the_subject(object_id):
    assert person_of(subject_of_person(object_id.upper())) == object_id
    assert len(subject_of_person(object_id)) == 22


def test_the_hash_of_a_resource_names_nobody_and_ignores_case():
    assert person_of(subject_of_resource("users")) is None
    assert subject_of_resource("Users") == subject_of_resource("users") != subject_of_resource("groups")


def test_no_key_shows_in_the_text_of_a_ring():
    assert str(KeyRing({1: b"SECRET"})) == "KeyRing()"
