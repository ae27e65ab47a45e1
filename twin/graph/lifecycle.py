"""Lifecycle notifications: asked for by hand, or because a subscription nears its end.

Which are sent for what: https://learn.microsoft.com/graph/change-notifications-lifecycle-events (2026-03). The cadence
of challenges is not documented; here the first comes when a part of the life is left (`reauthorize_at_percent`), the
next after a reauthorize when that part of what was left then remains, none in the last minute.
"""

from collections.abc import Iterable
from datetime import timedelta

from twin.graph.events import lifecycle_event
from twin.graph.subscriptions import Subscription, Subscriptions
from twin.world import World

NO_CHALLENGE = timedelta(minutes=1)


class Lifecycle:
    def __init__(self, world: World, subscriptions: Subscriptions) -> None:
        self._world = world
        self._subscriptions = subscriptions

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
        due = [row for row in self._subscriptions.live() if row.expires_at - now < row.challenge_when_left]
        for row in due:
            row.challenge_when_left = timedelta()  # once per renewal
        return self._tell([row for row in due if row.expires_at - now > NO_CHALLENGE], "reauthorizationRequired")

    def _chosen(self, subscription_id: str | None) -> list[Subscription]:
        return [self._subscriptions.get(subscription_id)] if subscription_id else list(self._subscriptions.live())

    def _tell(self, rows: Iterable[Subscription], what: str) -> int:
        """Those that have a lifecycle URL and are of a kind that is told. Returns how many events went out."""
        told = 0
        for row in rows:
            event = lifecycle_event(self._world, row, what=what)
            if event and row.lifecycle_notification_url and what in row.watched.kind.lifecycle:
                self._world.event_grid.publish(row.lifecycle_notification_url, [event])
                told += 1
        return told
