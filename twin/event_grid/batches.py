"""What waits for its first attempt at one event subscription, and how it is cut into batches."""

from collections import deque
from collections.abc import Iterable

from twin.event_grid.counts import Counts
from twin.event_grid.event_subscription import EventSubscription
from twin.event_grid.payload import Accepted
from twin.world import World


class Batches:
    """A queue that lets in what the event subscription wants and gives out batches up to its limits."""

    def __init__(self, world: World, counts: Counts) -> None:
        self._world = world
        self._counts = counts
        self._queue: deque[Accepted] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, events: Iterable[Accepted], to: EventSubscription) -> int:
        """How many now wait more than before: those wanted, and by the switch some of them twice."""
        events = list(events)
        wanted = [item for item in events if to.wanted.lets_through(item.event)]
        doubles = [item for item in wanted if self._chance_percent() < self._world.switches.duplicate_percent]
        self._counts.filtered += len(events) - len(wanted)
        self._counts.duplicated += len(doubles)
        self._queue.extend(wanted + doubles)
        return len(wanted) + len(doubles)

    def next(self, limits: EventSubscription) -> tuple[Accepted, ...]:
        """As many as there are, up to both limits: nothing waits for a batch to fill.

        One event alone may be larger than the preferred size; it travels by itself.
        """
        batch: list[Accepted] = []
        room = limits.preferred_batch_bytes
        while self._queue and len(batch) < limits.max_events_per_batch:
            self._bring_one_to_the_front()
            room -= len(self._queue[0].body)
            if batch and room < 0:
                break
            batch.append(self._queue.popleft())
        return tuple(batch)

    def _bring_one_to_the_front(self) -> None:
        if self._world.switches.shuffle:
            self._queue.rotate(self._world.random.randrange(len(self._queue)))

    def _chance_percent(self) -> float:
        return self._world.random.random() * 100
