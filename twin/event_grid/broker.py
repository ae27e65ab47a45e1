"""Event Grid as Graph, Azure Resource Manager and the control API see it.

Partner configurations gate who may create partner topics; partner topics take Graph's events; event subscriptions
carry them on. Delivery runs in tasks of its own from `start` to `stop`.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from twin.event_grid.counts import Counts
from twin.event_grid.dead_letter import AzureBlobs, WriteBlob
from twin.event_grid.endpoint import ANSWER_TIMEOUT_S, Endpoint
from twin.event_grid.event_subscription import read_event_subscription
from twin.event_grid.lane import Lane, Surroundings
from twin.event_grid.lanes import Lanes, TopicKey
from twin.event_grid.partner_configuration import LONGEST_DAYS, PartnerConfiguration, graph_authorized
from twin.event_grid.partner_url import read_partner_url
from twin.event_grid.payload import accepted
from twin.event_grid.refusal import Refused
from twin.event_grid.topics import ActivationState, PartnerTopic, PartnerTopics
from twin.world import World, made_up_id

__all__ = ["EventGrid", "Refused"]

MOST_EVENT_SUBSCRIPTIONS = 500  # of one partner topic

GroupKey = tuple[str, str]  # Azure subscription, resource group; in lower case


class EventGrid:
    """One cloud's Event Grid. Methods raise Refused; names compare ignoring case.

    `write_blob` takes the place of the emulated storage account for dead letters.
    """

    def __init__(
        self, world: World, *, write_blob: WriteBlob | None = None, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self.access_key = made_up_id("event-grid/access-key")  # of the custom topic, for aeg-sas-key
        self.received: list[dict[str, Any]] = []  # events published to the custom topic
        self.counts = Counts()
        self._world = world
        self._started_at = world.clock.now()
        self._configurations: dict[GroupKey, PartnerConfiguration] = {}
        self._topics = PartnerTopics()
        self._lanes = Lanes(on_dropped=self._count_dropped)
        self._blobs = AzureBlobs(world)
        self._endpoint = Endpoint(world, answer_timeout_s=answer_timeout_s)
        self._around = Surroundings(
            world=world,
            counts=self.counts,
            endpoint=self._endpoint,
            write_blob=write_blob or self._blobs.write,
            stirred=self._lanes.stirred.set,
        )

    # What Graph does

    def ensure_partner_topic(self, url: str, *, source: str) -> None:
        """Make the topic unless it exists for the same source. An existing one needs no authorization any more."""
        address, now = read_partner_url(url), self._world.clock.now()
        if existing := self._live_topic(address.key):
            if (existing.source, existing.address.location) != (source, address.location):
                raise Refused(409, "Conflict", f"Partner topic {address.name!r} exists with another source or region.")
            return
        configuration = self.partner_configuration(address.key[:2])
        if configuration is None or not configuration.authorizes_graph(now):
            raise Refused(403, "Forbidden", _NOT_AUTHORIZED.format(group=address.resource_group))
        self._topics.add(address, source=source, now=now, days=self._world.switches.topic_activation_days)

    def publish(self, url: str, events: list[dict[str, Any]]) -> None:
        """Take CloudEvents in. Those that nobody can have (no topic, not activated, no event subscription) are lost."""
        self.counts.published += len(events)
        topic = self._live_topic(read_partner_url(url).key)
        if topic is not None and self._flows(topic):
            self._hand_out(topic, events)
        elif topic is not None and self._world.switches.keep_before_activation:
            topic.kept.extend(events)
        else:
            self._count_dropped(len(events))

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
        self._drop_lapsed_topics()
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
        wanted = read_event_subscription(name, properties, topic.identity)
        await self._endpoint.validate(wanted.destination)
        if lane := self._lanes.find(key, name):
            lane.event_subscription = wanted
            return lane
        if len(self._lanes.of(key)) >= MOST_EVENT_SUBSCRIPTIONS:
            raise Refused(403, "Forbidden", f"{MOST_EVENT_SUBSCRIPTIONS} event subscriptions are the most.")
        lane = Lane(topic.address.name, wanted, self._around)
        self._lanes.put(key, lane)
        self._hand_out_kept(topic)
        return lane

    def event_subscription(self, key: TopicKey, name: str) -> Lane:
        self.topic(key)
        if lane := self._lanes.find(key, name):
            return lane
        raise Refused(404, "ResourceNotFound", f"Event subscription {name!r} was not found at {key[2]!r}.")

    def event_subscriptions(self, key: TopicKey) -> list[Lane]:
        self.topic(key)
        return self._lanes.of(key)

    def delete_event_subscription(self, key: TopicKey, name: str) -> None:
        """What still waited for it is dropped."""
        self._lanes.remove(key, self.event_subscription(key, name))

    # What runs the twin

    def start(self) -> None:
        """On a running loop. Events that were published before go out now."""
        self._endpoint.open()
        self._lanes.start()

    async def stop(self) -> None:
        """Delivery ends where it is: what waits is forgotten, as the twin keeps nothing on disk."""
        await self._lanes.stop()
        await self._endpoint.close()
        await self._blobs.close()

    def idle(self) -> bool:
        """Nothing waits to be delivered now; retries that are due later do not count."""
        return self._lanes.idle()

    async def settled(self, timeout_s: float = 30) -> None:
        """Return when `idle`. TimeoutError after `timeout_s` of real time."""
        async with asyncio.timeout(timeout_s):
            await self._lanes.settled()

    @property
    def deliveries(self) -> dict[str, int]:
        """published, filtered, duplicated, delivered, failed_attempts, dead_lettered, dropped, waiting."""
        kept = sum(len(topic.kept) for topic in self._topics)
        return {**self.counts.as_json(), "waiting": self._lanes.waiting() + kept}

    def as_json(self) -> dict[str, Any]:
        """For the control API's GET /event-grid."""
        return {"topics": [self._shown(topic) for topic in self.topics()], "deliveries": self.deliveries}

    def _shown(self, topic: PartnerTopic) -> dict[str, Any]:
        return {
            **topic.as_json(),
            "event_subscriptions": [lane.as_json() for lane in self._lanes.of(topic.address.key)],
        }

    def _live_topic(self, key: TopicKey) -> PartnerTopic | None:
        self._drop_lapsed_topics()
        return self._topics.find(key)

    def _drop_lapsed_topics(self) -> None:
        """Those that nobody activated in time. Looked at whenever somebody asks, which is when it shows."""
        now = self._world.clock.now()
        for topic in self._topics:
            if topic.lapsed(now):
                self._remove(topic)

    def _remove(self, topic: PartnerTopic) -> None:
        self._topics.remove(topic)
        self._count_dropped(len(topic.kept))
        for lane in self._lanes.of(topic.address.key):
            self._lanes.remove(topic.address.key, lane)

    def _flows(self, topic: PartnerTopic) -> bool:
        return topic.activation_state is ActivationState.ACTIVATED and bool(self._lanes.of(topic.address.key))

    def _hand_out_kept(self, topic: PartnerTopic) -> None:
        if topic.kept and self._flows(topic):
            kept, topic.kept = topic.kept, []
            self._hand_out(topic, kept)

    def _hand_out(self, topic: PartnerTopic, events: list[dict[str, Any]]) -> None:
        now = self._world.clock.now()
        items = [accepted(event, now) for event in events]
        for lane in self._lanes.of(topic.address.key):
            lane.accept(items)

    def _count_dropped(self, events: int) -> None:
        self.counts.dropped += events


_NOT_AUTHORIZED = (
    "The partner MicrosoftGraphAPI is not authorized to create partner topics in resource group {group!r}: "
    "its partner configuration has no authorization for it, or that has expired."
)
