"""The output binding `queue`: its messages are sent after success only; one that can't be sent fails the invocation."""

import asyncio
from collections.abc import Mapping
from typing import Any

from twin.functions_host.binding_error import BindingError
from twin.functions_host.expressions import evaluated
from twin.functions_host.metadata import QUEUE_OUTPUT, Binding, Function
from twin.functions_host.queue_text import bodies_of, encoded
from twin.functions_host.queues import Queues
from twin.functions_host.storage_account import queue_account


class QueueOutputs:
    """`settings` are read at each use, as they may come after this object."""

    def __init__(self, queues: Queues, settings: Mapping[str, str], *, base64: bool) -> None:
        self._queues = queues
        self._settings = settings
        self._base64 = base64

    async def write(
        self, function: Function, returned: Any, outputs: Mapping[str, Any], binding_data: Mapping[str, Any]
    ) -> None:
        """All bindings at the same time. Raises BindingError."""
        values = {**outputs, "$return": returned}
        written = [
            self._send(binding, values[binding["name"]], binding_data)
            for binding in function.outputs_of_type(QUEUE_OUTPUT)
            if values.get(binding["name"]) is not None
        ]
        await asyncio.gather(*written)

    async def _send(self, binding: Binding, value: Any, binding_data: Mapping[str, Any]) -> None:
        try:
            name = evaluated(str(binding.get("queueName", "")), self._settings, binding_data).lower()
            queue = self._queues.queue(queue_account(binding, self._settings), name)
            for body in bodies_of(value):
                await self._queues.send(queue, encoded(body, as_base64=self._base64))
        except Exception as fault:
            raise BindingError(f"Exception writing output '{binding['name']}'. {fault}") from fault
