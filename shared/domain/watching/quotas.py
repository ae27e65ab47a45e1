"""How many subscriptions Graph allows, held against how many are wanted: said before a 403 says it. Pure.

Only our own are counted: where a quota is shared with other apps, fewer may be free.
https://learn.microsoft.com/graph/change-notifications-overview
"""

from collections import defaultdict
from collections.abc import Mapping

from shared.domain.events.notifications import owner_of
from shared.domain.watching.resource import QUOTAS, Resource
from shared.domain.watching.resources import resource_of
from shared.domain.watching.watch import SubscriptionSpec

BY_OWNER = {"per_mailbox_all_apps", "per_user_all_chats", "per_user"}
BY_PATH = {"per_app_and_channel", "per_app_and_chat", "per_app_and_team", "per_app_and_path"}
NOT_COUNTED = {"users_per_subscription", "per_app_and_delegated_user", "per_user_and_path"}


def passed(specs: Mapping[str, SubscriptionSpec]) -> dict[str, str]:
    """By spec key, a sentence for each spec that stands among more than a quota allows."""
    groups: dict[tuple[str, int, object], list[str]] = defaultdict(list)
    for key, spec in specs.items():
        if known := resource_of(spec.resource):
            for name, most in known.quota.items():
                groups[name, most, _scope(name, known, spec.resource)].append(key)
    return {
        key: f"{len(among)} are wanted, and Graph allows {most} {QUOTAS[name]}"
        for (name, most, scope), among in groups.items()
        if scope is not None and len(among) > most
        for key in among
    }


def _scope(name: str, known: Resource, resource: str) -> object | None:
    """What is counted together with it, None for what is not counted here."""
    if name in NOT_COUNTED:
        return None
    if name in BY_OWNER:
        return owner_of(resource.lower())
    if name in BY_PATH:
        return resource.lower()
    return tuple(sorted(known.quota.items())) if name != "per_organization_shared_teams" else "teams"
