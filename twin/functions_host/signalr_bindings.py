"""The bindings `signalRConnectionInfo` (input) and `signalR` (output).

As in the real host: an input that can't be made fails the invocation before the function starts. Outputs are sent
after success, one after another within a binding; one that can't be sent fails the invocation. That is what
WorkerFunctionInvoker.BindOutputsAsync of Azure/azure-functions-host does with SignalRAsyncCollector.AddAsync
(seen 2026-11-21), so a function whose push fails is run again if its trigger does that.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.functions_host.binding_error import BindingError
from twin.functions_host.expressions import evaluated
from twin.functions_host.metadata import SIGNALR, SIGNALR_CONNECTION_INFO, Binding, Function
from twin.functions_host.protos import TypedData
from twin.functions_host.signalr_messages import calls_of
from twin.functions_host.signalr_settings import Service, service_of

if TYPE_CHECKING:
    from twin.functions_host.signalr_client import SignalRClient


class SignalRBindings:
    """`settings` are read at each use, as they may come after this object."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._clients: dict[Service, SignalRClient] = {}

    async def inputs(self, function: Function, binding_data: Mapping[str, Any]) -> dict[str, Any]:
        """TypedData by parameter. Raises BindingError."""
        return {
            str(binding["name"]): await self._connection_info(binding, binding_data)
            for binding in function.inputs_of_type(SIGNALR_CONNECTION_INFO)
        }

    async def write(
        self, function: Function, returned: Any, outputs: Mapping[str, Any], binding_data: Mapping[str, Any]
    ) -> None:
        """All bindings at the same time. Raises BindingError."""
        values = {**outputs, "$return": returned}
        written = [
            self._send(binding, values[binding["name"]], binding_data)
            for binding in function.outputs_of_type(SIGNALR)
            if values.get(binding["name"]) is not None
        ]
        await asyncio.gather(*written)

    async def _connection_info(self, binding: Binding, binding_data: Mapping[str, Any]) -> Any:
        try:
            user_id = binding.get("userId")
            user = evaluated(str(user_id), self._settings, binding_data) if user_id is not None else None
            hub = evaluated(str(binding.get("hubName", "")), self._settings, binding_data)
            return TypedData(json=json.dumps(await self._client(binding).connection_info(hub, user)))
        except Exception as fault:
            raise BindingError(f"Exception binding parameter '{binding['name']}'. {fault}") from fault

    async def _send(self, binding: Binding, value: Any, binding_data: Mapping[str, Any]) -> None:
        try:
            hub = evaluated(str(binding.get("hubName", "")), self._settings, binding_data)
            client = self._client(binding)
            for call in calls_of(str(getattr(value, value.WhichOneof("data")))):
                await client.call(call.method, hub, *call.path, body=call.body, fine=call.fine)
        except Exception as fault:
            raise BindingError(f"Exception writing output '{binding['name']}'. {fault}") from fault

    def _client(self, binding: Binding) -> "SignalRClient":
        """One for each service: it keeps connections, tokens and keys. Imported late: apps without SignalR start
        sooner."""
        from twin.functions_host.signalr_client import SignalRClient

        service = service_of(binding, self._settings)
        if service not in self._clients:
            self._clients[service] = SignalRClient(service, self._settings)
        return self._clients[service]
