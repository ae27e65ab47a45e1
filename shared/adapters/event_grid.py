"""Event Grid custom topics by azure-eventgrid (asyncio), as the app's identity: no topic key is kept anywhere.

The event goes as the dictionary that it is: so the SDK sends it as a CloudEvent with all its attributes, and id, source
and traceparent stay. A CloudEvent object of its own would refuse attributes that are named otherwise than it expects.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.ports import PublishFault

TIMEOUT_S = 5


@dataclass(slots=True)
class EventGridTopics:
    """`credential` is called on first use: few deployments forward anything."""

    credential: Callable[[], AsyncTokenCredential]
    options: dict[str, Any] = field(default_factory=dict)  # for the SDK's client
    _clients: dict[str, Any] = field(default_factory=dict)

    async def send(self, endpoint: str, event: str) -> None:
        from azure.core.exceptions import AzureError

        try:
            # SDK retries are off: the handler's run is limited, and a failed one is run again
            await self._client(endpoint).send([json.loads(event)], retry_total=0)
        except AzureError as error:
            raise PublishFault(f"{endpoint}: {type(error).__name__}") from error

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    def _client(self, endpoint: str) -> Any:
        if endpoint not in self._clients:
            from azure.eventgrid.aio import EventGridPublisherClient

            options: dict[str, Any] = {"connection_timeout": TIMEOUT_S, "read_timeout": TIMEOUT_S, **self.options}
            self._clients[endpoint] = EventGridPublisherClient(endpoint, self.credential(), **options)
        return self._clients[endpoint]
