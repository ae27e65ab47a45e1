"""Azure Storage queues as the host's bindings use them: through azure-storage-queue, by identity or key."""

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING

from twin.functions_host.storage_account import QueueAccount

if TYPE_CHECKING:
    from azure.identity.aio import ManagedIdentityCredential
    from azure.storage.queue.aio import QueueClient, QueueServiceClient


class Queues:
    """Clients are made on first use: their SDK takes a quarter of a second to import."""

    def __init__(self) -> None:
        self._services: dict[QueueAccount, QueueServiceClient] = {}
        self._credentials: list[ManagedIdentityCredential] = []
        self._news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    @staticmethod
    def load() -> None:
        """Import the SDK; in a thread the host answers meanwhile."""
        import azure.identity.aio
        import azure.storage.queue.aio  # noqa: F401

    def queue(self, account: QueueAccount, name: str) -> "QueueClient":
        if account not in self._services:
            self._services[account] = self._service(account)
        return self._services[account].get_queue_client(name)

    async def send(self, queue: "QueueClient", text: str) -> None:
        """`text` is the body as it stands in the queue. A queue that is not there is made."""
        from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

        try:
            await queue.send_message(text)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):
                await queue.create_queue()
            await queue.send_message(text)
        self._news[queue.queue_name].set()

    async def wait_for_news(self, name: str, timeout_s: float) -> bool:
        """True as soon as this process has sent something to a queue of that name: the host's SharedQueueWatcher."""
        news = self._news[name]
        try:
            async with asyncio.timeout(timeout_s):
                await news.wait()
        except TimeoutError:
            return False
        news.clear()
        return True

    async def close(self) -> None:
        for service in self._services.values():
            await service.close()
        for credential in self._credentials:
            await credential.close()

    def _service(self, account: QueueAccount) -> "QueueServiceClient":
        from azure.storage.queue.aio import QueueServiceClient

        if account.connection_string:
            return QueueServiceClient.from_connection_string(account.connection_string)
        from azure.identity.aio import ManagedIdentityCredential

        credential = ManagedIdentityCredential(client_id=account.client_id)
        self._credentials.append(credential)
        return QueueServiceClient(account.uri, credential=credential, audience="https://storage.azure.com")
