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
from twin.graph.rich_content import Certificate
from twin.graph.watched import Watched
from twin.switches import Switches

SPACING = timedelta(
    minutes=10
)  # between PATCH and reauthorize: learn.microsoft.com/graph/change-notifications-lifecycle-events


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
    delegated: bool = False
    tls_version: str = "v1_2"
    certificate: Certificate | None = None  # with resource data, encrypted for it
    notification_url_app_id: str | None = None
    notification_query_options: str | None = None
    challenge_when_left: timedelta  # ask for reauthorization once less life than this is left
    authorized_at: datetime  # since when the access token behind it counts
    challenged_at: datetime | None = None  # since it was authorized
    patched_at: datetime | None = None
    reauthorized_at: datetime | None = None
    deleted_at: datetime | None = None
    is_inconsistent: bool = False  # delivers nothing any more, though it is listed

    def as_json(self, *, with_client_state: bool = False) -> dict[str, Any]:
        """The entity of v1.0. `clientState` is echoed by POST and null everywhere else, and so is the certificate."""
        certificate = self.certificate
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.application_id,
            "changeType": self.change_type,
            "clientState": self.client_state if with_client_state else None,
            "notificationUrl": self.notification_url,
            "notificationQueryOptions": self.notification_query_options,
            "lifecycleNotificationUrl": self.lifecycle_notification_url,
            "expirationDateTime": seven_digits(self.expires_at),
            "creatorId": self.creator_id,
            "includeResourceData": True if certificate else None,
            "latestSupportedTlsVersion": self.tls_version,
            "encryptionCertificate": certificate.text if certificate and with_client_state else None,
            "encryptionCertificateId": certificate.id if certificate else None,
            "notificationUrlAppId": self.notification_url_app_id,
        }

    def touch(self, now: datetime, *, challenge_percent: int) -> None:
        """A new period begins: the next challenge comes when `challenge_percent` of the life left now are left."""
        self.challenge_when_left = (self.expires_at - now) * challenge_percent / 100
        self.authorized_at, self.challenged_at = now, None

    def touched_twice(self) -> bool:
        """PATCH and reauthorize within ten minutes of each other, in either order."""
        if self.patched_at is None or self.reauthorized_at is None:
            return False
        return abs(self.patched_at - self.reauthorized_at) < SPACING


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

    def told_of_path(self, path: str) -> list[Subscription]:
        """Those that events still go to: where a switch says so, for a while also deleted ones."""
        return self._told(self._groups.get(("path", path), {}))

    def told_of_mail(self, user_id: str) -> list[Subscription]:
        return self._told(self._groups.get(("mail", user_id), {}))

    def under_quota(self, quota: Quota, *, app_id: str, creator_id: str, watched: Watched) -> list[Subscription]:
        return self._live(self._groups.get(_quota_group(quota, app_id, creator_id, watched), {}))

    def get(self, subscription_id: str, *, app_id: str | None = None) -> Subscription:
        """GraphError 404 where it is unknown, expired, or another app's."""
        row = self._rows.get(subscription_id.lower())
        if row is None or not self._is_live(row) or app_id not in (None, row.application_id):
            raise GraphError(404, self._switches.subscription_not_found_code, "The object was not found.")
        return row

    def remove(self, subscription_id: str) -> Subscription:
        row = self.get(subscription_id)
        row.deleted_at = self._clock.now()
        if not self._switches.ghost_deliveries_s:
            self._forget(row)
        return row

    def drop_expired(self) -> None:
        now = self._clock.now()
        gone = [row for row in self._rows.values() if row.expires_at <= now or row.deleted_at is not None]
        for row in [row for row in gone if not self._is_ghost(row)]:
            self._forget(row)

    def _live(self, rows: dict[str, Subscription]) -> list[Subscription]:
        now = self._clock.now()
        return [row for row in rows.values() if row.expires_at > now and row.deleted_at is None]

    def _told(self, rows: dict[str, Subscription]) -> list[Subscription]:
        return [row for row in rows.values() if self._is_live(row) or self._is_ghost(row)]

    def _is_live(self, row: Subscription) -> bool:
        return row.deleted_at is None and row.expires_at > self._clock.now()

    def _is_ghost(self, row: Subscription) -> bool:
        life = timedelta(seconds=self._switches.ghost_deliveries_s)
        return row.deleted_at is not None and self._clock.now() - row.deleted_at < life

    def _forget(self, row: Subscription) -> None:
        del self._rows[row.id]
        for group in _groups(row):
            del self._groups[group][row.id]


def _groups(row: Subscription) -> list[Hashable]:
    groups: list[Hashable] = [("path", row.watched.path)]
    if row.watched.kind.name == "Message":
        groups.append(("mail", row.watched.user))
    quotas = row.watched.kind.quotas
    return groups + [_quota_group(quota, row.application_id, row.creator_id, row.watched) for quota in quotas]


def _quota_group(quota: Quota, app_id: str, creator_id: str, watched: Watched) -> Hashable:
    scopes: dict[str, Hashable] = {
        "tenant": None,
        "app": app_id,
        "mailbox": watched.user,
        "app_path": (app_id, watched.path),
        "user_path": (watched.user, watched.path),
        "creator_path": (creator_id, watched.path),
        "app_creator": (app_id, creator_id),
    }
    return ("quota", quota.name, scopes[quota.scope])
