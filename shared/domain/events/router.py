"""Notification → handlers. Pure: it only looks up; `flows.receive` runs what it finds.

router = Router()

@router.on("Microsoft.Graph.User*", change_types=["updated"])
async def greet(notification, context): ...          # an effect: after acceptance, at least once

@router.describes("Microsoft.Graph.User*")
async def name(notification, reads): ...             # what the feed shows: before acceptance, best effort
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from shared.domain.events.notifications import Notification
from shared.domain.events.summary import Summary

type Handler = Callable[[Notification, Any], Awaitable[None]]
type Describe = Callable[[Notification, Any], Awaitable[Summary]]

LIMIT_S = 15.0  # seconds for one run of a handler


@dataclass(frozen=True, slots=True)
class Route:
    """`name` is module.function: the completion of a claim is kept under it, so renaming a handler runs it again."""

    name: str
    types: tuple[str, ...]  # globs, lower case
    change_types: frozenset[str]  # empty: any
    handler: Handler
    limit_s: float = LIMIT_S
    resource: str = ""  # glob over the normal resource path, case ignored; empty: any

    def limit(self, longest_s: float | None) -> float:
        """Seconds for one run, where somebody waits for the answer no longer than `longest_s`."""
        return min(self.limit_s, longest_s or self.limit_s)

    def matches(self, notification: Notification) -> bool:
        """By type, or by what a lifecycle event says of itself: its types over Event Grid are not all documented."""
        if self.change_types and notification.change_type not in self.change_types:
            return False
        if not _is_named(notification.type, notification.lifecycle, self.types):
            return False
        return not self.resource or fnmatchcase(notification.resource.lower(), self.resource.lower())


@dataclass(frozen=True, slots=True)
class Describer:
    """What reads a summary for notifications of a type; of several, that with the longest glob is asked."""

    type: str  # a glob, lower case
    describe: Describe


@dataclass(slots=True)
class Router:
    routes: list[Route] = field(default_factory=list)
    describers: list[Describer] = field(default_factory=list)

    def on(
        self, *types: str, change_types: Iterable[str] = (), limit_s: float = LIMIT_S
    ) -> Callable[[Handler], Handler]:
        """Register a handler for CloudEvent types (globs, letters' case ignored), for some change types or all."""

        def register(handler: Handler) -> Handler:
            name = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
            self.add(Route(name, lowered(types), frozenset(lowered(change_types)), handler, limit_s))
            return handler

        return register

    def describes(self, *types: str) -> Callable[[Describe], Describe]:
        """Register what reads a summary for the feed."""

        def register(describe: Describe) -> Describe:
            self.describers += [Describer(glob, describe) for glob in lowered(types)]
            return describe

        return register

    def add(self, route: Route) -> None:
        if route.name in {known.name for known in self.routes}:
            raise ValueError(f"two handlers are named {route.name}: completion is kept by name, so names are unique")
        self.routes.append(route)

    def include(self, other: "Router") -> None:
        for route in other.routes:
            self.add(route)
        self.describers += other.describers

    def matching(self, notification: Notification) -> list[Route]:
        return [route for route in self.routes if route.matches(notification)]

    def describing(self, notification: Notification) -> Describe | None:
        name = notification.type.lower()
        fitting = [found for found in self.describers if fnmatchcase(name, found.type)]
        return max(fitting, key=lambda found: len(found.type)).describe if fitting else None


@lru_cache(1024)  # the same few types come with every event
def _is_named(event_type: str, lifecycle: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs for name in (event_type.lower(), lifecycle.lower()))


def lowered(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(text.lower() for text in texts)
