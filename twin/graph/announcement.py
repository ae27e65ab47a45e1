"""A change becomes one line of the ledger and one CloudEvent for each live subscription that sees it."""

from twin.graph.directory import User
from twin.graph.events import CloudEvent, directory_event, outlook_event
from twin.graph.mail import Message
from twin.graph.subscriptions import Subscription, Subscriptions
from twin.world import World


class Announcer:
    def __init__(self, world: World, subscriptions: Subscriptions) -> None:
        self._world = world
        self._subscriptions = subscriptions

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
        told: list[tuple[Subscription, CloudEvent]] = []
        for row in self._subscriptions.to_mail_of(user_id):
            seen = _seen(row, item_id, before, after)
            if seen is not None and seen in row.change_types:
                event = outlook_event(
                    self._world, row, change_type=seen, resource=resource, item_id=item_id, etag=message.etag
                )
                told.append((row, event))
        change_type = "created" if before is None else "deleted" if after is None else "updated"
        self._tell(told, resource=resource, change_type=change_type, version=message.etag, quiet=quiet)

    def user(self, user: User, change_type: str, *, quiet: bool = False) -> None:
        told = [
            (row, self._user_event(row, user, change_type))
            for path in ("users", f"users/{user.id}")
            for row in self._subscriptions.to_path(path)
            if change_type in row.change_types
        ]
        resource = f"Users/{user.id}"
        self._tell(told, resource=resource, change_type=change_type, version=user.sequence, quiet=quiet)

    def _user_event(self, row: Subscription, user: User, change_type: str) -> CloudEvent:
        return directory_event(
            self._world,
            row,
            change_type=change_type,
            object_id=user.id,
            sequence=user.sequence,
            at=user.changed_at,
        )

    def _tell(
        self,
        told: list[tuple[Subscription, CloudEvent]],
        *,
        resource: str,
        change_type: str,
        version: str,
        quiet: bool,
    ) -> None:
        if quiet or not self._world.switches.announce:
            told = []
        self._world.ledger.record(
            at=self._world.clock.now(),
            resource=resource,
            change_type=change_type,
            version=version,
            announced_to=[row.id for row, _ in told],
        )
        for row, event in told:
            self._world.event_grid.publish(row.notification_url, [event])


def _seen(row: Subscription, item_id: str, before: str | None, after: str | None) -> str | None:
    if row.watched.item not in (None, item_id):
        return None
    return row.watched.change_type(before=before, after=after)
