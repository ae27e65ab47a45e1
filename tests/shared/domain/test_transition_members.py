"""Each transition changes the members named here and leaves all others as they are."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import NOW, WATCH, mail_spec
from subscription_rows import (
    ANEW,
    BEHIND,
    DAY,
    FRESH,
    HELD,
    MICRO,
    NOON,
    PATCHED,
    REAUTHORIZED,
    ROW,
    SECOND,
    SOON,
    T,
    changed,
)

from shared.domain.watching.subscriptions import APART, State, Subscription
from shared.domain.watching.transitions import (
    asked_to_renew,
    caught_up,
    challenged,
    intended,
    lasting,
    lived,
    renewed,
    respecified,
    touching,
    wanted,
)
from shared.domain.watching.watch import parse_watch

SPEC = replace(parse_watch(WATCH, {}).specs[mail_spec()], lifetime=timedelta(days=2), delta="users")
BY_SPEC = {
    "resource": SPEC.resource,
    "change_types": SPEC.change_types,
    "lifetime": SPEC.lifetime,
    "delta": SPEC.delta,
}
LIVED = {
    "id": "N",
    "url": "new",
    "expires_at": T + 4 * DAY,
    "renewed_at": T,
    "faults": 0,
    "note": "",
}
RENEWED = {"expires_at": T + 4 * DAY, "renewed_at": T, "touching_at": T, "renew_at": NOON + 3 * DAY}


def test_a_row_of_a_spec_holds_what_the_spec_says_and_nothing_of_graph():
    assert wanted(SPEC, now=T) == Subscription(
        spec=mail_spec(), entry="mail", state=State.WANTED, due_at=NOON, **BY_SPEC
    )


@pytest.mark.parametrize(
    ("known", "members"),
    [
        (ROW, {"state": State.RECREATING}),
        (ANEW, {"state": State.RECREATING, "id": "F", "former_id": ""}),
        (FRESH, {"state": State.WANTED}),
        (HELD, {"state": State.RECREATING, "held": "", "note": ""}),
    ],
)
def test_a_changed_entry_is_written_into_the_row(known, members):
    assert changed(known, respecified(known, SPEC, now=T)) == {**BY_SPEC, "due_at": NOON, **members}


@pytest.mark.parametrize(
    ("known", "resync", "members"),
    [
        (BEHIND, "", {"state": State.LIVE, "resync": ""}),
        (
            replace(ANEW, touching_at=NOW),
            "again",
            {"state": State.RESYNCING, "resync": "again", "former_id": "", "touching_at": None},
        ),
    ],
)
def test_what_was_made_lives_by_graph_s_own_expiry(known, resync, members):
    after = lived(known, id="N", url="new", expires_at=T + 4 * DAY, now=T, resync=resync)

    due_at = NOON if resync else after.renew_at
    assert changed(known, after) == {**LIVED, "due_at": due_at, "renew_at": after.renew_at, **members}


@pytest.mark.parametrize(
    ("spec", "at"),
    [("mail~0", "2026-08-13T02:42:38Z"), ("mail~1", "2026-08-16T10:03:53Z"), ("people~x", "2026-06-28T05:45:33Z")],
)
def test_the_place_of_a_first_renewal_stays_the_same_from_release_to_release(spec, at):
    made = lived(replace(FRESH, spec=spec), id="N", url="new", expires_at=NOW + 100 * DAY, now=NOW, resync="")

    assert made.renew_at == datetime.fromisoformat(at)


@pytest.mark.parametrize(("key_version", "former"), [(2, "F"), (3, "")])
def test_an_intent_forgets_the_id_and_the_former_one_only_under_another_key(key_version, former):
    after = intended(replace(ANEW, id="S"), key_version=key_version)

    assert changed(replace(ANEW, id="S", key_version=0), after) == {
        "state": State.CREATING,
        "id": "",
        "key_version": key_version,
    } | ({"former_id": former} if not former else {})


@pytest.mark.parametrize(
    ("known", "members"),
    [
        (ROW, {"due_at": NOON + 3 * DAY, "faults": 0, "note": ""}),
        (BEHIND, {}),  # it keeps its pause
        (replace(BEHIND, due_at=NOW), {"due_at": NOON}),
        (replace(BEHIND, due_at=NOW + 9 * DAY), {"due_at": NOON + 3 * DAY}),
        (replace(HELD, held=""), {"state": State.LIVE, "due_at": NOON + 3 * DAY, "faults": 0, "note": ""}),
        (replace(BEHIND, state=State.PARKED), {"state": State.RESYNCING}),
    ],
)
def test_a_renewal_moves_the_end_and_leaves_what_is_to_be_read(known, members):
    assert changed(known, renewed(known, expires_at=T + 4 * DAY, now=T)) == {**RENEWED, **members}


@pytest.mark.parametrize(("renew_at", "due_at"), [(NOW + 5 * DAY, NOW + 5 * DAY), (None, NOON)])
def test_what_caught_up_lives_and_waits_for_its_renewal(renew_at, due_at):
    known = replace(BEHIND, renew_at=renew_at)

    assert changed(known, caught_up(known, now=T)) == {
        "state": State.LIVE,
        "resync": "",
        "due_at": due_at,
        "faults": 0,
        "note": "",
    }


@pytest.mark.parametrize(
    ("known", "expires_at", "members"),
    [
        (ROW, NOW + 7 * DAY, {}),
        (ROW, NOW + 8 * DAY, {"expires_at": NOW + 8 * DAY, "touching_at": T}),
        (ROW, T + 4 * DAY, {"expires_at": T + 4 * DAY, "renew_at": NOON + 3 * DAY, "due_at": NOON + 3 * DAY}),
        (ROW, NOW, {"expires_at": NOW, "renew_at": NOON, "due_at": NOON}),
        (BEHIND, T + 4 * DAY, {"expires_at": T + 4 * DAY, "renew_at": NOON + 3 * DAY}),
        (
            replace(ROW, expires_at=None, renew_at=None),
            T + 4 * DAY,
            {"expires_at": T + 4 * DAY, "renew_at": NOON + 3 * DAY, "due_at": NOON + 3 * DAY},
        ),
        (REAUTHORIZED, T + SECOND, {"expires_at": T + SECOND, "renew_at": SOON - SECOND, "due_at": SOON - SECOND}),
    ],
)
def test_an_expiry_that_graph_tells_brings_the_renewal_forward_and_never_back(known, expires_at, members):
    assert changed(known, lasting(known, expires_at=expires_at, now=T)) == members


@pytest.mark.parametrize(
    ("known", "at"),
    [
        (ROW, NOON),
        (PATCHED, NOON),
        (replace(ROW, touching_at=NOON), SOON),
        (replace(ROW, touching_at=T - APART), NOON + SECOND),
        (replace(ROW, touching_at=T - APART - MICRO), NOON),
    ],
)
def test_a_person_s_renewal_is_due_as_soon_as_graph_takes_it(known, at):
    assert changed(known, asked_to_renew(known, now=T)) == {"renew_at": at, "due_at": at}


@pytest.mark.parametrize(
    ("known", "members"),
    [
        (ROW, {"renew_at": NOON, "due_at": NOON}),
        (PATCHED, {"renew_at": NOON + APART, "due_at": NOON + APART}),
        (replace(PATCHED, due_at=NOON), {"renew_at": NOON + APART, "due_at": NOON + APART}),
        (replace(ROW, touching_at=NOON), {"renew_at": SOON, "due_at": SOON}),
        (replace(BEHIND, touching_at=NOON), {"renew_at": SOON, "due_at": SOON}),
        (replace(BEHIND, touching_at=NOON, due_at=NOON), {"renew_at": SOON}),  # it is read before that
        (FRESH, {}),
    ],
)
def test_a_demand_of_graph_s_is_answered_once_ten_minutes_are_over(known, members):
    assert changed(known, challenged(known, now=T)) == members


@pytest.mark.parametrize(
    ("known", "members"),
    [
        (ROW, {}),
        (replace(ROW, renew_at=NOON, due_at=NOON), {"renew_at": SOON, "due_at": SOON}),
        (replace(ROW, renew_at=None), {"renew_at": SOON, "due_at": SOON}),
        (BEHIND, {"due_at": NOON}),
    ],
)
def test_before_reauthorize_the_renewal_is_put_behind_the_ten_minutes(known, members):
    assert changed(known, touching(known, now=T)) == {"touching_at": T, **members}
