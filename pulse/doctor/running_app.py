"""What the app knows: does it answer, did its timer tick, how much life do its subscriptions have left."""

from datetime import datetime, timedelta
from typing import Any

from pulse.cloud import Place
from pulse.doctor.finding import Finding, bad, good

TICK = timedelta(minutes=5)
SILENT = 2 * TICK + timedelta(minutes=1)
MOST_SKEW = timedelta(minutes=2)  # tokens and leases forgive no more than a few minutes
LEAST_PERCENT = 20  # renewal is due at 25


def judge(state: dict[str, Any], *, now: datetime, place: Place) -> list[Finding]:
    """`state` is the answer of /api/manage/state, `now` the time elsewhere."""
    app_now = datetime.fromisoformat(state["now"])
    return [
        _clock(app_now - now),
        _topic(state["topic"], place),
        _timer(state["ticked_at"], app_now),
        _life(state["least_life"]),
        _fleet(state["states"]),
    ]


def _clock(skew: timedelta) -> Finding:
    seconds = f"{skew.total_seconds():+.0f} s"
    if abs(skew) > MOST_SKEW:
        fix = "set this machine's clock (timedatectl, w32tm /resync); in a demo: pulse clock set now"
        return bad("clock", f"the app's clock differs from this machine's by {seconds}", fix=fix)
    return good("clock", f"the app's differs from this machine's by {seconds}")


def _topic(told: dict[str, str], place: Place) -> Finding:
    here = (place.azure_subscription_id, place.resource_group, place.topic)
    there = (told["azure_subscription_id"], told["resource_group"], told["name"])
    if [part.lower() for part in here] != [part.lower() for part in there]:
        fix = "make PARTNER_TOPIC and RESOURCE_GROUP here the app's: azd env get-values"
        return bad("app's topic", f"the app has Graph publish to {'/'.join(there)}", fix=fix)
    return good("app's topic", f"{told['name']} in {told['location']}")


def _timer(ticked_at: str | None, now: datetime) -> Finding:
    fix = "see the app's log for keep_alive; by hand: POST /admin/functions/keep_alive"
    if ticked_at is None:
        return bad("timer", "keep_alive has never ticked", fix=fix)
    since = now - datetime.fromisoformat(ticked_at)
    told = f"last tick {since.total_seconds() / 60:.0f} min ago"
    return bad("timer", told, fix=fix) if since > SILENT else good("timer", told)


def _life(least: dict[str, Any] | None) -> Finding:
    if least is None:
        return good("least life", "no subscription is live yet")
    told = f"{least['percent']} % left of {least['spec']}, until {least['expires_at'][:16]}"
    if least["percent"] < LEAST_PERCENT:
        return bad(
            "least life", told, fix="pulse subscriptions list: its note says why; then pulse subscriptions apply"
        )
    return good("least life", told)


def _fleet(states: dict[str, int]) -> Finding:
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
    if states.get("parked"):
        fix = "pulse subscriptions list: the note of a parked one says what Graph refused; cure it, then apply"
        return bad("subscriptions", told, fix=fix)
    return good("subscriptions", told)
