"""The life of a subscription: every state and act, the points of renewal, the pauses."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, WATCH, mail_spec, people_spec
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.watching.subscriptions import Act, State, Subscription, may_fill, next_act, plan, shown_state
from shared.domain.watching.transitions import (
    FIRST_PAUSE,
    FIRST_RENEW_AT,
    LONGEST_PAUSE,
    RENEW_AT,
    asked_to_renew,
    behind,
    caught_up,
    intended,
    lived,
    lost,
    missing,
    postponed,
    renewed,
    respecified,
    retired,
    unfit,
    wanted,
    whole,
)
from shared.domain.watching.watch import parse_watch

WATCHED = parse_watch(WATCH, {})
SPEC = WATCHED.specs[mail_spec(ADA)]
URL = WATCHED.topic.url
DAY = timedelta(days=1)
NEW = wanted(SPEC, now=NOW)
LIVE = lived(NEW, id="S", url=URL, expires_at=NOW + 6 * DAY, now=NOW, resync="")

LASTING = replace(LIVE, renew_at=NOW + 5 * DAY)


def change(known: Subscription, **members: object) -> Subscription:
    return replace(known, **members)


@pytest.mark.parametrize(
    ("known", "act"),
    [
        (NEW, Act.CREATE),
        (change(NEW, state=State.CREATING), Act.CREATE),
        (change(NEW, state=State.PARKED), Act.CREATE),
        (change(LIVE, state=State.PARKED), Act.KEEP),
        (change(LIVE, state=State.PARKED, renew_at=NOW), Act.RENEW),
        (change(LIVE, state=State.PARKED, resync="missed"), Act.RESYNC),
        (change(LIVE, state=State.PARKED, expires_at=NOW), Act.RECREATE),
        (change(LIVE, state=State.RECREATING), Act.RECREATE),
        (change(LIVE, state=State.RETIRED), Act.REMOVE),
        (LIVE, Act.KEEP),
        (change(LIVE, renew_at=NOW), Act.RENEW),
        (change(LIVE, renew_at=NOW, expires_at=NOW), Act.RECREATE),
        (change(LIVE, resync="missed"), Act.RESYNC),
        (change(LIVE, state=State.RESYNCING, resync="missed"), Act.RESYNC),
        (change(LIVE, state=State.RESYNCING, resync="missed", renew_at=NOW), Act.RENEW),
        (change(LIVE, state=State.RESYNCING, expires_at=NOW), Act.RECREATE),
    ],
)
def test_the_state_says_what_is_to_be_done(known, act):
    assert next_act(known, now=NOW) is act


@pytest.mark.parametrize("state", State)
def test_every_state_has_an_act(state):
    assert next_act(change(LIVE, state=state), now=NOW) in Act


@pytest.mark.parametrize(
    ("known", "act"),
    [
        (None, Act.CREATE),
        (LIVE, Act.KEEP),
        (change(LIVE, url=URL.upper()), Act.KEEP),
        (change(LIVE, url=URL + "2"), Act.RECREATE),
        (change(LIVE, resource="users/x/messages"), Act.RECREATE),
        (change(LIVE, change_types=("created",)), Act.RECREATE),
        (change(LIVE, state=State.RETIRED), Act.RECREATE),
        (asked_to_renew(LIVE, now=NOW), Act.RENEW),
        (lost(LIVE, why="removed", now=NOW), Act.CREATE),
        (missing(LIVE, now=NOW), Act.CREATE),
        (unfit(LIVE, why="no lifecycle URL", now=NOW), Act.RECREATE),
        (behind(LIVE, why="missed", now=NOW), Act.RESYNC),
        (change(lost(LIVE, why="removed", now=NOW), due_at=NOW + DAY), Act.KEEP),  # paused
    ],
)
def test_the_plan_names_the_difference(known, act):
    (step,) = plan({SPEC.key: SPEC}, {SPEC.key: known} if known else {}, url=URL, now=NOW)

    assert (step.spec, step.act) == (SPEC.key, act)
    assert step.why


def test_what_no_entry_wants_is_removed():
    (step,) = plan({}, {SPEC.key: LIVE}, url=URL, now=NOW)

    assert step.act is Act.REMOVE


def test_the_plan_of_a_new_watch_makes_each_spec():
    steps = plan(WATCHED.specs, {}, url=URL, now=NOW)

    assert [(step.spec, step.act) for step in steps] == [(key, Act.CREATE) for key in WATCHED.specs]


@given(life=st.timedeltas(timedelta(minutes=1), timedelta(days=29)), name=st.text(max_size=9), first=st.booleans())
def test_renewal_comes_after_now_and_before_the_end(life, name, first):
    ends = NOW + life
    known = change(NEW, spec=name)

    alive = lived(known, id="S", url=URL, expires_at=ends, now=NOW, resync="")
    alive = alive if first else renewed(alive, expires_at=ends, now=NOW)

    assert alive.renew_at is not None
    earliest = FIRST_RENEW_AT if first else RENEW_AT
    assert NOW < whole(NOW + life * earliest) <= alive.renew_at <= NOW + life * RENEW_AT < ends
    assert alive.renew_at.microsecond == 0
    assert alive.due_at == alive.renew_at


def test_first_renewals_are_spread_and_the_same_in_every_run():
    made = [
        lived(change(NEW, spec=f"mail~{n}"), id="S", url=URL, expires_at=NOW + 10 * DAY, now=NOW, resync="").renew_at
        for n in range(200)
    ]

    quarters = {int((at - NOW) / timedelta(hours=6)) for at in made}
    assert quarters == set(range(2, 30))  # half a day to seven and a half, every quarter of a day of them
    again = lived(change(NEW, spec="mail~0"), id="S", url=URL, expires_at=NOW + 10 * DAY, now=NOW, resync="")
    assert again.renew_at == made[0]


def test_what_is_made_anew_is_resynced_first_then_lives():
    made = lived(NEW, id="S", url=URL, expires_at=NOW + 6 * DAY, now=NOW, resync="it is new")

    assert (made.state, made.due_at, next_act(made, now=NOW)) == (State.RESYNCING, NOW, Act.RESYNC)
    done = caught_up(made, now=NOW)
    assert (done.state, done.resync, done.due_at) == (State.LIVE, "", made.renew_at)


def test_a_renewal_forgets_faults_but_not_that_it_must_resync():
    troubled = change(behind(LIVE, why="missed", now=NOW), faults=3, note="429")

    again = renewed(troubled, expires_at=NOW + 6 * DAY, now=NOW)

    assert (again.faults, again.note) == (3, "429")
    assert renewed(change(LIVE, faults=3, note="429"), expires_at=NOW + 6 * DAY, now=NOW).faults == 0
    assert (again.state, again.resync, again.due_at) == (State.RESYNCING, "missed", NOW)


def test_missed_notifications_without_delta_are_noted_and_nothing_waits_for_ever():
    people = change(LIVE, delta="")

    told = behind(people, why="Graph missed notifications", now=NOW)

    assert (told.state, told.due_at, next_act(told, now=NOW)) == (State.LIVE, LIVE.due_at, Act.KEEP)
    assert "Graph missed notifications" in told.note


def test_a_loss_is_due_at_once_says_why_and_leaves_nothing_to_delete():
    gone = lost(LIVE, why="Graph removed it", now=NOW)

    assert (gone.state, gone.id, gone.resync, gone.due_at) == (State.WANTED, "", "Graph removed it", NOW)


def test_a_retired_one_that_graph_removed_is_not_made_anew():
    assert next_act(lost(retired(LIVE, now=NOW), why="Graph removed it", now=NOW), now=NOW) is Act.REMOVE


def test_what_a_list_lacks_is_made_anew_and_its_id_is_kept_in_mind_until_it_lives():
    gone = missing(LIVE, now=NOW)
    assert (gone.state, gone.id, gone.former_id, gone.due_at) == (State.WANTED, "", "S", NOW)

    trying = intended(gone, key_version=LIVE.key_version)
    assert (trying.state, trying.former_id) == (State.CREATING, "S")
    assert lived(trying, id="S", url=URL, expires_at=NOW + DAY, now=NOW, resync="").former_id == ""


def test_under_a_new_key_the_former_one_counts_no_more():
    assert intended(missing(LIVE, now=NOW), key_version=LIVE.key_version + 1).former_id == ""


def test_what_is_unfit_keeps_its_id_so_that_it_can_be_deleted():
    wrong = unfit(LIVE, why="no lifecycle URL", now=NOW)

    assert (wrong.state, wrong.id, wrong.resync, wrong.due_at) == (State.RECREATING, "S", "no lifecycle URL", NOW)


def test_an_intent_is_written_without_an_id_and_with_its_key():
    trying = intended(LIVE, key_version=7)

    assert (trying.state, trying.id, trying.key_version) == (State.CREATING, "", 7)


@pytest.mark.parametrize(
    ("known", "share", "may"),
    [
        (LASTING, 0.5, True),
        (LASTING, 0.49, False),
        (change(LASTING, state=State.RESYNCING, resync="missed"), 0.5, True),
        (change(LASTING, renew_at=NOW), 0.5, False),  # its renewal failed: it keeps its pause
        (change(LASTING, state=State.PARKED), 0.5, False),
        (NEW, 0.9, False),
    ],
)
def test_past_half_of_its_life_a_living_one_may_fill_a_batch(known, share, may):
    assert may_fill(known, now=NOW + 6 * DAY * share) is may


def test_due_times_are_whole_seconds_and_never_later_than_asked():
    late = NOW + timedelta(microseconds=999_999)

    assert whole(late) == NOW
    assert wanted(SPEC, now=late).due_at == NOW


def test_a_changed_entry_is_made_anew_or_made_at_last():
    spec = replace(SPEC, change_types=("created",))

    assert respecified(LIVE, spec, now=NOW).state is State.RECREATING
    assert respecified(NEW, spec, now=NOW).state is State.WANTED
    assert respecified(LIVE, spec, now=NOW).change_types == ("created",)


def test_what_is_retired_is_removed_at_once():
    assert next_act(retired(LIVE, now=NOW), now=NOW) is Act.REMOVE
    assert retired(LIVE, now=NOW).due_at == NOW


def test_pauses_double_and_are_capped():
    pauses = []
    known = NEW
    for _ in range(10):
        known = postponed(known, note="503", refused=False, now=NOW)
        pauses.append(known.due_at - NOW)

    assert pauses[:7] == [FIRST_PAUSE * 2**n for n in range(7)]
    assert set(pauses[7:]) == {LONGEST_PAUSE}


def test_no_pause_is_longer_than_an_eighth_of_the_life_that_is_left():
    known = change(LIVE, faults=10, expires_at=NOW + timedelta(hours=8))
    assert postponed(known, note="503", refused=False, now=NOW).due_at == NOW + timedelta(hours=1)

    known = change(LIVE, faults=10, expires_at=NOW + timedelta(minutes=4))
    assert postponed(known, note="503", refused=False, now=NOW).due_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("faults", [39, 40, 10_000])
def test_a_long_outage_breaks_no_arithmetic(faults):
    assert postponed(change(NEW, faults=faults), note="", refused=False, now=NOW).due_at == NOW + LONGEST_PAUSE


def test_graph_s_own_wait_is_kept():
    waiting = postponed(LIVE, note="429", refused=False, now=NOW, wait=timedelta(seconds=7))

    assert (waiting.due_at, waiting.faults, waiting.note) == (NOW + timedelta(seconds=7), 1, "429")


@pytest.mark.parametrize(
    ("known", "refused", "state"),
    [(NEW, True, State.PARKED), (NEW, False, State.WANTED), (LIVE, True, State.PARKED), (LIVE, False, State.LIVE)],
)
def test_what_graph_refuses_is_parked(known, refused, state):
    assert postponed(known, note="403", refused=refused, now=NOW).state is state


@pytest.mark.parametrize("known", [unfit(LIVE, why="x", now=NOW), retired(LIVE, now=NOW)])
def test_a_refused_deletion_does_not_make_it_forget_that_it_has_to_go(known):
    """Parked, it would be renewed: a row that says one thing of a subscription that is another."""
    later = postponed(known, note="403", refused=True, now=NOW)

    assert next_act(later, now=later.due_at) is next_act(known, now=NOW)


def test_people_see_a_live_one_as_due_once_it_is():
    assert shown_state(LIVE, now=NOW) == "live"
    assert shown_state(LIVE, now=LIVE.due_at) == "due"
    assert shown_state(NEW, now=NOW) == "wanted"


def test_a_row_of_a_spec_is_wanted_at_once():
    people = wanted(WATCHED.specs[people_spec()], now=NOW)

    assert (people.state, people.due_at, people.id, people.delta) == (State.WANTED, NOW, "", "users")
