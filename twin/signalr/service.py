"""The state of the service: its keys, its hubs, what it has sent, and the faults that people can ask for."""

import re
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import jwt

from twin.signalr.hub import Connection, Hub
from twin.signalr.protocol import invocation
from twin.signalr.refusal import Refused, bad_request, unauthorized
from twin.signalr.sockets import Patience
from twin.signalr.tokens import Keys, user_id_of
from twin.world import World

HUB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")
MOST_NEGOTIATED = 10_000  # that have not connected yet; the oldest is forgotten then
AUDIENCE = "https://signalr.azure.com"  # of Entra's tokens


@dataclass(slots=True)
class Counts:
    sent: int = 0  # calls to send that were accepted
    dropped: int = 0  # of those, how many vanished by the switch signalr_drop_percent
    delivered: int = 0  # messages handed to connections
    negotiated: int = 0
    connected: int = 0
    cut: int = 0  # connections ended without a word


class SignalR:
    """Seen by its REST API, its clients and the control API alike."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = Keys()
        self.counts = Counts()
        self.patience = Patience()
        self.hubs: defaultdict[str, Hub] = defaultdict(Hub)
        self._negotiated: OrderedDict[str, tuple[str, str | None, str]] = OrderedDict()  # token: hub, user, id

    @property
    def connection_string(self) -> str:
        return f"Endpoint={self.world.addresses.signalr};AccessKey={self.keys.access_key};Version=1.0;"

    def hub(self, name: str) -> Hub:
        """Names ignore case. Raises Refused."""
        if not HUB_NAME.fullmatch(name):
            raise bad_request("The hub name is not valid.")
        return self.hubs[name.lower()]

    def client_url(self, hub: str) -> str:
        """What a client is sent to, and the audience of its token."""
        return f"{self.world.addresses.signalr}/client/?hub={hub}"

    def require_online(self) -> None:
        """Raises Refused."""
        if self.world.switches.signalr_offline:
            raise Refused(503, "ServiceUnavailable", "The service is temporarily unavailable.")

    def user_of(self, token: str, hub: str) -> str | None:
        """The user id in a client's token for `hub`, if it names one. Raises Refused."""
        try:
            return user_id_of(self.keys.read(token, [self.client_url(hub)]))
        except jwt.InvalidTokenError as fault:
            raise unauthorized(f"Invalid client token: {fault}") from None

    def authorize(self, token: str, urls: list[str]) -> None:
        """A caller of the REST API: by the access key for one of `urls`, or by Entra. Raises Refused."""
        try:
            self.keys.read(token, urls)
        except jwt.InvalidTokenError:
            self.authorize_identity(token)

    def authorize_identity(self, token: str) -> None:
        """By Entra alone. Raises Refused."""
        try:
            self.world.entra.verify(token, AUDIENCE)
        except jwt.InvalidTokenError as fault:
            raise unauthorized(f"Invalid token: {fault}") from None

    def negotiate(self, hub: str, user: str | None) -> tuple[str, str]:
        """A connection's id, which is public, and its token, which is the client's secret."""
        connection_id, token = secrets.token_urlsafe(16), secrets.token_urlsafe(24)
        self._negotiated[token] = (hub.lower(), user, connection_id)
        if len(self._negotiated) > MOST_NEGOTIATED:
            self._negotiated.popitem(last=False)
        self.counts.negotiated += 1
        return connection_id, token

    def redeem(self, token: str | None, hub: str, user: str | None) -> str:
        """The id negotiated under `token`, once; a new one for a client that skips negotiation. Raises Refused."""
        if token is None:
            return self.negotiate(hub, user)[0]
        negotiated_hub, negotiated_user, connection_id = self._negotiated.pop(token, ("", None, ""))
        if (negotiated_hub, negotiated_user) != (hub.lower(), user):
            raise Refused(404, "NotFound", "No Connection with that ID")
        return connection_id

    def send(self, connections: Sequence[Connection], target: str, arguments: list[Any]) -> None:
        self.counts.sent += 1
        percent = self.world.switches.signalr_drop_percent
        if percent and self.world.random.random() * 100 < percent:
            self.counts.dropped += 1
            return
        record = invocation(target, arguments)
        for connection in connections:
            connection.send(record)
        self.counts.delivered += len(connections)

    def close(self, connections: Sequence[Connection], reason: str | None) -> None:
        for connection in connections:
            connection.close(reason, allow_reconnect=self.world.switches.signalr_close_allows_reconnect)

    def cut(self) -> int:
        """End all connections as a dead network would. How many there were."""
        connections = [each for hub in self.hubs.values() for each in hub.all()]
        for connection in connections:
            connection.cut()
        self.counts.cut += len(connections)
        return len(connections)

    def as_json(self) -> dict[str, Any]:
        hubs = {name: _hub_json(hub) for name, hub in self.hubs.items()}
        connections = sum(len(hub.connections) for hub in self.hubs.values())
        return {**asdict(self.counts), "connections": connections, "hubs": hubs}


def _hub_json(hub: Hub) -> dict[str, Any]:
    users = sorted({each.user for each in hub.all() if each.user})
    return {"connections": len(hub.connections), "users": users}
