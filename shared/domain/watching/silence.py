"""Is a subscription silent against its own history, and what did its audit find? Pure.

History is what the daily audits saw: when it was last heard of, and the longest time between two such moments. One that
was never heard of twice has none. Nobody says how often a mailbox has to change, so silence is only a reason to ask.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.catch_up.delta import DELTAS
from shared.domain.watching.subscriptions import State, Subscription

SILENT_FROM = timedelta(days=1)
TIMES = 2  # its longest silence
NO_DELTA = "what is missed can't be recovered: Graph has no delta for it"


def heard(known: Subscription, at: datetime | None) -> Subscription:
    """`known` itself when it was not heard of since."""
    if at is None or (known.heard_at and at <= known.heard_at):
        return known
    silence = at - known.heard_at if known.heard_at else timedelta()
    return replace(known, heard_at=at, longest_silence=max(known.longest_silence, silence))


def is_silent(known: Subscription, *, now: datetime) -> bool:
    if known.state is not State.LIVE or not (known.heard_at and known.longest_silence):
        return False
    return now - known.heard_at > max(SILENT_FROM, TIMES * known.longest_silence)


def is_measurable(known: Subscription) -> bool:
    """Does the audit's `lost` say anything of it?"""
    return known.delta in DELTAS and DELTAS[known.delta].is_measurable


def audited(known: Subscription, *, changes: int, lost: int, now: datetime) -> Subscription:
    """`lost` of `changes` were in no notification: delta told of them."""
    return replace(known, audited_at=now, changes=changes, lost=lost)


def shown_note(known: Subscription, *, now: datetime) -> str:
    """The note of the row, and what the audit says; that there is no delta stands once."""
    notes = [known.note] if known.note else []
    if not known.delta and "delta" not in known.note:
        notes.append(NO_DELTA)
    if is_silent(known, now=now):
        notes.append(f"silent since {known.heard_at:%Y-%m-%d %H:%M} UTC, never so long before")
    if known.audited_at and not is_measurable(known):
        notes.append("loss can't be measured: its notifications carry no version that delta shows")
    elif known.audited_at and known.lost:
        notes.append(
            f"audit of {known.audited_at:%Y-%m-%d}: {known.lost} of {known.changes} changes were not announced"
        )
    return "; ".join(notes)
