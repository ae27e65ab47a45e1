"""The queue triggers of an app: which queue each has, and when their listeners start and end."""

import asyncio
from collections.abc import Iterable, Mapping

from twin.functions_host.metadata import Function, resolved
from twin.functions_host.queue_listener import QueueListener
from twin.functions_host.queue_messages import QueueMessages, QueueTrigger
from twin.functions_host.queue_options import QueueOptions
from twin.functions_host.queues import Queues
from twin.functions_host.runtime import Runtime
from twin.functions_host.storage_account import queue_account


def queue_trigger_of(function: Function, settings: Mapping[str, str]) -> QueueTrigger:
    """Raises ValueError for a setting that is not there."""
    queue = resolved(str(function.trigger.get("queueName", "")), settings).lower()
    return QueueTrigger(function=function, account=queue_account(function.trigger, settings), queue=queue)


class QueueTriggers:
    def __init__(
        self,
        runtime: Runtime,
        triggers: Iterable[QueueTrigger],
        queues: Queues,
        options: QueueOptions,
        *,
        hold_s: float,
    ) -> None:
        """`hold_s`: how long a message hides while its function runs, renewed at half of it."""
        self._queues = queues
        self._polls: list[asyncio.Task[None]] = []
        self._listeners = [
            QueueListener(QueueMessages(runtime, trigger, queues, options, hold_s=hold_s), queues, options)
            for trigger in triggers
        ]

    def start(self) -> None:
        self._polls = [asyncio.create_task(listener.poll()) for listener in self._listeners]

    def stop(self) -> None:
        """Fetch no more; what runs goes on."""
        for poll in self._polls:
            poll.cancel()

    async def settled(self, timeout_s: float) -> None:
        """Wait until what was fetched is deleted, shown again or set aside."""
        if running := [task for listener in self._listeners for task in listener.running]:
            await asyncio.wait(running, timeout=timeout_s)
        await self._queues.close()
