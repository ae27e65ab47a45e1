"""What an app puts into a `signalR` output binding, read as the host's extension reads it. No I/O.

FunctionBinding.ReadAsEnumerable of Azure/azure-functions-host; SignalROutputConverter and SignalRAsyncCollector of
Azure/azure-sdk-for-net (seen 2026-11-21). A list may mix messages and group actions.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONNECTION_IS_GONE = {404: "Error.Connection.NotExisted"}
ACTIONS = {"add": "PUT", "remove": "DELETE"}


class SignalROutputError(ValueError):
    """The app's output is not something that can be sent; the host fails the invocation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to the REST API; `path` follows the hub, `fine` are errors that are none here."""

    method: str
    path: tuple[str, ...]
    body: Mapping[str, Any] | None = None
    fine: Mapping[int, str] | None = None


def calls_of(text: str) -> Iterator[Call]:
    """In the order in which the app wrote them. Raises SignalROutputError at the first that is wrong, as the host
    does: those before it are sent by then."""
    try:
        content = json.loads(text)
    except ValueError:
        raise SignalROutputError("the output is not JSON") from None
    yield from map(_call, content if isinstance(content, list) else [content])


def _call(item: Any) -> Call:
    if not isinstance(item, Mapping):
        raise SignalROutputError("want an object, or a list of objects")
    fields = {name.lower(): value for name, value in item.items()}
    target, arguments = fields.get("target"), fields.get("arguments")
    if isinstance(target, str) and isinstance(arguments, list):
        body = {"target": target, "arguments": arguments}
        return Call(method="POST", path=(*_receiver(fields), ":send"), body=body)
    action = str(fields.get("action", "")).lower()
    if action in ("add", "remove", "removeall"):
        return _group_call(action, fields)
    raise SignalROutputError("unable to convert to a message (target, arguments) or to a group action (action)")


def _receiver(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """If several are named, the connection goes before the user and the user before the group."""
    for name, kind in (("connectionid", "connections"), ("userid", "users"), ("groupname", "groups")):
        if value := fields.get(name):
            return kind, str(value)
    return ()


def _group_call(action: str, fields: Mapping[str, Any]) -> Call:
    connection, user, group = (fields.get(name) for name in ("connectionid", "userid", "groupname"))
    match action, connection, user, group:
        case "add" | "remove", str(), _, str() if connection and group:
            path = ("groups", group, "connections", connection)
            return Call(method=ACTIONS[action], path=path, fine=CONNECTION_IS_GONE if action == "add" else None)
        case "add" | "remove", _, str(), str() if user and group:
            return Call(method=ACTIONS[action], path=("users", user, "groups", group))
        case "removeall", _, str(), _ if user:
            return Call(method="DELETE", path=("users", user, "groups"))
    raise SignalROutputError("a group action wants connectionId or userId, and groupName unless it is removeAll")
