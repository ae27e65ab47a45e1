"""Event Grid as Graph, Azure Resource Manager and the control API see it.

Partner configurations gate who may create partner topics; partner topics take Graph's events; event subscriptions
carry them on. Delivery runs in tasks of its own from `start` to `stop`.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from twin.event_grid.custom_topics import CustomTopics, GroupKey
from twin.event_grid.dead_letter import WriteBlob
from twin.event_grid.endpoint import ANSWER_TIMEOUT_S
from twin.event_grid.event_subscriptions import EventSubscriptions, Topic
from twin.event_grid.lane import Lane
from twin.event_grid.lanes import TopicKey
from twin.event_grid.partner_configuration import LONGEST_DAYS, PartnerConfiguration, graph_authorized
from twin.event_grid.partner_url import read_partner_url
from twin.event_grid.refusal import Refused
from twin.event_grid.topics import REUSABLE_FOR, ActivationState, PartnerTopic, PartnerTopics
from twin.world import World, made_up_id

__all__ = ["EventGrid", "Refused"]


class EventGrid:
    """One cloud's Event Grid. Methods raise Refused; names compare ignoring case.

    `write_blob` takes the place of the emulated storage account for dead letters.
    """

    def __init__(
        self, world: World, *, write_blob: WriteBlob | None = None, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self.access_key = made_up_id("event-grid/access-key")  # of the custom topic without a name, for aeg-sas-key
        self.received: list[dict[str, Any]] = []  # events published to it
        self._world = world
        self._started_at = world.clock.now()
        self._configurations: dict[GroupKey, PartnerConfiguration] = {}
        self._topics = PartnerTopics()
        self._event_subscriptions = EventSubscriptions(world, write_blob=write_blob, answer_timeout_s=answer_timeout_s)
        self.counts = self._event_subscriptions.counts
        self.custom_topics = CustomTopics(world, self._event_subscriptions)

    # What Graph does

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        """Make the topic unless it exists for the same source. An existing one needs no authorization any more."""
        address, now = read_partner_url(url), self._world.clock.now()
        if existing := self._live_topic(address.key):
            if (existing.source, existing.address.location) != (source, address.location):
                raise Refused(409, "Conflict", f"Partner topic {address.name!r} exists with another source or region.")
            if existing.is_idle:
                raise Refused(409, "Conflict", _IDLE.format(name=address.name, days=REUSABLE_FOR.days))
            return
        configuration = self.partner_configuration(address.key[:2])
        if configuration is None or not configuration.authorizes_graph(now):
            raise Refused(403, "Forbidden", _NOT_AUTHORIZED.format(group=address.resource_group))
        self._topics.add(address, source=source, now=now, days=self._world.switches.topic_activation_days)

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        """Take CloudEvents in. Those that nobody can have (no topic, not activated, no event subscription) are lost."""
        self.counts.published += len(events)
        topic = self._topics.find(read_partner_url(url).key)
        if topic is not None and topic.lapsed(self._world.clock.now()):
            topic = None
        if topic is not None and self._flows(topic):
            self._event_subscriptions.hand_out(topic.address.key, events)
        elif topic is not None and self._world.switches.keep_before_activation:
            topic.kept.extend(events)
        else:
            self._event_subscriptions.drop(len(events))

    # What Azure Resource Manager does

    def partner_configuration(self, group: GroupKey) -> PartnerConfiguration | None:
        """What was put; else, in the world's own group and with the switch on, one that authorizes Graph for a year."""
        own = (self._world.azure_subscription_id.lower(), self._world.resource_group.lower())
        if group in self._configurations or group != own or not self._world.switches.partner_authorized:
            return self._configurations.get(group)
        return graph_authorized(self._started_at + timedelta(days=LONGEST_DAYS))

    def put_partner_configuration(self, group: GroupKey, configuration: PartnerConfiguration) -> None:
        self._configurations[group] = configuration

    def topic(self, key: TopicKey) -> PartnerTopic:
        if topic := self._live_topic(key):
            return topic
        raise Refused(404, "ResourceNotFound", f"Partner topic {key[2]!r} was not found in {key[1]!r}.")

    def topics(self, group: GroupKey | None = None) -> list[PartnerTopic]:
        self.tick()
        return [topic for topic in self._topics if group is None or topic.address.key[:2] == group]

    def turn_topic(self, key: TopicKey, state: ActivationState) -> PartnerTopic:
        """Activate or deactivate."""
        topic = self.topic(key)
        topic.activation_state = state
        self._hand_out_kept(topic)
        return topic

    def delete_topic(self, key: TopicKey) -> None:
        self._remove(self.topic(key))

    async def put_event_subscription(self, key: TopicKey, name: str, properties: Mapping[str, Any]) -> Lane:
        """Make or replace one, after its destination has been validated. Needs `start` before."""
        topic = self.topic(key)
        lane = await self._event_subscriptions.put(_topic(topic), name, properties)
        self._hand_out_kept(topic)
        return lane

    def event_subscription(self, key: TopicKey, name: str) -> Lane:
        return self._event_subscriptions.get(_topic(self.topic(key)), name)

    def event_subscriptions(self, key: TopicKey) -> list[Lane]:
        return self._event_subscriptions.lanes.of(self.topic(key).address.key)

    def delete_event_subscription(self, key: TopicKey, name: str) -> None:
        """What still waited for it is dropped."""
        self._event_subscriptions.remove(_topic(self.topic(key)), name)

    @property
    def all_event_subscriptions(self) -> EventSubscriptions:
        """Of custom topics too."""
        return self._event_subscriptions

    # What runs the twin

    def start(self) -> None:
        """On a running loop. Events that were published before go out now."""
        self._event_subscriptions.start()

    async def stop(self) -> None:
        """Delivery ends where it is: what waits is forgotten, as the twin keeps nothing on disk."""
        await self._event_subscriptions.stop()

    def tick(self) -> None:
        """Let time pass for the topics: who is gone, who is used. Also looked at whenever somebody asks."""
        now = self._world.clock.now()
        used = self._used()
        for topic in self._topics:
            topic.note_use(used.get(topic.address.key, ()), now)
            if topic.lapsed(now):
                self._remove(topic)

    def idle(self) -> bool:
        """Nothing waits to be delivered now; retries that are due later do not count."""
        return self._event_subscriptions.lanes.idle()

    async def settled(self, timeout_s: float = 30) -> None:
        """Return when `idle`. TimeoutError after `timeout_s` of real time."""
        async with asyncio.timeout(timeout_s):
            await self._event_subscriptions.lanes.settled()

    @property
    def deliveries(self) -> dict[str, int]:
        """published, filtered, duplicated, delivered, failed_attempts, dead_lettered, dropped, waiting."""
        kept = sum(len(topic.kept) for topic in self._topics)
        return {**self.counts.as_json(), "waiting": self._event_subscriptions.lanes.waiting() + kept}

    @property
    def dead_letters(self) -> list[dict[str, Any]]:
        """For the control API's GET /dead-letters: what was written where, in order."""
        return self._event_subscriptions.dead_letters.written

    def as_json(self) -> dict[str, Any]:
        """For the control API's GET /event-grid."""
        return {"topics": [self._shown(topic) for topic in self.topics()], "deliveries": self.deliveries}

    def _shown(self, topic: PartnerTopic) -> dict[str, Any]:
        lanes = self._event_subscriptions.lanes.of(topic.address.key)
        return {**topic.as_json(), "event_subscriptions": [lane.as_json() for lane in lanes]}

    def _live_topic(self, key: TopicKey) -> PartnerTopic | None:
        self.tick()
        return self._topics.find(key)

    def _used(self) -> dict[TopicKey, list[datetime]]:
        """When the live Graph subscriptions of each topic end."""
        used: dict[TopicKey, list[datetime]] = {}
        graph = getattr(self._world, "graph", None)  # tests of this half have none
        for row in graph.subscriptions.live() if graph else ():
            if row.notification_url.lower().startswith("eventgrid:"):
                used.setdefault(read_partner_url(row.notification_url).key, []).append(row.expires_at)
        return used

    def _remove(self, topic: PartnerTopic) -> None:
        self._topics.remove(topic)
        self._event_subscriptions.drop(len(topic.kept))
        self._event_subscriptions.remove_all(topic.address.key)

    def _flows(self, topic: PartnerTopic) -> bool:
        subscribed = bool(self._event_subscriptions.lanes.of(topic.address.key))
        return topic.activation_state is ActivationState.ACTIVATED and subscribed

    def _hand_out_kept(self, topic: PartnerTopic) -> None:
        if topic.kept and self._flows(topic):
            kept, topic.kept = topic.kept, []
            self._event_subscriptions.hand_out(topic.address.key, kept)


def _topic(topic: PartnerTopic) -> Topic:
    return Topic(key=topic.address.key, name=topic.address.name, identity=topic.identity)


_NOT_AUTHORIZED = (
    "The partner MicrosoftGraphAPI is not authorized to create partner topics in resource group {group!r}: "
    "its partner configuration has no authorization for it, or that has expired."
)
_IDLE = (
    "Partner topic {name!r} can't be used again: its last subscription ended {days} days ago or more. "
    "Delete the topic or choose another name."
)
