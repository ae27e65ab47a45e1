"""What happens to the messages of one function's queue: run, deleted, shown again, set aside.

As QueueListener and QueueProcessor of Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues (seen
2026-11-21): a message hides for ten minutes while its function runs, longer if that runs longer; success deletes it,
failure shows it again after visibilityTimeout, the last failure moves it to `<queue>-poison`. So a message whose host
was killed comes back after ten minutes of real time.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from twin.functions_host.metadata import Function
from twin.functions_host.protos import TypedData
from twin.functions_host.queue_options import QueueOptions
from twin.functions_host.queue_text import UndecodableMessageError, decoded
from twin.functions_host.queues import Queues
from twin.functions_host.runtime import Runtime
from twin.functions_host.storage_account import QueueAccount

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage
    from azure.storage.queue.aio import QueueClient

HOLD_S = 600
POISON = "-poison"

log = logging.getLogger("host.queues")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTrigger:
    function: Function
    account: QueueAccount
    queue: str

    @property
    def poison_queue(self) -> str:
        """Empty where there is none: what a poison queue's own trigger can't do stays where it is."""
        return "" if self.queue.endswith(POISON) else self.queue + POISON


class QueueMessages:
    def __init__(
        self, runtime: Runtime, trigger: QueueTrigger, queues: Queues, options: QueueOptions, *, hold_s: float
    ) -> None:
        self.trigger = trigger
        self._runtime = runtime
        self._queues = queues
        self._options = options
        self._hold_s = hold_s

    async def receive(self, most: int) -> "list[QueueMessage]":
        """Hidden from everybody else from now on. Raises AzureError."""
        pages = self._queue.receive_messages(messages_per_page=most, visibility_timeout=ceil(self._hold_s)).by_page()
        return [message async for page in _first(pages) async for message in page]

    async def handle(self, message: "QueueMessage") -> None:
        from azure.core.exceptions import AzureError

        try:
            await self._run(message)
        except AzureError as fault:  # it comes again when its time of hiding is over
            log.error("queue.message_not_settled queue=%s id=%s: %s", self.trigger.queue, message.id, fault)

    async def _run(self, message: "QueueMessage") -> None:
        if (message.dequeue_count or 0) > self._options.max_dequeue_count:
            await self._set_aside(message)
            return
        async with self._held(message):
            succeeded = await self._invoke(message)
        if succeeded:
            await self._queue.delete_message(message)
        elif not self.trigger.poison_queue:
            log.warning("queue.poison_left queue=%s id=%s", self.trigger.queue, message.id)
        elif (message.dequeue_count or 0) >= self._options.max_dequeue_count:
            await self._set_aside(message)
        else:
            again = int(self._options.visibility_timeout.total_seconds())
            await self._queue.update_message(message, visibility_timeout=again)

    async def _invoke(self, message: "QueueMessage") -> bool:
        function = self.trigger.function
        try:
            body = decoded(message.content, as_base64=self._options.base64)
        except UndecodableMessageError as fault:
            log.error("queue.undecodable function=%s id=%s: %s", function.name, message.id, fault)
            return False
        text, metadata = body.decode(errors="replace"), _metadata(message)
        binary = str(function.trigger.get("dataType", "")).lower() == "binary"
        outcome = await self._runtime.invoke(
            function,
            {function.trigger_name: TypedData(bytes=body) if binary else TypedData(string=text)},
            trigger_metadata={name: TypedData(string=value) for name, value in metadata.items()},
            binding_data={"queueTrigger": text, **metadata},
        )
        return outcome.fault is None

    @property
    def _queue(self) -> "QueueClient":
        return self._queues.queue(self.trigger.account, self.trigger.queue)

    @asynccontextmanager
    async def _held(self, message: "QueueMessage") -> AsyncIterator[None]:
        """Hide the message for as long as it takes. Its receipt changes with that."""
        over = asyncio.Event()
        holding = asyncio.create_task(self._hold(message, over))
        try:
            yield
        finally:
            over.set()
            await holding

    async def _hold(self, message: "QueueMessage", over: asyncio.Event) -> None:
        from azure.core.exceptions import AzureError

        while True:
            try:
                async with asyncio.timeout(self._hold_s / 2):
                    await over.wait()
                return
            except TimeoutError:
                pass
            try:
                held = await self._queue.update_message(message, visibility_timeout=ceil(self._hold_s))
                message.pop_receipt = held.pop_receipt
            except AzureError as fault:
                log.error("queue.message_not_held queue=%s id=%s: %s", self.trigger.queue, message.id, fault)

    async def _set_aside(self, message: "QueueMessage") -> None:
        """Its text as it stands in the queue."""
        if not self.trigger.poison_queue:
            return
        log.warning("queue.poison queue=%s id=%s", self.trigger.queue, message.id)
        poison = self._queues.queue(self.trigger.account, self.trigger.poison_queue)
        await self._queues.send(poison, message.content)
        await self._queue.delete_message(message)


async def _first(pages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for page in pages:
        yield page
        return


def _metadata(message: "QueueMessage") -> dict[str, str]:
    times: dict[str, Any] = {
        "InsertionTime": message.inserted_on,
        "ExpirationTime": message.expires_on,
        "NextVisibleTime": message.next_visible_on,
    }
    return {
        "Id": str(message.id),
        "DequeueCount": str(message.dequeue_count),
        **{name: instant.isoformat() for name, instant in times.items() if instant},
        "PopReceipt": str(message.pop_receipt),
    }
