"""The partner topic that Graph publishes to, and the URL by which a subscription names it. Pure.

https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

REUSABLE_FOR = timedelta(days=30)  # after the end of its last subscription Graph lets a topic be used again
MOST_TOPICS = 10  # partner topics of one tenant and app
OVER = (
    "the partner topic's last subscription ended more than 30 days ago, and Graph takes such a topic no more: "
    "delete it in Azure, or name another in [topic] of subscriptions.toml; then `pulse link` and "
    "`pulse subscriptions apply`"
)
_REMEDIES = (  # what the words of a refusal mean: neither codes nor bodies are documented, so both are read leniently
    (
        r"authori[sz]|not allowed to create|registration",
        "the partner Microsoft Graph is not authorized, or its authorization is over: `pulse link` authorizes it anew",
    ),
    (
        r"already \d+ partner topics|limit|maximum|quota|too many",
        f"an app has at most {MOST_TOPICS} partner topics in a tenant: delete one that is not used",
    ),
    (
        r"already exists|exists with|in use|conflict",
        "another has that topic's name in the region: give another in [topic] of subscriptions.toml",
    ),
    (
        r"expired|reuse|deleted|never activated|not activated|idledueto|does ?n[o']t exist|not found",
        "the topic is gone or can't be used again: delete it, or name another in [topic]; then `pulse link`",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTopic:
    azure_subscription_id: str
    resource_group: str
    name: str
    location: str  # the region's name (westeurope), never its display name (West Europe)

    @property
    def url(self) -> str:
        """For notificationUrl and lifecycleNotificationUrl alike: Graph wants the same topic in both."""
        return (
            f"EventGrid:?azuresubscriptionid={self.azure_subscription_id}&resourcegroup={self.resource_group}"
            f"&partnertopic={self.name}&location={self.location}"
        )

    def faults(self) -> list[str]:
        """Everything that Graph or Azure would refuse, one sentence each; empty when the topic can be used."""
        checks = {
            f"azure_subscription_id {self.azure_subscription_id!r} is not a GUID": _is_guid(self.azure_subscription_id),
            f"resource_group {self.resource_group!r}: 1-90 letters, digits, and ._()- are allowed, no dot at the end": (
                re.fullmatch(r"[\w.()-]{0,89}[\w()-]", self.resource_group)
            ),
            f"name {self.name!r}: a partner topic's name has 3-50 letters, digits and hyphens": re.fullmatch(
                r"[A-Za-z0-9-]{3,50}", self.name
            ),
            f"location {self.location!r}: give the region's name (westeurope), not its display name (West Europe)": (
                re.fullmatch(r"[a-z0-9]{3,40}", self.location)
            ),
        }
        return [fault for fault, fine in checks.items() if not fine]


def same_url(one: str | None, other: str) -> bool:
    """Graph may answer with other letters' case than it was sent; the parts are compared, not the text."""
    return one is not None and _parts(one) == _parts(other)


def is_over(expiries: Iterable[datetime], *, now: datetime) -> bool:
    """Given when each subscription at the topic ends or ended: can the topic not be used any more?"""
    last = max(expiries, default=None)
    return last is not None and last + REUSABLE_FOR <= now


def remedy_of(status: int, message: str) -> str:
    """What people can do about Graph's refusal of a partner topic; empty when it speaks of something else."""
    text = message.casefold()
    if not 400 <= status < 500 or not re.search(r"partner|event ?grid", text):
        return ""
    return next((remedy for words, remedy in _REMEDIES if re.search(words, text)), "")


def topic_name(url: str) -> str:
    """The partner topic in an `EventGrid:` URL, with its resource group; empty for any other URL."""
    scheme, parts = _parts(url)
    members = dict(part.partition("=")[::2] for part in parts)
    name = members.get("partnertopic")
    return f"{members.get('azuresubscriptionid')}/{members.get('resourcegroup')}/{name}" if scheme and name else ""


def _parts(url: str) -> tuple[str, list[str]]:
    scheme, _, query = url.casefold().partition("?")
    return scheme, sorted(query.split("&"))


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
