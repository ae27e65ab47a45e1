"""A change becomes one line of the ledger and one notification for each live subscription that sees it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twin.graph.directory import User
from twin.graph.entity_events import Announced, entity_event
from twin.graph.events import directory_event, outlook_event
from twin.graph.mail import Message
from twin.graph.publishing import Built, Publisher
from twin.graph.subscriptions import Subscription, Subscriptions
from twin.world import World

Build = Callable[[], Built]  # called when the notification leaves


class Announcer:
    def __init__(self, world: World, subscriptions: Subscriptions, publisher: Publisher) -> None:
        self._world = world
        self._subscriptions = subscriptions
        self._publisher = publisher

    def message(
        self,
        user_id: str,
        message: Message,
        *,
        before: str | None,
        after: str | None,
        item_id: str | None = None,
        quiet: bool = False,
    ) -> None:
        """`before` and `after` are folder ids, None where the message is not there; `item_id` its id before a move.

        The ledger says what the whole mailbox saw; a subscription to one folder may see a move as created or deleted.
        """
        item_id = item_id or message.id
        resource = f"Users/{user_id}/Messages/{item_id}"
        told: list[tuple[Subscription, Build]] = []
        for row in self._subscriptions.told_of_mail(user_id):
            seen = _seen(row, item_id, before, after)
            if seen is not None and seen in row.change_types:
                told.append((row, self._message_event(row, message, seen, resource)))
        change_type = "created" if before is None else "deleted" if after is None else "updated"
        self._tell(
            told,
            resource=resource,
            change_type=change_type,
            version=message.etag,
            quiet=quiet,
            content=message.content | {"isDraft": message.is_draft},
        )

    def user(self, user: User, change_type: str, *, quiet: bool = False) -> None:
        told = [
            (row, self._user_event(row, user, change_type))
            for path in ("users", f"users/{user.id}")
            for row in self._subscriptions.told_of_path(path)
            if change_type in row.change_types
        ]
        resource = f"Users/{user.id}"
        self._tell(
            told,
            resource=resource,
            change_type=change_type,
            version=user.sequence,
            quiet=quiet,
            content=user.properties,
        )

    def entity(
        self,
        about: Announced,
        change_type: str,
        *,
        paths: Iterable[str],
        seen_as: str | None = None,
        quiet: bool = False,
    ) -> None:
        """To the subscriptions to `paths`. `seen_as`: what they see of it, where they know one kind of change only."""
        seen = seen_as or change_type
        told = [
            (row, self._entity_event(row, seen, about))
            for path in paths
            for row in self._subscriptions.told_of_path(path)
            if seen in row.change_types
        ]
        self._tell(told, resource=about.resource, change_type=change_type, version=about.version, quiet=quiet)

    def _message_event(self, row: Subscription, message: Message, seen: str, resource: str) -> Build:
        """The etag and the content are those of the moment in which it leaves."""
        item_id = resource.rpartition("/")[2]

        def build() -> Built:
            event = outlook_event(
                self._world, row, change_type=seen, resource=resource, item_id=item_id, etag=message.etag
            )
            return event, message.as_json() if row.certificate and seen != "deleted" else None

        return build

    def _user_event(self, row: Subscription, user: User, change_type: str) -> Build:
        def build() -> Built:
            event = directory_event(
                self._world,
                row,
                change_type=change_type,
                object_id=user.id,
                sequence=user.sequence,
                at=user.changed_at,
            )
            return event, None

        return build

    def _entity_event(self, row: Subscription, seen: str, about: Announced) -> Build:
        content = None if seen == "deleted" else about.content
        return lambda: (entity_event(self._world, row, seen, about), content)

    def _tell(
        self,
        told: list[tuple[Subscription, Build]],
        *,
        resource: str,
        change_type: str,
        version: str,
        quiet: bool,
        content: Mapping[str, Any] | None = None,
    ) -> None:
        if quiet or not self._world.switches.announce:
            told = []
        self._world.ledger.record(
            at=self._world.clock.now(),
            resource=resource,
            change_type=change_type,
            version=version,
            announced_to=[row.id for row, _ in told if row.deleted_at is None],
        )
        self._world.recorder.change(
            at=self._world.clock.now(), resource=resource, change_type=change_type, content=content
        )
        for row, build in told:
            self._publisher.announce(row, build)


def _seen(row: Subscription, item_id: str, before: str | None, after: str | None) -> str | None:
    if row.watched.item not in (None, item_id):
        return None
    return row.watched.change_type(before=before, after=after)
