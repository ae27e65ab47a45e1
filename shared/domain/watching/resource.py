"""A resource that can be watched, and what its quotas count. Pure. The table of them all: `resource_table`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

ALL = ("created", "updated", "deleted")
REAUTHORIZATION = ("reauthorizationRequired",)
QUOTAS = {  # what each number counts
    "per_app_all_tenants": "subscriptions of one app in all tenants together",
    "per_tenant_all_apps": "subscriptions of all apps in one tenant together",
    "per_app_and_tenant": "subscriptions of one app in one tenant",
    "per_mailbox_all_apps": "subscriptions of all apps in one mailbox",
    "per_organization": "subscriptions in one organization",
    "per_organization_shared_teams": "subscriptions to any Teams resource in one organization",
    "per_app_and_channel": "subscriptions of one app to one channel",
    "per_app_and_chat": "subscriptions of one app to one chat",
    "per_app_and_team": "subscriptions of one app to one team",
    "per_user_all_chats": "subscriptions to all chats of one user",
    "per_user": "subscriptions of one user",
    "per_app_and_path": "subscriptions of one app to one path",
    "per_user_and_path": "subscriptions of one user to one path",
    "per_tenant": "subscriptions in one tenant",
    "users_per_subscription": "users in one subscription",
    "per_app_and_delegated_user": "subscriptions of one app and signed-in user",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind of resource.

    `application`: least application permissions, which of them depends on the path; empty: only delegated ones will do;
    None: not documented. `owner`: whose rows its events are in the feed: `person`, where the path names one; else the
    operators'. `rich_max_minutes`: with resource data, 0: not to be had. `delta`: a key of `delta.DELTAS`,
    empty: Graph has none.
    """

    paths: tuple[str, ...]
    max_minutes: int
    application: tuple[str, ...] | None
    delegated: tuple[str, ...] | None = ()
    change_types: tuple[str, ...] = ALL
    quota: Mapping[str, int] = field(default_factory=dict)
    lifecycle: tuple[str, ...] = REAUTHORIZATION
    event_grid: bool = True
    owner: str = "operators"
    rich_max_minutes: int = 0
    rich_required: bool = False
    lifecycle_url_over_minutes: int = 0  # Teams: above that life it is required; 0: never
    delta: str = ""

    @property
    def permission(self) -> str:
        """The least application permission; empty where there is none, or none is documented."""
        return self.application[0] if self.application else ""

    @property
    def lifetime(self) -> timedelta:
        """What we ask for: a little below the cap, as live caps were seen lower than documented ones."""
        return timedelta(minutes=self.max_minutes - min(90, self.max_minutes // 20))
