"""Lifecycle notifications: asked for by hand, or because a subscription, its token or its consent comes to an end.

Which are sent for what: https://learn.microsoft.com/graph/change-notifications-lifecycle-events (2026-03). The cadence
of challenges is not documented; here the first comes when a part of the life is left (`reauthorize_at_percent`), the
next after a reauthorize when that part of what was left then remains, none in the last minute; a switch repeats them.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from twin.graph.grants import Grants
from twin.graph.publishing import Publisher
from twin.graph.subscriptions import Subscription, Subscriptions
from twin.graph.webhooks import Webhooks
from twin.world import World

NO_CHALLENGE = timedelta(minutes=1)
log = logging.getLogger(__name__)


class Lifecycle:
    def __init__(self, world: World, subscriptions: Subscriptions, webhooks: Webhooks, grants: Grants) -> None:
        self._world = world
        self._subscriptions = subscriptions
        self._grants = grants
        self._failing_since: dict[str, datetime] = {}
        self._owed_missed: set[str] = set()  # told already that something was lost, and nothing delivered since
        self.publisher = Publisher(world, webhooks, grants, lost=self._note_lost)
        webhooks.on.lost.append(self._note_lost)
        webhooks.on.failed.append(self._note_failed)
        webhooks.on.delivered.append(self._note_delivered)

    def ask_reauthorization(self, subscription_id: str | None = None) -> int:
        """Challenge one subscription, or all. Returns how many were told."""
        return self._tell(self._chosen(subscription_id), "reauthorizationRequired")

    def announce_missed(self, subscription_id: str | None = None) -> int:
        """Say that notifications were lost. Only Outlook's subscriptions are ever told."""
        return self._tell(self._chosen(subscription_id), "missed")

    def remove(self, subscription_id: str, *, announce: bool = True) -> int:
        """Graph drops the subscription. Only those to Outlook and chat messages are told; returns 1 for such a one."""
        row = self._subscriptions.remove(subscription_id)
        return self._tell([row], "subscriptionRemoved") if announce else 0

    def challenge_those_near_their_end(self) -> int:
        now = self._world.clock.now()
        self._grants.look()
        due = [row for row in self._subscriptions.live() if self._is_due(row, now)]
        for row in due:
            row.challenge_when_left = timedelta()  # once per renewal
            row.challenged_at = now
        self.publisher.tick()
        return self._tell([row for row in due if row.expires_at - now > NO_CHALLENGE], "reauthorizationRequired")

    def touched(self, row: Subscription) -> None:
        """PATCHed or reauthorized: what was kept for it goes out, unless the two came too close together."""
        if row.touched_twice() and self._world.switches.spacing_breaks and not row.is_inconsistent:
            row.is_inconsistent = True
            log.warning("subscription.inconsistent id=%s: PATCH and reauthorize within ten minutes", row.id)
        self.publisher.release(row)

    def _is_due(self, row: Subscription, now: datetime) -> bool:
        if row.expires_at - now < row.challenge_when_left:
            return True
        ailing = self._grants.lost_consent(row) or self._grants.token_nears_its_end(row)
        if row.challenged_at is None:
            return ailing
        again = timedelta(minutes=self._world.switches.reauthorize_every_minutes)
        return bool(again) and now - row.challenged_at >= again

    def _note_lost(self, row: Subscription) -> None:
        is_live = row.deleted_at is None and row.expires_at > self._world.clock.now()
        if is_live and self._world.switches.missed_after_loss and row.id not in self._owed_missed:
            self._owed_missed.add(row.id)
            self._tell([row], "missed")

    def _note_failed(self, row: Subscription) -> None:
        """Whether a subscription outlives a week of downtime is not documented: by the switch it does not."""
        now, days = self._world.clock.now(), self._world.switches.removed_after_days_down
        since = self._failing_since.setdefault(row.id, now)
        if days and now - since >= timedelta(days=days) and row.deleted_at is None and row.expires_at > now:
            self.remove(row.id)

    def _note_delivered(self, row: Subscription) -> None:
        self._failing_since.pop(row.id, None)
        self._owed_missed.discard(row.id)

    def _chosen(self, subscription_id: str | None) -> list[Subscription]:
        return [self._subscriptions.get(subscription_id)] if subscription_id else list(self._subscriptions.live())

    def _tell(self, rows: Iterable[Subscription], what: str) -> int:
        """Returns how many events went out."""
        return sum(self.publisher.lifecycle(row, what) for row in rows)
