"""Fetches the messages of one function's queue in batches, and pauses ever longer where there are none."""

import asyncio
import logging

from twin.functions_host.queue_messages import QueueMessages
from twin.functions_host.queue_options import SHORTEST_POLL, QueueOptions
from twin.functions_host.queues import Queues

log = logging.getLogger("host.queues")


class QueueListener:
    def __init__(self, messages: QueueMessages, queues: Queues, options: QueueOptions) -> None:
        self.running: set[asyncio.Task[None]] = set()
        self._messages = messages
        self._queues = queues
        self._options = options

    async def poll(self) -> None:
        """For ever. Where nothing is found the pause doubles up to maxPollingInterval (the real one varies it by a
        fifth); a message that this process sends ends it."""
        await asyncio.to_thread(self._queues.load)
        queue = self._messages.trigger.queue
        pause = shortest = SHORTEST_POLL.total_seconds()
        while True:
            if await self._fetch():
                pause = shortest
                await self._until_there_is_room()
            elif await self._queues.wait_for_news(queue, pause):
                pause = shortest
            else:
                pause = min(pause * 2, self._options.max_polling_interval.total_seconds())

    async def _fetch(self) -> int:
        """How many came. A fault of storage is logged and counts as none."""
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            batch = await self._messages.receive(self._options.batch_size)
        except ResourceNotFoundError:  # somebody may make the queue later
            return 0
        except AzureError as fault:
            log.error("queue.unreachable queue=%s: %s", self._messages.trigger.queue, type(fault).__name__)
            return 0
        for message in batch:
            task = asyncio.create_task(self._messages.handle(message))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return len(batch)

    async def _until_there_is_room(self) -> None:
        while len(self.running) > self._options.new_batch_threshold:
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
