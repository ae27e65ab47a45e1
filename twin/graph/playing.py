"""Recorded changes made again: new entities take the place of the recorded ones, so that every event proves itself.

Mails and people keep who they are: what was done to one is done to the one that stands for it. Of other kinds a change
of the same sort is made, as `pulse trigger` makes it.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.graph.directory import WRITABLE, User
from twin.graph.mail import Message
from twin.world import World

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

CHANGE_TYPES = ("created", "updated", "deleted")
MAIL = re.compile(r"users/([^/]+)/messages/([^/]+)", re.IGNORECASE)
PERSON = re.compile(r"users/([^/]+)", re.IGNORECASE)
OTHERS = (
    (re.compile(r"users/([^/]+)/events/[^/]+", re.IGNORECASE), "event"),
    (re.compile(r"users/([^/]+)/contacts/[^/]+", re.IGNORECASE), "contact"),
    (re.compile(r"users/([^/]+)/todo/.+", re.IGNORECASE), "toDo"),
    (re.compile(r"()groups/[^/]+", re.IGNORECASE), "group"),
    (re.compile(r"()drives/.+", re.IGNORECASE), "driveItem"),
    (re.compile(r"()(?:chats|teams)\(.+/messages\(.+", re.IGNORECASE), "chatMessage"),
)


class Playing:
    """Remembers which entity stands for which recorded one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._mails: dict[str, Message] = {}
        self._people: dict[str, User] = {}

    @property
    def _graph(self) -> "Graph":
        return self._world.graph

    def play(self, resource: str, change_type: str, content: Mapping[str, Any]) -> bool:
        """False where the twin has no such thing to change, or nobody by whom. ValueError for no change at all."""
        if change_type not in CHANGE_TYPES:
            raise ValueError(f"change_type: want one of {', '.join(CHANGE_TYPES)}")
        if found := MAIL.fullmatch(resource):
            return self._mail(resource, found[1], change_type, dict(content))
        if found := PERSON.fullmatch(resource):
            return self._person(found[1], change_type, content)
        return any(
            self._other(noun, found[1] or None, change_type)
            for pattern, noun in OTHERS
            if (found := pattern.fullmatch(resource))
        )

    def _mail(self, resource: str, owner: str, change_type: str, content: dict[str, Any]) -> bool:
        user = self._standing_for(owner)
        if user is None:
            return False
        is_draft = bool(content.pop("isDraft", False))
        message = self._mails.get(resource)
        if message is None or message.id not in self._graph.mailboxes[user.id].messages:
            quiet = change_type != "created"  # it was there before the recording began
            message = self._graph.create_message(user, content, is_draft=is_draft, quiet=quiet)
            self._mails[resource] = message
        if change_type == "updated":
            self._graph.update_message(user, message, content)
        elif change_type == "deleted":
            self._graph.delete_message(user, message)
        return True

    def _person(self, recorded: str, change_type: str, content: Mapping[str, Any]) -> bool:
        graph, properties = self._graph, {name: value for name, value in content.items() if name in WRITABLE}
        user = self._standing_for(recorded)
        if change_type == "deleted" and (user is None or recorded not in self._people):
            graph.trigger("user.deleted")  # nobody who lives here goes for good because of a recording
        elif user is None:
            self._people[recorded] = graph.create_user(properties)
        elif change_type == "deleted":
            graph.erase_user(user)
        else:
            graph.update_user(user, properties)
        return True

    def _standing_for(self, recorded: str) -> User | None:
        user = self._people.get(recorded) or self._graph.directory.find(recorded)
        return user if user and user.exists else None

    def _other(self, noun: str, user: str | None, change_type: str) -> bool:
        try:
            self._graph.trigger(f"{noun}.{change_type}", user=user)
        except (LookupError, ValueError):
            return False
        return True
