"""SignalR's JSON hub protocol: JSON records, each ended by 0x1E. No I/O.

https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md
"""

import json
from collections.abc import Sequence
from typing import Any

END = "\x1e"
INVOCATION, PING, CLOSE = 1, 6, 7
HANDSHAKE_DONE = "{}" + END


def invocation(target: str, arguments: Sequence[Any]) -> str:
    return _record({"type": INVOCATION, "target": target, "arguments": arguments})


def ping() -> str:
    return _record({"type": PING})


def close(error: str | None = None, *, allow_reconnect: bool = False) -> str:
    """Without `allow_reconnect` the client stays closed, even one with automatic reconnect."""
    message: dict[str, Any] = {"type": CLOSE}
    message |= {"error": error} if error else {}
    message |= {"allowReconnect": True} if allow_reconnect else {}
    return _record(message)


def handshake_error(error: str) -> str:
    return _record({"error": error})


def refusal_of_handshake(record: str) -> str | None:
    """Why a client's first record is not accepted; None if it is. Version 2 would mean stateful reconnect."""
    try:
        asked = read(record)
    except ValueError:
        return "Unable to parse the handshake request."
    protocol, version = asked.get("protocol"), asked.get("version")
    if protocol != "json":
        return f"The protocol '{protocol}' is not supported."
    if version != 1:
        return f"The server does not support version {version} of the '{protocol}' protocol."
    return None


def read(record: str) -> dict[str, Any]:
    """Raises ValueError for what is no JSON object."""
    message = json.loads(record)
    if not isinstance(message, dict):
        raise ValueError("want a JSON object")
    return message


class Records:
    """Cuts what arrives into records: a frame may hold several, or a part of one."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        *whole, self._rest = (self._rest + text).split(END)
        return whole


def _record(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False) + END
