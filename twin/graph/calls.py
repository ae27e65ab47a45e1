"""One Graph call and its answer, apart from HTTP, and the table of routes that both the server and `$batch` use."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from twin.graph.errors import GraphError, bad_request

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

Action = Callable[..., "Answer | Awaitable[Answer]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who the token speaks for. `granted` holds app roles (app-only) or scopes (delegated)."""

    app_id: str
    object_id: str
    granted: frozenset[str]
    delegated: bool = False

    def may(self, permissions: Iterable[str]) -> bool:
        return not self.granted.isdisjoint(permissions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    method: str
    path: str  # below the version, keys as segments: /users/<id>/mailFolders/inbox/messages
    base: str  # https://localhost:7072/v1.0
    caller: Caller
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: Any = None  # parsed JSON; None without one
    data: bytes = b""  # of a file that is uploaded

    @property
    def preferences(self) -> dict[str, str]:
        """The Prefer header: {"odata.maxpagesize": "5", "idtype": "ImmutableId"}."""
        pairs = (part.partition("=") for part in self.headers.get("prefer", "").split(","))
        return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs if name.strip()}

    @property
    def prefers_immutable_ids(self) -> bool:
        return self.preferences.get("idtype", "").lower() == "immutableid"

    def parameters(self) -> dict[str, Any]:
        """Of an action, names in lower case: msgraph-sdk writes DestinationId. No body is none at all."""
        return {} if self.body is None else {name.lower(): value for name, value in self.json().items()}

    def json(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise bad_request("Unable to read JSON request payload. Please ensure Content-Type header is set.")
        return self.body


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    segments: tuple[str, ...]  # "{}" takes any one segment and hands it to the action
    action: Action
    bucket: str | None  # what it counts against in the subscriptions service's limits

    def arguments(self, segments: list[str]) -> list[str] | None:
        """The segments that stand for `{}`, or None where the path is another one."""
        taken: list[str] = []
        for want, have in zip(self.segments, segments, strict=True):
            if want == "{}":
                taken.append(have)
            elif want != have.lower():
                return None
        return taken


class Routes:
    """`@routes("GET", "users/{}")` over `def action(graph, call, user_id) -> Answer`."""

    def __init__(self) -> None:
        self.rows: list[Route] = []
        self._alike: dict[tuple[int, str], list[Route]] = defaultdict(list)  # by how many segments, and the first

    def __call__(self, method: str, path: str, *, bucket: str | None = None) -> Callable[[Action], Action]:
        def keep(action: Action) -> Action:
            segments = tuple(path.lower().split("/"))
            self._add(Route(method=method, segments=segments, action=action, bucket=bucket))
            return action

        return keep

    def include(self, other: "Routes") -> None:
        for row in other.rows:
            self._add(row)

    def find(self, call: Call) -> tuple[Route, list[str]]:
        segments = call.path.strip("/").split("/")
        rows = self._alike.get((len(segments), segments[0].lower()), ())
        found = [(row, taken) for row in rows if (taken := row.arguments(segments)) is not None]
        for row, taken in found:
            if row.method == call.method:
                return row, taken
        if found:
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
        raise bad_request(f"Resource not found for the segment '{segments[-1]}'.")

    def _add(self, row: Route) -> None:
        self.rows.append(row)
        self._alike[len(row.segments), row.segments[0]].append(row)


async def perform(graph: "Graph", routes: Routes, call: Call) -> Answer:
    """Route, throttle, act. GraphError where Graph refuses."""
    route, taken = routes.find(call)
    if route.bucket:
        graph.throttle.count(call.caller.app_id, route.bucket)
    answer = route.action(graph, call, *taken)  # literal routes are registered before those with `{}`
    return await answer if isawaitable(answer) else answer


def check_unknown(body: Mapping[str, Any], allowed: Iterable[str]) -> None:
    """GraphError 400 for a property that the entity has not; annotations are let through."""
    unknown = [name for name in body if name not in allowed and not name.startswith("@odata.")]
    if unknown:
        raise bad_request(f"Invalid property {', '.join(map(repr, unknown))}.")
