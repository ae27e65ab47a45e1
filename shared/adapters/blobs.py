"""Blobs on Azure Blob Storage by azure-storage-blob (asyncio), in one container that is made on first use."""

from collections.abc import Callable
from dataclasses import dataclass

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobServiceClient

CONTAINER = "graph-pulse"


@dataclass(slots=True)
class AzureBlobs:
    """`open_service` is called on first use: few deployments ever meet an event over 32 KiB."""

    open_service: Callable[[], BlobServiceClient]
    _service: BlobServiceClient | None = None

    async def put(self, name: str, text: str) -> None:
        blob = self._client().get_blob_client(CONTAINER, name)
        try:
            await blob.upload_blob(text.encode("utf-8", "replace"), overwrite=True)
        except ResourceNotFoundError:
            await self._create_container()
            await blob.upload_blob(text.encode("utf-8", "replace"), overwrite=True)

    async def get(self, name: str) -> str | None:
        try:
            stream = await self._client().get_blob_client(CONTAINER, name).download_blob()
        except ResourceNotFoundError:
            return None
        return (await stream.readall()).decode()

    def _client(self) -> BlobServiceClient:
        if self._service is None:
            self._service = self.open_service()
        return self._service

    async def _create_container(self) -> None:
        try:
            await self._client().create_container(CONTAINER)
        except ResourceExistsError:
            return
