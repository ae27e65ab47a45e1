"""Rows of a subscription in every state, and what of a row a transition changed."""

from dataclasses import fields, replace
from datetime import timedelta

from builders import NOW

from shared.domain.watching.subscriptions import APART, State, Subscription
from shared.domain.watching.transitions import NEVER

DAY, HOUR, SECOND, MICRO = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1), timedelta(microseconds=1)
NOON = NOW + DAY  # what is done below is done a little after it: due times are whole seconds
T = NOON + 7 * MICRO
SOON = NOON + APART + SECOND  # the first second at which Graph takes a PATCH after a touch at T
ROW = Subscription(
    spec="mail~0",
    entry="mail",
    resource="users/0/messages",
    change_types=("created",),
    lifetime=7 * DAY,
    delta="messages",
    state=State.LIVE,
    due_at=NOW + 5 * DAY,
    id="S",
    url="EventGrid:?partnertopic=old",
    key_version=2,
    expires_at=NOW + 7 * DAY,
    renew_at=NOW + 5 * DAY,
    renewed_at=NOW,
    heard_at=NOW,
    longest_silence=HOUR,
    audited_at=NOW,
    changes=9,
    lost=1,
    faults=3,
    note="503",
    row="m|mail~0",
    etag="1",
)
BEHIND = replace(ROW, state=State.RESYNCING, resync="missed", due_at=NOON + 2 * HOUR)
ANEW = replace(ROW, id="", former_id="F", state=State.WANTED, resync="Graph's list lacks it")
FRESH = replace(ROW, id="", state=State.CREATING)
HELD = replace(ROW, state=State.PARKED, held="by hand", note="by hand", due_at=NEVER)
REAUTHORIZED = replace(ROW, touching_at=NOON - MICRO)
PATCHED = replace(ROW, renewed_at=NOON, touching_at=NOON)


def changed(before: Subscription, after: Subscription) -> dict[str, object]:
    names = [one.name for one in fields(Subscription)]
    return {name: getattr(after, name) for name in names if getattr(after, name) != getattr(before, name)}
