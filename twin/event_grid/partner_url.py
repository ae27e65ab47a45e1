"""Reads the URL by which Graph names a partner topic.

    EventGrid:?azuresubscriptionid=<guid>&resourcegroup=<name>&partnertopic=<name>&location=<region name>

Source: learn.microsoft.com/graph/how-to-guide-subscribe-to-events (2024-05-22): the region is its name (`westeurope`),
never its display name (`West Europe`), and the same topic serves both URLs of a subscription.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from twin.event_grid.refusal import Refused

SCHEME = "eventgrid:?"
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
RULES = {
    "azuresubscriptionid": (GUID, "a GUID"),
    "resourcegroup": (re.compile(r"[\w().-]{0,89}[\w()-]"), "the name of a resource group"),
    "partnertopic": (re.compile(r"[A-Za-z0-9-]{3,50}"), "3 to 50 letters, digits or hyphens"),
    "location": (re.compile(r"[a-z]+[0-9]{0,2}"), "the name of a region (westeurope), not its display name"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTopicAddress:
    """Which partner topic, and where. Names of Azure resources compare ignoring case: see `key`."""

    azure_subscription_id: str
    resource_group: str
    name: str
    location: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.azure_subscription_id.lower(), self.resource_group.lower(), self.name.lower()


@lru_cache(maxsize=1024)
def read_partner_url(url: str) -> PartnerTopicAddress:
    """The address in an `EventGrid:` URL. Refused(400) names every part that is missing, twice there or malformed."""
    if not url.lower().startswith(SCHEME):
        raise Refused(400, "InvalidRequest", f"The URL must begin with 'EventGrid:?': {url!r}.")
    pairs = [(name.lower(), value) for name, value in parse_qsl(url[len(SCHEME) :], keep_blank_values=True)]
    faults = [fault for part in RULES if (fault := _fault(part, [value for name, value in pairs if name == part]))]
    if faults:
        raise Refused(400, "InvalidRequest", "Invalid Event Grid URL: " + "; ".join(faults) + ".")
    parts = dict(pairs)
    return PartnerTopicAddress(
        azure_subscription_id=parts["azuresubscriptionid"],
        resource_group=parts["resourcegroup"],
        name=parts["partnertopic"],
        location=parts["location"],
    )


def _fault(part: str, values: list[str]) -> str | None:
    pattern, wanted = RULES[part]
    if len(values) != 1:
        return f"{part} is missing" if not values else f"{part} is there {len(values)} times"
    return None if pattern.fullmatch(values[0]) else f"{part} must be {wanted}, got {values[0]!r}"
