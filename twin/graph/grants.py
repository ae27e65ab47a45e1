"""What callers may watch, and what becomes of a subscription whose consent or access token has gone.

Permissions by resource: https://learn.microsoft.com/graph/api/subscription-post-subscriptions. Consent and tokens:
https://learn.microsoft.com/graph/change-notifications-lifecycle-events (a token lives about an hour; when it lapses
delivery stops, and what was not sent is kept for up to four hours).
"""

from datetime import datetime, timedelta

from twin.graph.calls import Caller
from twin.graph.errors import GraphError, denied
from twin.graph.limits import Kind
from twin.graph.subscriptions import Subscription
from twin.graph.watched import Watched
from twin.world import World


class Grants:
    """Consent is revoked by taking a permission from `world.entra.granted`, or by the switch `revoked_consent`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._once: dict[bool, set[str]] = {False: set(), True: set()}  # granted at some time; for people under True

    def demand(self, caller: Caller, watched: Watched) -> None:
        """GraphError 403 unless the caller may watch this."""
        permissions = _permissions(watched.kind, delegated=caller.delegated)
        if permissions is None:
            return
        if not caller.may(permissions) or self._is_revoked(permissions, delegated=caller.delegated):
            raise self._denied()
        if caller.delegated and watched.kind.own_only and watched.user not in (None, caller.object_id.lower()):
            raise self._denied()

    def look(self) -> None:
        """Remember what has been granted so far: what is missing later has been revoked."""
        for delegated, once in self._once.items():
            once |= self._granted(delegated=delegated)

    def is_paused(self, row: Subscription) -> bool:
        """Nothing is delivered: no consent any more, or the access token has lapsed."""
        return self.lost_consent(row) or self._token_left(row) <= timedelta()

    def lost_consent(self, row: Subscription) -> bool:
        permissions = _permissions(row.watched.kind, delegated=row.delegated)
        return permissions is not None and self._is_revoked(permissions, delegated=row.delegated)

    def token_nears_its_end(self, row: Subscription) -> bool:
        minutes, percent = self._world.switches.token_minutes, self._world.switches.reauthorize_at_percent
        return self._token_left(row) < timedelta(minutes=minutes) * percent / 100

    def _token_left(self, row: Subscription) -> timedelta:
        minutes = self._world.switches.token_minutes
        return row.authorized_at + timedelta(minutes=minutes) - self._world.clock.now() if minutes else timedelta.max

    def _is_revoked(self, permissions: tuple[str, ...], *, delegated: bool) -> bool:
        """None of them stands any more. One that was never granted here came with the token, and counts."""
        revoked, once, now = (
            self._world.switches.revoked_consent,
            self._once[delegated],
            self._granted(delegated=delegated),
        )
        if not revoked and once <= now:
            return False
        gone = {name.strip() for name in revoked.split(",")} | (once - now)
        return "*" in gone or all(name in gone for name in permissions)

    def _granted(self, *, delegated: bool) -> set[str]:
        entra = self._world.entra
        return entra.delegated if delegated else entra.granted

    def _denied(self) -> GraphError:
        """The code is undocumented, and errors of a backend come wrapped."""
        switches, plain = self._world.switches, denied()
        if switches.wrapped_errors:
            text = f"Operation: Create; Exception: [Status Code: Forbidden; Reason: {plain.message}]"
            return GraphError(403, "ExtensionError", text)
        return GraphError(403, switches.permission_denied_code, plain.message)


def kept_until(since: datetime) -> datetime:
    return since + timedelta(hours=4)


def _permissions(kind: Kind, *, delegated: bool) -> tuple[str, ...] | None:
    return kind.delegated if delegated else kind.application
