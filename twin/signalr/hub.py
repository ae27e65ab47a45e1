"""Who is connected to a hub, and which groups they are in. No I/O."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from twin.signalr.protocol import close

MOST_WAITING = 10_000  # records for one client; who falls behind farther is cut off


@dataclass(slots=True, kw_only=True)
class Connection:
    """A client behind its handshake. `outbox` holds records to send; None ends the connection."""

    id: str
    user: str | None
    cut: Callable[[], None]  # ends the TCP connection, with no word to the client
    groups: set[str] = field(default_factory=set)
    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    def send(self, record: str | None) -> None:
        if self.outbox.full():
            self.cut()
        else:
            self.outbox.put_nowait(record)

    def close(self, error: str | None, *, allow_reconnect: bool) -> None:
        """After what waits to be sent."""
        self.send(close(error, allow_reconnect=allow_reconnect))
        self.send(None)


class Hub:
    """A connection's groups end with it; a user's stay until they are taken away or their time is over."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self._ends: dict[tuple[str, str], datetime | None] = {}  # of a user's membership of a group; None: never

    def all(self) -> list[Connection]:
        return list(self.connections.values())

    def of_user(self, user: str) -> list[Connection]:
        return [each for each in self.connections.values() if each.user == user]

    def of_group(self, group: str, now: datetime) -> list[Connection]:
        return [each for each in self.connections.values() if self._is_in(each, group, now)]

    def with_id(self, connection_id: str) -> list[Connection]:
        """None or one."""
        return [each for each in (self.connections.get(connection_id),) if each]

    def add_user(self, user: str, group: str, *, until: datetime | None) -> None:
        self._ends[user, group] = until

    def remove_user(self, user: str, groups: Iterable[str] | None = None) -> None:
        """From `groups`; None: from all that the user is in."""
        mine = {group for member, group in self._ends if member == user}
        for group in mine if groups is None else mine & set(groups):
            del self._ends[user, group]

    def user_is_in(self, user: str, group: str, now: datetime) -> bool:
        if (user, group) not in self._ends:
            return False
        end = self._ends[user, group]
        return end is None or now < end

    def _is_in(self, connection: Connection, group: str, now: datetime) -> bool:
        return group in connection.groups or (
            connection.user is not None and self.user_is_in(connection.user, group, now)
        )
