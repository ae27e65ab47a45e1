"""What is known of a kind of resource that can be watched. The kinds themselves stand in `kinds`."""

from dataclasses import dataclass

MINIMUM_MINUTES = 45
CLIENT_STATE_MAX = 128
CERTIFICATE_ID_MAX = 128

ALL_CHANGES = ("created", "updated", "deleted")
OUTLOOK_LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most `most` live subscriptions of the quota's `name` within `scope`.

    tenant: all apps; app: one app; mailbox: one user's, all apps; app_path: one app and a path that has an id;
    user_path: a path of one user's; creator_path: a path and who made the subscription; app_creator: an app likewise.
    """

    name: str
    most: int
    scope: str = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of resource, or those of its paths that ask for the same permission.

    Of the permissions one is enough. An empty tuple: not supported for such callers. None: not documented, and so not
    asked for.
    """

    name: str  # as event type names have it: Microsoft.Graph.<name>Created
    paths: tuple[str, ...]  # in lower case, keys as segments, {} for any key
    application: tuple[str, ...] | None
    delegated: tuple[str, ...] | None = ()
    own_only: bool = False  # a person may watch only what is theirs
    max_minutes: int | None = None  # None: Outlook's cap, which is a switch
    rich_max_minutes: int | None = None  # with resource data; None: not to be had
    rich_required: bool = False
    select_required: bool = False  # with resource data
    changes: tuple[str, ...] = ALL_CHANGES
    quotas: tuple[Quota, ...] = ()
    event_grid: bool = True
    lifecycle: tuple[str, ...] = ("reauthorizationRequired",)
    needs_lifecycle_url: bool = False  # for lives above one hour
    most_ids: int | None = None  # in `$filter=id in (…)`
