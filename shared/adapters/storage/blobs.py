"""Blobs on Azure Blob Storage by azure-storage-blob (asyncio), in one container that is made on first use."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from shared.ports import CONTAINER, StorageFault

if TYPE_CHECKING:
    from azure.storage.blob.aio import BlobServiceClient


@dataclass(slots=True)
class AzureBlobs:
    """`open_service` is called on first use: few deployments ever meet an event over 32 KiB."""

    open_service: "Callable[[], BlobServiceClient]"
    container: str = CONTAINER
    _service: "BlobServiceClient | None" = None

    async def put(self, name: str, text: str) -> None:
        """One try, and a second where the container was missing: who waits for it has no time for the SDK's retries."""
        blob, data = self._client().get_blob_client(self.container, name), text.encode("utf-8", "replace")
        with _faults():
            try:
                await blob.upload_blob(data, overwrite=True, retry_total=0)
            except ResourceNotFoundError:
                await self._create_container()
                await blob.upload_blob(data, overwrite=True, retry_total=0)

    async def get(self, name: str) -> str | None:
        with _faults():
            try:
                stream = await self._client().get_blob_client(self.container, name).download_blob()
            except ResourceNotFoundError:
                return None
            return (await stream.readall()).decode("utf-8", "replace")

    async def list(self, prefix: str) -> AsyncIterator[str]:
        container = self._client().get_container_client(self.container)
        with _faults(), suppress(ResourceNotFoundError):
            async for name in container.list_blob_names(name_starts_with=prefix):
                yield name

    async def delete(self, name: str) -> None:
        with _faults(), suppress(ResourceNotFoundError):
            await self._client().get_blob_client(self.container, name).delete_blob()

    def _client(self) -> "BlobServiceClient":
        if self._service is None:
            self._service = self.open_service()
        return self._service

    async def _create_container(self) -> None:
        with suppress(ResourceExistsError):
            await self._client().create_container(self.container)


@contextmanager
def _faults() -> Iterator[None]:
    """A put and a deletion do no harm when they are done again: so whether one was done makes no difference."""
    try:
        yield
    except AzureError as error:
        raise StorageFault(f"blobs: {type(error).__name__}") from error
