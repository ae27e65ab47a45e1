"""Sends believed events on, as routes.toml says: each route is a handler like any other, kept until it is done once.

What goes out is the CloudEvent as it came, its clientState apart: the same id and source, by which a receiver refuses a
second delivery, and the same traceparent. What delta found bears an id that is the same whenever it is found.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.domain.events.claim_check import check_in
from shared.domain.events.notifications import Notification
from shared.domain.events.router import Handler, Route, lowered
from shared.domain.events.routes import QUEUE, TOPIC, RouteRule
from shared.ports import CONTAINER, MAX_QUEUE_TEXT, Blobs, Clock, HandlerContext, Queues, Topics


@dataclass(slots=True)
class Outgoing:
    """The port Publish over topics and queues."""

    topics: Topics
    queues: Queues
    blobs: Blobs
    clock: Clock

    async def to(self, destination: str, event: str) -> None:
        kind, _, where = destination.partition(":")
        send: dict[str, Callable[[str, str], Awaitable[None]]] = {TOPIC: self.topics.send, QUEUE: self._put}
        await send[kind](where, event)

    async def _put(self, queue: str, event: str) -> None:
        """What is too long for a queue leaves its data in a blob, which stands before anybody is told of it."""
        is_short = len(event.encode()) <= MAX_QUEUE_TEXT
        checked = None if is_short else check_in(event, container=CONTAINER, now=self.clock.now())
        if checked:
            await self.blobs.put(checked.name, checked.data)
        await self.queues.put(queue, checked.event if checked else event)


def routes_of(rules: Sequence[RouteRule]) -> list[Route]:
    """The rules that the app carries out itself; Event Grid carries out those of `event-subscription:`."""
    return [
        Route(
            name=f"routes.{rule.name}",
            types=lowered(rule.types),
            change_types=frozenset(lowered(rule.change_types)),
            handler=_sending_to(rule.to),
            resource=rule.resource,
        )
        for rule in rules
        if rule.is_enabled and rule.kind in (TOPIC, QUEUE)
    ]


def _sending_to(destination: str) -> Handler:
    async def send_on(notification: Notification, context: HandlerContext) -> None:
        await context.publish.to(destination, notification.body)

    return send_on
