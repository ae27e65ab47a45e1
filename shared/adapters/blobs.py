"""Blobs on Azure Blob Storage by azure-storage-blob (asyncio), in one container that is made on first use."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

CONTAINER = "graph-pulse"


@dataclass(slots=True)
class AzureBlobs:
    """`open_service` is called on first use: few deployments ever meet an event over 32 KiB."""

    open_service: Callable[[], BlobServiceClient]
    container: str = CONTAINER
    _service: BlobServiceClient | None = None

    async def put(self, name: str, text: str) -> None:
        blob = self._client().get_blob_client(self.container, name)
        try:
            await blob.upload_blob(text.encode("utf-8", "replace"), overwrite=True)
        except ResourceNotFoundError:
            await self._create_container()
            await blob.upload_blob(text.encode("utf-8", "replace"), overwrite=True)

    async def get(self, name: str) -> str | None:
        try:
            stream = await self._client().get_blob_client(self.container, name).download_blob()
        except ResourceNotFoundError:
            return None
        return (await stream.readall()).decode("utf-8", "replace")

    async def list(self, prefix: str) -> AsyncIterator[str]:
        container = self._client().get_container_client(self.container)
        try:
            async for name in container.list_blob_names(name_starts_with=prefix):
                yield name
        except ResourceNotFoundError:
            return

    async def delete(self, name: str) -> None:
        try:
            await self._client().get_blob_client(self.container, name).delete_blob()
        except ResourceNotFoundError:
            return

    def _client(self) -> BlobServiceClient:
        if self._service is None:
            self._service = self.open_service()
        return self._service

    async def _create_container(self) -> None:
        try:
            await self._client().create_container(self.container)
        except ResourceExistsError:
            return
