"""Custom topics: made by us, published to by us, with event subscriptions of their own.

Source: Microsoft.EventGrid/topics 2025-02-15, learn.microsoft.com/azure/event-grid/custom-topics. In Azure each has a
host name of its own; here all share one port and the name stands in the path: /topics/<name>/api/events.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from twin.event_grid.event_subscriptions import EventSubscriptions, Topic
from twin.event_grid.lanes import TopicKey
from twin.event_grid.refusal import Refused
from twin.world import World, made_up_id

NAME = re.compile(r"[A-Za-z0-9-]{3,50}")
SCHEMA = "CloudEventSchemaV1_0"

GroupKey = tuple[str, str]  # Azure subscription, resource group; in lower case


@dataclass(slots=True, kw_only=True)
class CustomTopic:
    """`received`: what was published to it."""

    azure_subscription_id: str
    resource_group: str
    name: str
    location: str
    endpoint: str
    tags: dict[str, str] = field(default_factory=dict)
    identity: dict[str, Any] | None = None
    local_auth: bool = True
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def key(self) -> TopicKey:
        return custom_key((self.azure_subscription_id, self.resource_group), self.name)

    @property
    def id(self) -> str:
        group = f"/subscriptions/{self.azure_subscription_id}/resourceGroups/{self.resource_group}"
        return f"{group}/providers/Microsoft.EventGrid/topics/{self.name}"

    @property
    def access_key(self) -> str:
        return made_up_id(f"event-grid/topics/{self.name.lower()}/access-key")

    @property
    def as_topic(self) -> Topic:
        return Topic(key=self.key, name=self.name, identity=self.identity)

    def as_json(self) -> dict[str, Any]:
        """The ARM resource."""
        return {
            "id": self.id,
            "name": self.name,
            "type": "Microsoft.EventGrid/topics",
            "location": self.location,
            "tags": self.tags,
            "identity": self.identity,
            "properties": {
                "endpoint": self.endpoint,
                "inputSchema": SCHEMA,
                "disableLocalAuth": not self.local_auth,
                "provisioningState": "Succeeded",
            },
        }


class CustomTopics:
    """All of this cloud, by name: in the real one host names make names unique in a region."""

    def __init__(self, world: World, event_subscriptions: EventSubscriptions) -> None:
        self._world = world
        self._event_subscriptions = event_subscriptions
        self._topics: dict[str, CustomTopic] = {}

    def put(self, group: GroupKey, name: str, body: Mapping[str, Any]) -> CustomTopic:
        properties = body.get("properties") or {}
        if not NAME.fullmatch(name):
            raise Refused(400, "InvalidRequest", "The name of a topic has 3 to 50 letters, digits or hyphens.")
        if properties.get("inputSchema") != SCHEMA:  # absent is EventGridSchema, which nothing here speaks
            raise Refused(400, "InvalidRequest", f"inputSchema: only {SCHEMA} is served here.")
        before = self._topics.get(name.lower())
        if before and before.key != custom_key(group, name):
            raise Refused(409, "Conflict", f"Topic {name!r} already exists in another resource group.")
        topic = CustomTopic(
            azure_subscription_id=group[0],
            resource_group=group[1],
            name=name,
            location=str(body.get("location") or self._world.location),
            endpoint=f"{self._world.addresses.event_grid}/topics/{name}/api/events",
            tags=dict(body.get("tags") or {}),
            identity=body.get("identity"),
            local_auth=not properties.get("disableLocalAuth"),
            received=before.received if before else [],
        )
        self._topics[name.lower()] = topic
        return topic

    def named(self, name: str) -> CustomTopic | None:
        return self._topics.get(name.lower())

    def get(self, group: GroupKey, name: str) -> CustomTopic:
        topic = self.named(name)
        if topic is None or topic.key != custom_key(group, name):
            raise Refused(404, "ResourceNotFound", f"Topic {name!r} was not found in {group[1]!r}.")
        return topic

    def of(self, group: GroupKey) -> list[CustomTopic]:
        return [topic for topic in self._topics.values() if topic.key[:2] == (group[0].lower(), group[1].lower())]

    def remove(self, group: GroupKey, name: str) -> None:
        topic = self.get(group, name)
        self._event_subscriptions.remove_all(topic.key)
        del self._topics[name.lower()]

    def publish(self, topic: CustomTopic, events: Iterable[dict[str, Any]]) -> None:
        """To its event subscriptions; without one they are lost."""
        events = list(events)
        topic.received.extend(events)
        self._event_subscriptions.counts.published += len(events)
        if self._event_subscriptions.lanes.of(topic.key):
            self._event_subscriptions.hand_out(topic.key, events)
        else:
            self._event_subscriptions.drop(len(events))


def custom_key(group: GroupKey, name: str) -> TopicKey:
    """Apart from a partner topic's of the same name."""
    return group[0].lower(), group[1].lower(), f"topics/{name.lower()}"
