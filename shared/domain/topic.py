"""The partner topic that Graph publishes to, and the URL by which a subscription names it. Pure.

https://learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events
"""

import re
import uuid
from dataclasses import dataclass


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


def _parts(url: str) -> tuple[str, list[str]]:
    scheme, _, query = url.casefold().partition("?")
    return scheme, sorted(query.split("&"))


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
