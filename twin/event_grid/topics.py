"""Partner topics: made by the partner, activated by us, gone when nobody activates them in time.

Source: Microsoft.EventGrid/partnerTopics 2025-02-15.

    (created by Graph) → NeverActivated → Activated ⇄ Deactivated
                         └ gone at expirationTimeIfNotActivatedUtc

Once the last Graph subscription that used it has ended 30 days ago, a topic can't be used again: delete it, or choose
another name (learn.microsoft.com/azure/event-grid/subscribe-to-graph-api-events). What the topic shows then is not
documented: here that the publisher's side is gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from twin.event_grid.json_times import write_time
from twin.event_grid.partner_configuration import GRAPH_REGISTRATION_ID
from twin.event_grid.partner_url import PartnerTopicAddress
from twin.event_grid.refusal import Refused

REUSABLE_FOR = timedelta(days=30)
MOST_TOPICS_PER_SOURCE = 10  # a tenant and an application together; Graph's limit
IDLE = "IdleDueToMirroredChannelResourceDeletion"


class ActivationState(StrEnum):
    NEVER_ACTIVATED = "NeverActivated"
    ACTIVATED = "Activated"
    DEACTIVATED = "Deactivated"


@dataclass(slots=True, kw_only=True)
class PartnerTopic:
    """`source` is /tenants/{tenant}/applications/{app}; both times are aware and in UTC."""

    address: PartnerTopicAddress
    source: str
    expires_if_not_activated_at: datetime
    activation_state: ActivationState = ActivationState.NEVER_ACTIVATED
    tags: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] | None = None
    used_until: datetime | None = None  # when its last Graph subscription ended or will
    is_idle: bool = False  # that was so long ago that the partner can't use it again
    kept: list[dict[str, Any]] = field(default_factory=list)  # events from before activation, with the switch on

    @property
    def id(self) -> str:
        where = self.address
        group = f"/subscriptions/{where.azure_subscription_id}/resourceGroups/{where.resource_group}"
        return f"{group}/providers/Microsoft.EventGrid/partnerTopics/{where.name}"

    def lapsed(self, now: datetime) -> bool:
        never = self.activation_state is ActivationState.NEVER_ACTIVATED
        return never and now >= self.expires_if_not_activated_at

    def note_use(self, ends: Iterable[datetime], now: datetime) -> None:
        """`ends`: of the Graph subscriptions that use it now."""
        latest = max(ends, default=None)
        if latest is not None:
            self.used_until = latest
        elif self.used_until is not None and self.used_until > now:  # deleted before it would have ended
            self.used_until = now

        self.is_idle = self.used_until is not None and now - self.used_until >= REUSABLE_FOR

    def as_json(self) -> dict[str, Any]:
        """The ARM resource."""
        never = self.activation_state is ActivationState.NEVER_ACTIVATED
        return {
            "id": self.id,
            "name": self.address.name,
            "type": "Microsoft.EventGrid/partnerTopics",
            "location": self.address.location,
            "tags": self.tags,
            "identity": self.identity,
            "properties": {
                "source": self.source,
                "partnerRegistrationImmutableId": GRAPH_REGISTRATION_ID,
                "activationState": self.activation_state.value,
                "provisioningState": IDLE if self.is_idle else "Succeeded",
                "expirationTimeIfNotActivatedUtc": write_time(self.expires_if_not_activated_at) if never else None,
            },
        }


class PartnerTopics:
    """All partner topics of this cloud, by address."""

    def __init__(self) -> None:
        self._topics: dict[tuple[str, str, str], PartnerTopic] = {}

    def __iter__(self) -> Iterator[PartnerTopic]:
        return iter(list(self._topics.values()))

    def find(self, key: tuple[str, str, str]) -> PartnerTopic | None:
        return self._topics.get(key)

    def add(self, address: PartnerTopicAddress, *, source: str, now: datetime, days: int) -> PartnerTopic:
        """A new topic. Refused(409) when another has the name in the region, Refused(403) for the eleventh."""
        if any(_same_name(topic.address, address) for topic in self):
            raise Refused(409, "Conflict", f"Partner topic {address.name!r} already exists in {address.location}.")
        if sum(topic.source == source for topic in self) >= MOST_TOPICS_PER_SOURCE:
            raise Refused(403, "Forbidden", f"There are already {MOST_TOPICS_PER_SOURCE} partner topics of {source}.")
        topic = PartnerTopic(address=address, source=source, expires_if_not_activated_at=now + timedelta(days=days))
        self._topics[address.key] = topic
        return topic

    def remove(self, topic: PartnerTopic) -> None:
        self._topics.pop(topic.address.key, None)


def _same_name(one: PartnerTopicAddress, other: PartnerTopicAddress) -> bool:
    return (one.name.lower(), one.location) == (other.name.lower(), other.location)
