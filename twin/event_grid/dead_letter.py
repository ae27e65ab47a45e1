"""Where events go that could not be delivered: a blob with a JSON array of CloudEvents.

Source: learn.microsoft.com/azure/event-grid/delivery-and-retry, "Dead-letter events", and manage-event-delivery, whose
sample name is SUBSCRIPTION/2019/8/8/5/<guid>.json; here the topic stands in front of it. A reader should list the
container and compute no names. The real service waits five minutes before it writes, to save storage operations; this
twin writes at once.
"""

import json
import os
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from azure.core.credentials import AccessToken
from azure.storage.blob.aio import BlobServiceClient

from twin.event_grid.json_times import write_time
from twin.event_grid.payload import Accepted, Payload
from twin.world import World

GIVEN_UP_AFTER = timedelta(hours=4)  # the storage was away so long: the events are dropped

WriteBlob = Callable[[str, str, bytes], Awaitable[None]]  # container, name, body; raises AzureError or OSError


def blob_name(*, topic: str, event_subscription: str, at: datetime, guid: str) -> str:
    """Upper case, because Azure's services differ in how they treat case; month, day and hour without a zero."""
    return f"{topic.upper()}/{event_subscription.upper()}/{at.year}/{at.month}/{at.day}/{at.hour}/{guid}.json"


def blob_body(payload: Payload, reason: str) -> bytes:
    return json.dumps([_dead_letter(item, payload, reason) for item in payload.events], ensure_ascii=False).encode()


def _dead_letter(item: Accepted, payload: Payload, reason: str) -> dict[str, Any]:
    """The event with what Event Grid adds: lower-case names, as CloudEvents wants of extension attributes."""
    return {
        **item.event,
        "deadletterreason": reason,
        "deliveryattempts": payload.attempts,
        "lastdeliveryoutcome": payload.outcome.name if payload.outcome else None,
        "publishtime": write_time(item.published_at),
        "lastdeliveryattempttime": write_time(payload.attempted_at) if payload.attempted_at else None,
    }


class AzureBlobs:
    """Writes to the emulated storage account with a token of the local Entra."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._client: BlobServiceClient | None = None

    async def write(self, container: str, name: str, body: bytes) -> None:
        if self._client is None:
            self._client = BlobServiceClient(
                self._world.addresses.storage("blob"),
                credential=OwnToken(self._world),
                audience="https://storage.azure.com",  # else the token for a localhost endpoint has a wrong one
                connection_verify=os.environ.get("SSL_CERT_FILE", True),  # read now: aiohttp reads it at its import
                retry_total=0,  # the schedule is Event Grid's
            )
        await self._client.get_blob_client(container, name).upload_blob(body)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
        self._client = None


class OwnToken:
    """An azure.core AsyncTokenCredential whose tokens come straight from the local Entra."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        token = self._world.entra.issue("https://storage.azure.com", subject=self._world.principal_id)
        return AccessToken(token, int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "OwnToken":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
