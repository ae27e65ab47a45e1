"""routes.toml: which events go where. Pure.

    [[route]]
    name = "new-mail"                        # [a-z0-9-], once; completion is kept under it
    types = ["Microsoft.Graph.Message*"]     # globs, letters' case ignored
    change_types = ["created"]               # left out: any
    resource = "users/*/messages/*"          # glob over the path in one spelling; left out: any
    to = "topic:https://…/api/events"        # or queue:<name>, or event-subscription:<resource id>
    enabled = true

Copies of an event go out; nothing is kept from the app itself, so that lifecycle events always reach it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOPIC, QUEUE, EVENT_SUBSCRIPTION = "topic", "queue", "event-subscription"
NAME = re.compile(r"[a-z0-9-]{1,32}")
QUEUE_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*")
KNOWN = ("name", "types", "change_types", "resource", "to", "enabled")
OWN_QUEUES = ("notifications", "webjobs")  # beginnings of names that the app or its host reads


class InvalidRoutes(Exception):
    """routes.toml is wrong; `faults` holds one sentence each, with the line."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("routes.toml: " + "; ".join(faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRule:
    """One route. `to` is `kind:where`; `types` and `resource` are globs."""

    name: str
    types: tuple[str, ...]
    change_types: tuple[str, ...]
    resource: str
    to: str
    is_enabled: bool

    @property
    def kind(self) -> str:
        return self.to.partition(":")[0]


def parse_routes(text: str) -> tuple[RouteRule, ...]:
    """Raises InvalidRoutes, with every fault at once. An empty file has no routes."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidRoutes([str(fault)]) from None
    tables = document.get("route", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidRoutes(["write each route as [[route]]"])
    lines, names = _lines(text, len(tables)), [table.get("name") for table in tables]
    faults = [f"unknown table {name}" for name in document if name != "route"]
    for line, table in zip(lines, tables, strict=True):
        faults += [f"line {line}: {fault}" for fault in _faults(table, names)]
    if faults:
        raise InvalidRoutes(faults)
    return tuple(_rule(table) for table in tables)


def _lines(text: str, count: int) -> list[int]:
    """Where each [[route]] stands; 0 where the file is written in a way that this doesn't see."""
    found = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*route\s*\]\]", line)]
    return found if len(found) == count else [0] * count


def _faults(table: Mapping[str, Any], names: Sequence[object]) -> list[str]:
    name, to = table.get("name"), table.get("to")
    faults = [f"unknown key {key}" for key in table if key not in KNOWN]
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        faults.append("name: want 1 to 32 of a-z, 0-9 and -")
    elif names.count(name) > 1:
        faults.append(f"name {name} stands twice")
    if not (_are_texts(table.get("types")) and table["types"]):
        faults.append('types: want globs, as ["Microsoft.Graph.Message*"]')
    if not _are_texts(table.get("change_types", [])):
        faults.append('change_types: want a list, as ["created"]')
    if not isinstance(table.get("resource", ""), str):
        faults.append("resource: want a glob, as users/*/messages/*")
    if not isinstance(table.get("enabled", True), bool):
        faults.append("enabled: want true or false")
    return [*faults, *_faults_of_destination(to)]


def _faults_of_destination(to: object) -> list[str]:
    kind, _, where = to.partition(":") if isinstance(to, str) else ("", "", "")
    match kind:
        case "topic" if re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#]*)?", where):
            return []
        case "queue" if QUEUE_NAME.fullmatch(where) and not where.startswith(OWN_QUEUES):
            return []
        case "event-subscription" if re.fullmatch(r"/subscriptions/\S+", where):
            return []
        case "topic":
            return ["to: want topic:https://… without a key or a query"]
        case "queue":
            return ["to: want queue: and 3 to 63 of a-z, 0-9 and single -, none that the app itself reads"]
        case _:
            return ["to: want topic:<endpoint>, queue:<name> or event-subscription:<resource id>"]


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _rule(table: Mapping[str, Any]) -> RouteRule:
    return RouteRule(
        name=table["name"],
        types=tuple(table["types"]),
        change_types=tuple(table.get("change_types", [])),
        resource=table.get("resource", ""),
        to=table["to"],
        is_enabled=table.get("enabled", True),
    )
