"""What a handler may ask for, beside its notification. Protocols and values; nothing here does anything."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.ports.graph import Graph
from shared.ports.surroundings import Clock


class Subscriptions(Protocol):
    """What handlers of lifecycle events may ask of keep_alive.

    `spec` is the key that the client_state proved, `subscription_id` whom the event speaks of.
    """

    async def reauthorize(self, spec: str, subscription_id: str) -> None: ...

    async def recreate(self, spec: str, subscription_id: str) -> None: ...

    async def catch_up(self, spec: str, subscription_id: str) -> None: ...


class Publish(Protocol):
    """Where handlers send events on. They may arrive twice: receivers tell by the CloudEvent's own id and source."""

    async def to(self, destination: str, event: str) -> None:
        """`topic:<endpoint>` or `queue:<name>`. Raises PublishFault, StorageFault, Unanswered."""
        ...


class Journaled(Protocol):
    """The journal, for handlers."""

    async def cloud_event(self, event_id: str) -> str | None:
        """A journaled CloudEvent as JSON text, without its clientState."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerContext:
    """What a handler gets beside its notification.

    `idempotency_key` is the same in every run of this handler for this event: send it along with any effect outside,
    so that a second run can be told from a second event. `content` opens the encrypted content of a rich notification:
    None where there is none that Graph vouched for; raises Unopened when our certificates don't open it.
    """

    idempotency_key: str
    event_id: str  # under which the journal holds it: `pulse events show ID`
    spec: str
    graph: Graph
    subscriptions: Subscriptions
    publish: "Publish"
    journal: "Journaled"
    clock: Clock
    content: Callable[[], Awaitable[Mapping[str, object] | None]]
