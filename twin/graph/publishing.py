"""From a notification to where its subscription wants it: a partner topic or a webhook.

The awkward truths of delivery are done here: announced twice, announced late with a later etag, not delivered while
consent or token are gone (and kept for four hours), never again after PATCH and reauthorize came too close together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.graph import ids
from twin.graph.destinations import is_event_grid
from twin.graph.events import CloudEvent, lifecycle_event
from twin.graph.grants import Grants, kept_until
from twin.graph.rich_content import encrypted_content
from twin.graph.subscriptions import Subscription
from twin.graph.validation_tokens import ValidationTokens
from twin.graph.webhook_items import change_item, lifecycle_item, readable_content
from twin.graph.webhooks import Webhooks
from twin.world import World

Content = Mapping[str, Any]
Built = tuple[CloudEvent, Content | None]


@dataclass(slots=True)
class _Kept:
    row: Subscription
    events: list[tuple[datetime, Built]] = field(default_factory=list)


class Publisher:
    """`lost` is called for a subscription whose notification will never come."""

    def __init__(
        self, world: World, webhooks: Webhooks, grants: Grants, *, lost: Callable[[Subscription], object]
    ) -> None:
        self._world = world
        self._webhooks = webhooks
        self._grants = grants
        self._lost = lost
        self._tokens = ValidationTokens(world)
        self._held: list[tuple[Subscription, Callable[[], Built]]] = []
        self._kept: dict[str, _Kept] = {}

    def announce(self, row: Subscription, build: Callable[[], Built]) -> None:
        """A change that the tenant knows. `build` shows it as it is when it is called."""
        if self._world.switches.later_etags:
            self._held.append((row, build))
        else:
            self.change(row, *build())

    def change(self, row: Subscription, event: CloudEvent, content: Content | None = None) -> None:
        """`content` is the entity, for subscriptions with resource data."""
        if row.is_inconsistent:
            return
        if self._grants.is_paused(row):
            self._kept.setdefault(row.id, _Kept(row)).events.append((self._world.clock.now(), (event, content)))
            return
        self._send(row, event, content)
        if self._world.switches.announce_twice:
            self._send(row, event | {"id": ids.guid()}, content)

    def lifecycle(self, row: Subscription, what: str) -> bool:
        """Whether the subscription has anybody to tell, and such a thing is ever told about its kind."""
        url = row.lifecycle_notification_url
        if url is None or what not in row.watched.kind.lifecycle or row.is_inconsistent:
            return False
        if not is_event_grid(url):
            item = lifecycle_item(self._world, row, what)
            self._record(item, to="webhook")
            self._webhooks.send(row, url, item)
            return True
        event = lifecycle_event(self._world, row, what=what)
        if event:
            self._record(event, to="event-grid")
            self._world.event_grid.publish(url, [event])
        return event is not None

    def tick(self) -> None:
        """What was held goes out as it is now; what is kept goes out when it may, and is lost after four hours."""
        held, self._held = self._held, []
        for row, build in held:
            self.change(row, *build())
        for kept in list(self._kept.values()):
            self.release(kept.row)
            self._lose_old(kept)

    def release(self, row: Subscription) -> None:
        if row.id in self._kept and not self._grants.is_paused(row):
            for _, announced in self._kept.pop(row.id).events:
                self.change(row, *announced)

    def _lose_old(self, kept: _Kept) -> None:
        now = self._world.clock.now()
        fresh = [entry for entry in kept.events if kept_until(entry[0]) > now]
        if len(fresh) < len(kept.events):
            self._lost(kept.row)
        kept.events = fresh
        if not fresh:
            self._kept.pop(kept.row.id, None)

    def _send(self, row: Subscription, event: CloudEvent, content: Content | None) -> None:
        if is_event_grid(row.notification_url):
            told = self._with_rich_content(row, event, content)
            self._record(told, to="event-grid")
            self._world.event_grid.publish(row.notification_url, [told])
        else:
            item = change_item(row, event, content)
            self._record(item, to="webhook")
            self._webhooks.send(row, row.notification_url, item)

    def _record(self, event: Content, *, to: str) -> None:
        self._world.recorder.event(at=self._world.clock.now(), event=event, to=to)

    def _with_rich_content(self, row: Subscription, event: CloudEvent, content: Content | None) -> CloudEvent:
        """Over Event Grid nothing of this is documented, so that every form of it is a switch."""
        form = self._world.switches.rich_over_event_grid
        if row.certificate is None or form not in ("encrypted", "with_tokens"):
            return event
        shown = readable_content(row, event, content)
        data = event["data"] | {"encryptedContent": encrypted_content(row.certificate, shown)}
        if form == "with_tokens":
            data["validationTokens"] = self._tokens.of({row.application_id})
        return event | {"data": data}
