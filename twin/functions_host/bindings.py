"""All bindings beside the triggers: what is filled in before an invocation and written after it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from twin.functions_host.metadata import Function
from twin.functions_host.queue_outputs import QueueOutputs
from twin.functions_host.signalr_bindings import SignalRBindings


class Bindings:
    def __init__(self, signalr: SignalRBindings, queues: QueueOutputs) -> None:
        self._signalr = signalr
        self._queues = queues

    async def inputs(self, function: Function, binding_data: Mapping[str, Any]) -> dict[str, Any]:
        """TypedData by parameter. Raises BindingError."""
        return await self._signalr.inputs(function, binding_data)

    async def write(
        self, function: Function, returned: Any, outputs: Mapping[str, Any], binding_data: Mapping[str, Any]
    ) -> None:
        """All at the same time. Raises BindingError."""
        await asyncio.gather(
            self._signalr.write(function, returned, outputs, binding_data),
            self._queues.write(function, returned, outputs, binding_data),
        )
