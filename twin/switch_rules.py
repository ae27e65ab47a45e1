"""What switches may be set to, beyond their types: words of a list, percentages, counts, statuses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """`want` completes "name: want …"."""

    want: str
    fits: Callable[[Any], bool]


def _among(*words: str) -> Rule:
    return Rule(f"one of {', '.join(word or '(empty)' for word in words)}", lambda value: value in words)


def _between(low: float, high: float) -> Rule:
    return Rule(f"{low:g} to {high:g}", lambda value: low <= value <= high)


def _list_of(*words: str) -> Rule:
    def fits(value: str) -> bool:
        return all(part in words for part in value.split(",") if part)

    return Rule(f"names of {', '.join(words)} with commas, or nothing", fits)


PERCENT = _between(0, 100)
LIFECYCLE_DATA = (
    "subscriptionId",
    "subscriptionExpirationDateTime",
    "tenantId",
    "organizationId",
    "clientState",
    "lifecycleEvent",
)
COUNT = _between(1, 1_000_000)
NOT_NEGATIVE = Rule("0 or more", lambda value: value >= 0)

RULES: dict[str, Rule] = {
    "duplicate_percent": PERCENT,
    "signalr_drop_percent": PERCENT,
    "reauthorize_at_percent": PERCENT,
    "subscriptions_page_size": COUNT,
    "webhook_items_per_post": COUNT,
    "outlook_cap_minutes": COUNT,
    "meeting_cap_minutes": COUNT,
    "topic_activation_days": COUNT,
    "mail_sync_lost_status": _between(400, 410),
    "partner_refusal_status": Rule("0 or a status of 400 to 499", lambda value: value == 0 or 400 <= value <= 499),
    "lifecycle_data_without": _list_of(*LIFECYCLE_DATA),
    "rich_over_event_grid": _among("refused", "plain", "encrypted", "with_tokens"),
    "validation_tokens": _among("v2", "v1", "none", "expired", "other_audience", "other_caller", "bad_signature"),
    "webhook_state": _among("", "well", "slow", "drop"),
}


def fault_of(name: str, value: Any, kind: type) -> str | None:
    """What is wrong with the value of a switch of this type; None when it fits."""
    is_flag = isinstance(value, bool) and kind is not bool  # JSON's true is no number, though Python's is
    if is_flag or not isinstance(value, (int, float) if kind is float else kind):
        return f"{name}: want {kind.__name__}"
    rule = RULES.get(name) or (NOT_NEGATIVE if kind in (int, float) else None)
    return None if rule is None or rule.fits(value) else f"{name}: want {rule.want}, not {value!r}"
