"""The event subscriptions of all topics, partner's and custom ones, and the lanes that deliver for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin.event_grid.counts import Counts
from twin.event_grid.dead_letter import DeadLetters, WriteBlob
from twin.event_grid.endpoint import Endpoint
from twin.event_grid.event_subscription import read_event_subscription
from twin.event_grid.lane import Lane, Surroundings
from twin.event_grid.lanes import Lanes, TopicKey
from twin.event_grid.payload import accepted
from twin.event_grid.refusal import Refused
from twin.event_grid.storage_clients import StorageClients
from twin.world import World

MOST_EVENT_SUBSCRIPTIONS = 500  # of one topic: learn.microsoft.com/azure/event-grid/quotas-limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What of a topic matters to its event subscriptions. `identity` is ARM's, for dead letters by it."""

    key: TopicKey
    name: str
    identity: Mapping[str, Any] | None = None


class EventSubscriptions:
    def __init__(self, world: World, *, write_blob: WriteBlob | None, answer_timeout_s: float) -> None:
        self.counts = Counts()
        self.lanes = Lanes(on_dropped=self.drop)
        self._world = world
        self._storage = StorageClients(world)
        self._endpoint = Endpoint(world, self._storage, answer_timeout_s=answer_timeout_s)
        self.dead_letters = DeadLetters(write_blob or self._storage.write_blob)
        self._around = Surroundings(
            world=world,
            counts=self.counts,
            endpoint=self._endpoint,
            dead_letters=self.dead_letters,
            stirred=self.lanes.stirred.set,
        )

    def start(self) -> None:
        self._endpoint.open()
        self.lanes.start()

    async def stop(self) -> None:
        await self.lanes.stop()
        await self._endpoint.close()
        await self._storage.close()

    async def put(self, topic: Topic, name: str, properties: Mapping[str, Any]) -> Lane:
        """Make or replace one, after its destination has been validated. Needs `start` before."""
        wanted = read_event_subscription(name, properties, topic.identity)
        await self._endpoint.validate(wanted.destination)
        if lane := self.lanes.find(topic.key, name):
            lane.event_subscription = wanted
            return lane
        if len(self.lanes.of(topic.key)) >= MOST_EVENT_SUBSCRIPTIONS:
            raise Refused(403, "Forbidden", f"{MOST_EVENT_SUBSCRIPTIONS} event subscriptions are the most.")
        lane = Lane(topic.name, wanted, self._around)
        self.lanes.put(topic.key, lane)
        return lane

    def get(self, topic: Topic, name: str) -> Lane:
        if lane := self.lanes.find(topic.key, name):
            return lane
        raise Refused(404, "ResourceNotFound", f"Event subscription {name!r} was not found at {topic.name!r}.")

    def remove(self, topic: Topic, name: str) -> None:
        """What still waited for it is dropped."""
        self.lanes.remove(topic.key, self.get(topic, name))

    def remove_all(self, key: TopicKey) -> None:
        for lane in self.lanes.of(key):
            self.lanes.remove(key, lane)

    def hand_out(self, key: TopicKey, events: Iterable[Mapping[str, Any]]) -> None:
        """To every lane of the topic, each as its filter lets through."""
        now = self._world.clock.now()
        items = [accepted(event, now) for event in events]
        for lane in self.lanes.of(key):
            lane.accept(items)

    def drop(self, events: int) -> None:
        self.counts.dropped += events
