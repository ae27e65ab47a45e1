"""Graph's subscriptions: what is kept of each, and which are live. The rules of POST and PATCH are in `admission`.

An expired subscription behaves as gone: 404, not listed, no events.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from twin.clocks import MovableClock
from twin.graph.errors import GraphError
from twin.graph.ids import seven_digits
from twin.graph.limits import Quota
from twin.graph.watched import Watched
from twin.switches import Switches


@dataclass(slots=True, kw_only=True)
class Subscription:
    id: str
    resource: str  # as the caller wrote it
    watched: Watched
    change_types: frozenset[str]
    change_type: str  # as the caller wrote it
    client_state: str | None
    notification_url: str
    lifecycle_notification_url: str | None
    expires_at: datetime
    application_id: str
    creator_id: str
    tls_version: str = "v1_2"
    challenge_when_left: timedelta  # ask for reauthorization once less life than this is left

    def as_json(self, *, with_client_state: bool = False) -> dict[str, Any]:
        """The entity of v1.0. `clientState` is echoed by POST and null everywhere else."""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.application_id,
            "changeType": self.change_type,
            "clientState": self.client_state if with_client_state else None,
            "notificationUrl": self.notification_url,
            "notificationQueryOptions": None,
            "lifecycleNotificationUrl": self.lifecycle_notification_url,
            "expirationDateTime": seven_digits(self.expires_at),
            "creatorId": self.creator_id,
            "includeResourceData": None,
            "latestSupportedTlsVersion": self.tls_version,
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationUrlAppId": None,
        }

    def touch(self, now: datetime, *, challenge_percent: int) -> None:
        """A new period begins: the next challenge comes when `challenge_percent` of the life left now are left."""
        self.challenge_when_left = (self.expires_at - now) * challenge_percent / 100


class Subscriptions:
    """Those of one tenant, in order of creation, and in groups so that no look-up walks through all of them."""

    def __init__(self, clock: MovableClock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._rows: dict[str, Subscription] = {}
        self._groups: defaultdict[Hashable, dict[str, Subscription]] = defaultdict(dict)

    def add(self, subscription: Subscription) -> None:
        self._rows[subscription.id] = subscription
        for group in _groups(subscription):
            self._groups[group][subscription.id] = subscription

    def live(self) -> list[Subscription]:
        return self._live(self._rows)

    def to_path(self, path: str) -> list[Subscription]:
        return self._live(self._groups.get(("path", path), {}))

    def to_mail_of(self, user_id: str) -> list[Subscription]:
        return self._live(self._groups.get(("mail", user_id), {}))

    def under_quota(self, quota: Quota, *, app_id: str, user_id: str | None) -> list[Subscription]:
        return self._live(self._groups.get(_quota_group(quota, app_id, user_id), {}))

    def get(self, subscription_id: str, *, app_id: str | None = None) -> Subscription:
        """GraphError 404 where it is unknown, expired, or another app's."""
        row = self._rows.get(subscription_id.lower())
        if row is None or row.expires_at <= self._clock.now() or app_id not in (None, row.application_id):
            raise GraphError(404, self._switches.subscription_not_found_code, "The object was not found.")
        return row

    def remove(self, subscription_id: str) -> Subscription:
        row = self.get(subscription_id)
        self._forget(row)
        return row

    def drop_expired(self) -> None:
        now = self._clock.now()
        for row in [row for row in self._rows.values() if row.expires_at <= now]:
            self._forget(row)

    def _live(self, rows: dict[str, Subscription]) -> list[Subscription]:
        now = self._clock.now()
        return [row for row in rows.values() if row.expires_at > now]

    def _forget(self, row: Subscription) -> None:
        del self._rows[row.id]
        for group in _groups(row):
            del self._groups[group][row.id]


def _groups(row: Subscription) -> list[Hashable]:
    groups: list[Hashable] = [("path", row.watched.path)]
    if row.watched.kind.name == "Message":
        groups.append(("mail", row.watched.user))
    if quota := row.watched.kind.quota:
        groups.append(_quota_group(quota, row.application_id, row.watched.user))
    return groups


def _quota_group(quota: Quota, app_id: str, user_id: str | None) -> Hashable:
    scope = {"app": app_id, "mailbox": user_id, "tenant": None}[quota.scope]
    return ("quota", quota.name, scope)
