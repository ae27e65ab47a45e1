"""Event Grid's own way to the emulated storage account: blobs for dead letters, queues as destinations.

With a token of the local Entra; nothing is tried twice, as the schedule is Event Grid's.
"""

import base64
import os
import time
from typing import TYPE_CHECKING, Any

from azure.core.credentials import AccessToken

from twin.world import World

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient
    from azure.storage.queue.aio import QueueServiceClient

AUDIENCE = "https://storage.azure.com"


class StorageClients:
    """Made on first use; each SDK takes a quarter of a second to import."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._blobs: BlobServiceClient | None = None
        self._queues: QueueServiceClient | None = None

    async def write_blob(self, container: str, name: str, body: bytes) -> None:
        """Raises AzureError."""
        from azure.storage.blob.aio import BlobServiceClient

        if self._blobs is None:
            self._blobs = BlobServiceClient(self._world.addresses.storage("blob"), **self._by_token())
        await self._blobs.get_blob_client(container, name).upload_blob(body)

    async def put_message(self, queue: str, body: bytes) -> None:
        """In base64. Raises AzureError, also when there is no such queue."""
        client = self._queue_service().get_queue_client(queue)
        await client.send_message(base64.b64encode(body).decode())

    async def has_queue(self, queue: str) -> bool:
        """Raises AzureError."""
        from azure.core.exceptions import ResourceNotFoundError

        try:
            await self._queue_service().get_queue_client(queue).get_queue_properties()
        except ResourceNotFoundError:
            return False
        return True

    async def close(self) -> None:
        for client in (self._blobs, self._queues):
            if client is not None:
                await client.close()
        self._blobs = self._queues = None

    def _queue_service(self) -> "QueueServiceClient":
        from azure.storage.queue.aio import QueueServiceClient

        if self._queues is None:
            self._queues = QueueServiceClient(self._world.addresses.storage("queue"), **self._by_token())
        return self._queues

    def _by_token(self) -> dict[str, Any]:
        return {
            "credential": OwnToken(self._world),
            "audience": AUDIENCE,  # else the token for a localhost endpoint has a wrong one
            "connection_verify": os.environ.get("SSL_CERT_FILE", True),  # read now: aiohttp reads it at its import
            "retry_total": 0,
        }


class OwnToken:
    """An azure.core AsyncTokenCredential whose tokens come straight from the local Entra."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        token = self._world.entra.issue(AUDIENCE, subject=self._world.principal_id)
        return AccessToken(token, int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "OwnToken":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
