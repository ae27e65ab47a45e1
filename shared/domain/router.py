"""Notification → handlers. Pure: it only looks up; `flows.receive` runs what it finds.

router = Router()

@router.on("Microsoft.Graph.User*", change_types=["updated"])
async def greet(notification, context): ...
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from shared.domain.notifications import Notification

type Handler = Callable[[Notification, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Route:
    """`name` is module.function: the completion of a claim is kept under it, so renaming a handler runs it again."""

    name: str
    types: tuple[str, ...]  # globs, lower case
    change_types: frozenset[str]  # empty: any
    handler: Handler

    def matches(self, notification: Notification) -> bool:
        """By type, or by what a lifecycle event says of itself: its types over Event Grid are not all documented."""
        names = (notification.type.lower(), notification.lifecycle.lower())
        if self.change_types and notification.change_type not in self.change_types:
            return False
        return any(fnmatchcase(name, glob) for glob in self.types for name in names)


@dataclass(slots=True)
class Router:
    routes: list[Route] = field(default_factory=list)

    def on(self, *types: str, change_types: Iterable[str] = ()) -> Callable[[Handler], Handler]:
        """Register a handler for CloudEvent types (globs, letters' case ignored), for some change types or all."""

        def register(handler: Handler) -> Handler:
            name = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
            if name in {route.name for route in self.routes}:
                raise ValueError(f"two handlers are named {name}: completion is kept by name, so names are unique")
            lowered = tuple(glob.lower() for glob in types)
            self.routes.append(Route(name, lowered, frozenset(map(str.lower, change_types)), handler))
            return handler

        return register

    def include(self, other: "Router") -> None:
        self.routes += other.routes

    def matching(self, notification: Notification) -> list[Route]:
        return [route for route in self.routes if route.matches(notification)]
