"""Changes made by hand: `message.created` and the like, on made-up content, in the name of a user of the tenant."""

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twin.graph.directory import User
from twin.graph.entity_triggers import NoSuchPlace, entity_change
from twin.graph.fixtures import FIXTURES, fixture_event
from twin.graph.mail import Message, recipient
from twin.graph.overrides import merged
from twin.graph.subscriptions import Subscription

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

Overrides = Mapping[str, Any]  # {"subject": "…", "from.emailAddress.address": "…"}
Change = Callable[["Graph", str | None, Overrides], object]

SUBJECTS = (
    "Minutes of Tuesday",
    "Invoice 2041 is due",
    "Build 318 failed",
    "Lunch on Friday?",
    "Draft of the contract",
    "Room 12 is taken",
    "Your parcel is on its way",
)
TITLES = ("Analyst", "Engineer", "Rear Admiral", "Countess", "Fellow")


def trigger(graph: "Graph", kind: str, *, user: str | None, count: int, overrides: Overrides) -> int:
    """How many changes were made (events told, for lifecycle and fixtures).

    `user` is an alias, id or mail; without one the first person, or somebody made up for the purpose to be deleted.
    ValueError for an unknown kind or user; LookupError where a fixture or forgery has no live subscription.
    """
    if change := CHANGES.get(kind.lower()) or entity_change(kind):
        try:
            for _ in range(count):
                change(graph, user, overrides)
        except NoSuchPlace:
            return publish_fixtures(graph, kind, count=count)
        return count
    if act := LIFECYCLE.get(kind.lower()):
        return sum(act(graph) for _ in range(count))
    return publish_fixtures(graph, kind, count=count)


def known_types() -> list[str]:
    """All that `trigger` takes, in the spelling of event types."""
    more = ("driveItem.created", "driveItem.deleted", "user.created")
    lifecycle = (f"lifecycle.{name}" for name in ("missed", "reauthorizationRequired", "subscriptionRemoved"))
    return sorted({*FIXTURES, *more, *lifecycle})


def publish_fixtures(graph: "Graph", kind: str, *, count: int = 1) -> int:
    """`group.deleted`, `event.created`, `driveItem.updated` …: one event for each live subscription of the kind."""
    name, _, change_type = kind.lower().partition(".")
    known = change_type in ("created", "updated", "deleted")
    rows = [row for row in graph.subscriptions.live() if row.watched.kind.name.lower() == name] if known else []
    if not rows:
        raise LookupError(f"{kind}: no live subscription could receive such an event.")
    for row in rows * count:
        graph.publisher.change(row, fixture_event(graph.world, row, change_type))
    return len(rows) * count


def forge(graph: "Graph", count: int) -> int:
    """Events for live subscriptions under a made-up clientState. LookupError where there is none."""
    rows = graph.subscriptions.live()
    if not rows:
        raise LookupError("No live subscription whose events could be forged.")
    for _ in range(count):
        row = graph.world.changing.choice(rows)
        event = fixture_event(graph.world, row, sorted(row.change_types)[0])
        event["data"]["clientState"] = secrets.token_urlsafe(32)
        graph.publisher.change(row, event)
    return count


def _create_message(graph: "Graph", user: str | None, overrides: Overrides, *, quiet: bool = False) -> Message:
    owner = _user(graph, user)
    return graph.create_message(owner, _content(graph, owner, overrides), quiet=quiet)


def _update_message(graph: "Graph", user: str | None, overrides: Overrides) -> None:
    message = _any_message(graph, user)
    changes = merged(message.content, overrides) if overrides else {"isRead": not message.content.get("isRead")}
    graph.update_message(_user(graph, user), message, changes)


def _delete_message(graph: "Graph", user: str | None, _: Overrides) -> None:
    message = _any_message(graph, user)
    graph.delete_message(_user(graph, user), message)


def _create_user(graph: "Graph", _: str | None, overrides: Overrides, *, quiet: bool = False) -> User:
    name = f"newcomer-{secrets.token_hex(3)}"
    properties = {"displayName": name.title(), "userPrincipalName": f"{name}@contoso.example", "mail": None}
    return graph.create_user(merged(properties, overrides), quiet=quiet)


def _update_user(graph: "Graph", user: str | None, overrides: Overrides) -> None:
    target = _user(graph, user)
    changes = merged(target.properties, overrides) if overrides else {"jobTitle": graph.world.changing.choice(TITLES)}
    graph.update_user(target, changes)


def _erase_user(graph: "Graph", user: str | None, _: Overrides) -> None:
    graph.erase_user(_user(graph, user) if user else _create_user(graph, None, {}, quiet=True))


CHANGES: dict[str, Change] = {
    "message.created": _create_message,
    "message.updated": _update_message,
    "message.deleted": _delete_message,
    "user.created": _create_user,
    "user.updated": _update_user,
    "user.deleted": _erase_user,
}


def _remove_one(graph: "Graph") -> int:
    rows = [row for row in graph.subscriptions.live() if _is_told_of_removal(row)]
    if not rows:
        raise LookupError("No live subscription that Graph would announce the removal of.")
    return graph.remove_subscription(rows[0].id)


def _is_told_of_removal(row: Subscription) -> bool:
    return "subscriptionRemoved" in row.watched.kind.lifecycle


LIFECYCLE: dict[str, Callable[["Graph"], int]] = {
    "lifecycle.reauthorizationrequired": lambda graph: graph.ask_reauthorization(),
    "lifecycle.missed": lambda graph: graph.announce_missed(),
    "lifecycle.removed": _remove_one,
    "lifecycle.subscriptionremoved": _remove_one,
}


def _user(graph: "Graph", name: str | None) -> User:
    if name is None:
        return graph.directory.living()[0]
    aliases = {person.alias: person.id for person in graph.world.people}
    user = graph.directory.find(aliases.get(name, name))
    if user is None or not user.exists:
        raise ValueError(f"{name}: no such user.")
    return user


def _any_message(graph: "Graph", user: str | None) -> Message:
    """One of the user's, or a new one that nobody was told of."""
    messages = list(graph.mailboxes[_user(graph, user).id].messages.values())
    return graph.world.changing.choice(messages) if messages else _create_message(graph, user, {}, quiet=True)


def _content(graph: "Graph", owner: User, overrides: Overrides) -> dict[str, Any]:
    sender = graph.world.changing.choice([person for person in graph.world.people if person.id != owner.id])
    subject = graph.world.changing.choice(SUBJECTS)
    content = {
        "subject": subject,
        "body": {"contentType": "text", "content": f"{subject}.\n\nKind regards, {sender.name}"},
        "sender": recipient(sender.name, sender.mail),
        "from": recipient(sender.name, sender.mail),
        "toRecipients": [recipient(str(owner.properties["displayName"]), str(owner.properties["userPrincipalName"]))],
        "isRead": False,
    }
    return merged(content, overrides)
