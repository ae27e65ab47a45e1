"""The tenant behind the twin's Graph: every change of a user or message goes through here.

Each is written to the ledger and told to the live subscriptions that see it, whether it comes by REST or by trigger.
"""

from collections.abc import Mapping
from typing import Any

from twin.graph import ids, seeds, triggers
from twin.graph.announcement import Announcer
from twin.graph.delta import DeltaTokens
from twin.graph.directory import Directory, User
from twin.graph.drive import Drives
from twin.graph.entity_store import EntityStore
from twin.graph.errors import user_not_found
from twin.graph.extended_properties import Extended
from twin.graph.grants import Grants
from twin.graph.groups import Groups
from twin.graph.lifecycle import Lifecycle
from twin.graph.mail import Mailbox, Message
from twin.graph.subscriptions import Subscriptions
from twin.graph.throttling import Throttle
from twin.graph.webhook_calls import Timeouts
from twin.graph.webhooks import Webhooks
from twin.world import World


class Graph:
    def __init__(self, world: World, *, webhook_timeouts: Timeouts | None = None) -> None:
        self.world = world
        self.subscriptions = Subscriptions(world.clock, world.switches)
        self.directory = Directory(world.clock)
        self.mailboxes: dict[str, Mailbox] = {}
        self.delta = DeltaTokens()
        self.throttle = Throttle(world.clock)
        self.webhooks = Webhooks(world, timeouts=webhook_timeouts)
        self.grants = Grants(world)
        self.lifecycle = Lifecycle(world, self.subscriptions, self.webhooks, self.grants)
        self.publisher = self.lifecycle.publisher
        self._announcer = Announcer(world, self.subscriptions, self.publisher)
        self.entities = EntityStore(world, self._announcer)
        self.groups = Groups(self.directory, self._announcer)
        self.drives = Drives(world, self._announcer)
        for person in world.people:
            self._furnish(self.directory.enrol(person))
        seeds.found(self)

    def tick(self) -> None:
        """Once a second: challenge subscriptions near their end, forget expired ones."""
        self.subscriptions.drop_expired()
        self.lifecycle.challenge_those_near_their_end()

    def ask_reauthorization(self, subscription_id: str | None = None) -> int:
        return self.lifecycle.ask_reauthorization(subscription_id)

    def announce_missed(self, subscription_id: str | None = None) -> int:
        return self.lifecycle.announce_missed(subscription_id)

    def remove_subscription(self, subscription_id: str, announce: bool = True) -> int:
        return self.lifecycle.remove(subscription_id, announce=announce)

    def trigger(
        self,
        type: str,  # noqa: A002 - the word of the command line and of the control API
        *,
        user: str | None = None,
        count: int = 1,
        set: Mapping[str, Any] | None = None,  # noqa: A002 - likewise
    ) -> int:
        """Make `count` changes by hand; see `triggers.trigger` for what is returned and raised."""
        return triggers.trigger(self, type, user=user, count=count, overrides=set or {})

    def fixture(self, type: str, count: int = 1) -> int:  # noqa: A002 - likewise
        """Events about what the twin does not keep: `group.deleted`, `driveItem.updated` …"""
        return triggers.publish_fixtures(self, type, count=count)

    def forge(self, count: int = 1) -> int:
        """Events that only pretend to come from Graph; they stand in no ledger."""
        return triggers.forge(self, count)

    def mailbox(self, user_id: str) -> Mailbox:
        """Of a living user, by id or user principal name. GraphError 404 otherwise."""
        return self.mailboxes[self.directory.get(user_id).id]

    def folder_id(self, user_id: str, name: str) -> str:
        return self.mailbox(user_id).folder_id(name)

    def create_message(
        self,
        user: User,
        content: dict[str, Any],
        *,
        folder: str = "inbox",
        is_draft: bool = False,
        extended: Extended | None = None,
        conversation_id: str | None = None,
        quiet: bool = False,
    ) -> Message:
        """`quiet`: nobody is told, as if nobody had been watching yet; the ledger knows all the same."""
        now = self.world.clock.now()
        message = self.mailboxes[user.id].add(
            content, folder=folder, at=now, is_draft=is_draft, extended=extended, conversation_id=conversation_id
        )
        self._announcer.message(user.id, message, before=None, after=message.folder_id, quiet=quiet)
        return message

    def update_message(
        self, user: User, message: Message, changes: dict[str, Any], *, extended: Extended | None = None
    ) -> None:
        message.content.update(changes)
        message.extended.update(extended or {})
        self.mailboxes[user.id].stamp(message, self.world.clock.now())
        self._announcer.message(user.id, message, before=message.folder_id, after=message.folder_id)

    def move_message(self, user: User, message: Message, folder: str, *, keep_id: bool = True) -> None:
        """Under a new id, unless the caller's ids are immutable or a switch keeps them all."""
        mailbox, now = self.mailboxes[user.id], self.world.clock.now()
        keep_id = keep_id or self.world.switches.moves_keep_ids
        old_id, before, after = message.id, message.folder_id, mailbox.folder_id(folder)
        mailbox.move(message, after, at=now, keep_id=keep_id)
        if keep_id:
            self._announcer.message(user.id, message, before=before, after=after)
            return
        self._announcer.message(user.id, message, before=before, after=None, item_id=old_id)
        self._announcer.message(user.id, message, before=None, after=after)

    def delete_message(self, user: User, message: Message) -> None:
        self.mailboxes[user.id].remove(message, at=self.world.clock.now())
        self._announcer.message(user.id, message, before=message.folder_id, after=None)

    def create_user(self, properties: dict[str, Any], *, quiet: bool = False) -> User:
        """Creation is announced as `updated`: users know no other change but deletion."""
        user = self.directory.add(ids.guid(), properties)
        self._furnish(user)
        self._announcer.user(user, "updated", quiet=quiet)
        return user

    def update_user(self, user: User, changes: dict[str, Any]) -> None:
        user.properties.update(changes)
        self._stamp(user, "updated")

    def delete_user(self, user: User) -> None:
        """Restorable: announced as `updated`, and a GET gives 404."""
        user.deleted_at = self.world.clock.now()
        self._stamp(user, "updated")

    def restore_user(self, user: User) -> None:
        user.deleted_at = None
        self._stamp(user, "updated")

    def erase_user(self, user: User) -> None:
        """For good: announced as `deleted`."""
        user.gone = True
        self._stamp(user, "deleted")

    def deleted_user(self, user_id: str) -> User:
        """One that was deleted and can be restored. GraphError 404 otherwise."""
        user = self.directory.find(user_id)
        if user is None or user.deleted_at is None or user.gone:
            raise user_not_found(user_id)
        return user

    def _furnish(self, user: User) -> None:
        self.mailboxes[user.id] = Mailbox()
        seeds.furnish(self, user.id)

    def _stamp(self, user: User, change_type: str) -> None:
        self.directory.stamp(user)
        self._announcer.user(user, change_type)
