"""Which partners may create partner topics in a resource group, and until when.

Source: Microsoft.EventGrid/partnerConfigurations 2025-02-15. Without a live authorization the partner's requests to
create, update or delete fail; `defaultMaximumExpirationTimeInDays` is 1 to 365, and 7 when absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from twin.event_grid.json_times import read_time, write_time
from twin.event_grid.refusal import Refused

GRAPH_NAME = "MicrosoftGraphAPI"
GRAPH_REGISTRATION_ID = "c02e0126-707c-436d-b6a1-175d2748fb58"
DEFAULT_DAYS = 7
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizedPartner:
    """Either the name or the registration id is enough to tell who it is."""

    name: str | None
    registration_id: str | None
    expires_at: datetime

    @property
    def is_graph(self) -> bool:
        named = (self.name or "").lower() == GRAPH_NAME.lower()
        return named or (self.registration_id or "").lower() == GRAPH_REGISTRATION_ID

    def as_json(self) -> dict[str, Any]:
        return {
            "partnerRegistrationImmutableId": self.registration_id,
            "partnerName": self.name,
            "authorizationExpirationTimeInUtc": write_time(self.expires_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerConfiguration:
    """The one configuration of a resource group; its resource name is `default`."""

    partners: tuple[AuthorizedPartner, ...] = ()
    default_days: int = DEFAULT_DAYS
    location: str = "global"
    tags: Mapping[str, str] = field(default_factory=dict)

    def authorizes_graph(self, now: datetime) -> bool:
        return any(partner.is_graph and partner.expires_at > now for partner in self.partners)

    def with_partner(self, body: Mapping[str, Any], now: datetime) -> "PartnerConfiguration":
        """As authorizePartner does: one more, in place of an older entry for the same partner."""
        added = _read_partner(body, self.default_days, now)
        others = tuple(partner for partner in self.partners if not _same(partner, added))
        return replace(self, partners=(*others, added))

    def as_json(self) -> dict[str, Any]:
        """The `properties` of the ARM resource."""
        return {
            "partnerAuthorization": {
                "defaultMaximumExpirationTimeInDays": self.default_days,
                "authorizedPartnersList": [partner.as_json() for partner in self.partners],
            },
            "provisioningState": "Succeeded",
        }


def graph_authorized(until: datetime) -> PartnerConfiguration:
    graph = AuthorizedPartner(name=GRAPH_NAME, registration_id=GRAPH_REGISTRATION_ID, expires_at=until)
    return PartnerConfiguration(partners=(graph,), default_days=LONGEST_DAYS)


def read_partner_configuration(body: Mapping[str, Any], now: datetime) -> PartnerConfiguration:
    """From the body of a PUT, which replaces the whole list. Refused(400): days out of range, or a nameless partner."""
    authorization = (body.get("properties") or {}).get("partnerAuthorization") or {}
    days = authorization.get("defaultMaximumExpirationTimeInDays") or DEFAULT_DAYS
    if not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        raise Refused(400, "InvalidRequest", "defaultMaximumExpirationTimeInDays must be between 1 and 365.")
    return PartnerConfiguration(
        partners=tuple(_read_partner(item, days, now) for item in authorization.get("authorizedPartnersList") or ()),
        default_days=days,
        location=body.get("location") or "global",
        tags=body.get("tags") or {},
    )


def _read_partner(body: Mapping[str, Any], days: int, now: datetime) -> AuthorizedPartner:
    name, registration_id = body.get("partnerName"), body.get("partnerRegistrationImmutableId")
    if not name and not registration_id:
        raise Refused(400, "InvalidRequest", "A partner needs a partnerName or a partnerRegistrationImmutableId.")
    expires = read_time(body.get("authorizationExpirationTimeInUtc")) or now + timedelta(days=days)
    if expires > now + timedelta(days=LONGEST_DAYS, minutes=5):  # the five minutes: clocks differ
        raise Refused(400, "InvalidRequest", "authorizationExpirationTimeInUtc is more than 365 days ahead.")
    return AuthorizedPartner(name=name, registration_id=registration_id, expires_at=expires)


def _same(one: AuthorizedPartner, other: AuthorizedPartner) -> bool:
    if one.is_graph and other.is_graph:
        return True
    return (one.name, one.registration_id) == (other.name, other.registration_id)
