"""Queues on Azure Queue Storage by azure-storage-queue (asyncio). A queue is made when it is missing.

Texts travel in base64, as host.json says for queue triggers (`extensions.queues.messageEncoding`) and as Event Grid's
own delivery to queues does: XML carries no control characters, base64 carries any text.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError

from shared.adapters.storage.faults import fault_of
from shared.ports import MAX_QUEUE_TEXT, StorageFault

if TYPE_CHECKING:  # the SDK's import takes a quarter of a second: it waits for the first text
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

FOR_EVER = -1  # seconds to live; a message's own default is 7 days, after which it is gone without a word


@dataclass(slots=True)
class AzureQueues:
    """`open_service` is called on first use: few deployments use a queue at every event."""

    open_service: "Callable[[], QueueServiceClient]"
    _service: "QueueServiceClient | None" = None
    _clients: "dict[str, QueueClient]" = field(default_factory=dict)

    async def put(self, queue: str, text: str) -> None:
        if len(text.encode()) > MAX_QUEUE_TEXT:
            raise StorageFault(f"a text of over {MAX_QUEUE_TEXT} bytes fits no queue")
        client = self._client(queue)
        try:
            await _send(client, text)
        except AzureError as error:
            raise fault_of(error) from error

    def _client(self, queue: str) -> "QueueClient":
        from azure.storage.queue import TextBase64EncodePolicy

        if self._service is None:
            self._service = self.open_service()
        if queue not in self._clients:
            policy = TextBase64EncodePolicy()
            self._clients[queue] = self._service.get_queue_client(queue, message_encode_policy=policy)
        return self._clients[queue]


async def _send(client: "QueueClient", text: str) -> None:
    try:
        await client.send_message(text, time_to_live=FOR_EVER, retry_total=0)
    except ResourceNotFoundError:
        await _make(client)
        await client.send_message(text, time_to_live=FOR_EVER, retry_total=0)


async def _make(client: "QueueClient") -> None:
    try:
        await client.create_queue(retry_total=0)
    except ResourceExistsError:
        return
