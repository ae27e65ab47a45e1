"""Believed or rejected: each reason, and what is let through."""

import json
from datetime import timedelta

import pytest
from builders import (
    ADA,
    GRACE,
    NOW,
    RING,
    TENANT,
    WATCH,
    cloud_event,
    lifecycle_event,
    mail_event,
    mail_spec,
    people_spec,
    reading_of,
    state_of,
)

from shared.domain.events.client_state import KeyRing, Proof, mint, prove
from shared.domain.events.trust import ACCEPTED_FOR, AHEAD, Rejection, reject
from shared.domain.watching.watch import parse_watch

SPECS = parse_watch(WATCH, {}).specs
FOREIGN = "3b1d5c9e-0000-4000-8000-7f6a2c4e8d10"


def verdict_of(text: str, *, ring: KeyRing = RING, resource: str | None = None) -> Proof | Rejection | None:
    """As receive does it: its client_state is proven first, None if it isn't; `resource` in place of its spec's."""
    reading = reading_of(text)
    proof = prove(ring, reading.client_state, tenant_id=TENANT)
    if proof is None:
        return None
    spec = SPECS.get(proof.spec)
    watched = resource or (spec.resource if spec else None)
    return reject(reading.notification, resource=watched, tenant_id=TENANT, now=NOW) or proof


def reason_of(text: str) -> str:
    verdict = verdict_of(text)
    if verdict is None:
        return "client_state"
    assert isinstance(verdict, Rejection), verdict
    return verdict.reason


def people_event(**data: object) -> str:
    data = {"changeType": "updated", "resource": f"Users/{GRACE}", "clientState": state_of(people_spec()), **data}
    return cloud_event("Microsoft.Graph.UserUpdated", data, subject="", time=NOW)


@pytest.mark.parametrize("text", [mail_event(), mail_event(person=GRACE), lifecycle_event("missed")])
def test_an_event_of_a_wanted_subscription_is_believed(text):
    verdict = verdict_of(text)

    assert isinstance(verdict, Proof)
    assert verdict.spec in SPECS


@pytest.mark.parametrize("make", [mail_event, lambda state: lifecycle_event("missed", state=state)])
@pytest.mark.parametrize("state", ["", "sample", state_of(mail_spec(), tenant_id=FOREIGN), state_of(mail_spec())[:-1]])
def test_an_unproven_state_is_rejected_on_changes_and_lifecycle_events_alike(make, state):
    assert reason_of(make(state=state)) == "client_state"


def test_a_missing_state_is_rejected():
    assert reason_of(people_event(clientState=None)) == "client_state"


def test_another_s_key_is_rejected():
    assert verdict_of(mail_event(), ring=KeyRing({1: b"x" * 32})) is None


def test_another_tenant_in_the_event_is_rejected():
    assert reason_of(people_event(tenantId=FOREIGN)) == "foreign_tenant"
    assert isinstance(verdict_of(people_event(tenantId=TENANT.upper())), Proof)
    assert isinstance(verdict_of(people_event()), Proof)  # old Outlook and To Do name no tenant


def test_another_tenant_in_the_source_is_rejected():
    event = json.loads(people_event())

    assert reason_of(json.dumps({**event, "source": f"/tenants/{FOREIGN}/applications/x"})) == "foreign_tenant"
    assert isinstance(verdict_of(json.dumps({**event, "source": "print/printers/p/jobs/j"})), Proof)


def test_what_no_entry_wants_any_more_is_rejected():
    gone = mint(RING, tenant_id=TENANT, entry="gone", subject=people_spec().partition("~")[2])

    assert reason_of(mail_event(state=gone)) == "not_wanted"


def test_a_resource_of_another_person_is_rejected():
    assert reason_of(mail_event(person=GRACE, state=state_of(mail_spec(ADA)))) == "foreign_resource"


@pytest.mark.parametrize("resource", ["bare-id", "drives/d/root", f"Users/{ADA.upper()}/Messages/X"])
def test_a_resource_that_cannot_be_compared_or_fits_is_let_through(resource):
    event = json.loads(mail_event())
    event["data"]["Resource"] = resource

    assert isinstance(verdict_of(json.dumps(event)), Proof)


def test_of_one_watched_user_another_is_rejected():
    verdict = verdict_of(people_event(), resource=f"users/{ADA}")

    assert isinstance(verdict, Rejection)
    assert verdict.reason == "foreign_resource"


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (ACCEPTED_FOR, None),
        (ACCEPTED_FOR + timedelta(seconds=1), "too_old"),
        (-AHEAD, None),
        (-AHEAD - timedelta(seconds=1), "from_the_future"),
    ],
)
def test_events_count_for_eight_days_and_one_ahead(age, reason):
    verdict = verdict_of(mail_event(time=NOW - age))

    assert (verdict.reason if isinstance(verdict, Rejection) else None) == reason


def test_a_rejection_tells_no_state():
    text = mail_event(person=GRACE, state=state_of(mail_spec(ADA)))
    verdict = verdict_of(text)

    assert isinstance(verdict, Rejection)
    assert str(reading_of(text).client_state) not in str(verdict)
