"""Drives azure-functions-runtime, the code that runs apps of Python 3.13 in Azure, in this process.

Its state is global, so a process runs one app. Async functions run on the caller's loop, others in its thread pool.
"""

import asyncio
import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure_functions_runtime as azure  # type: ignore[import-untyped] # it ships no types

from twin.functions_host.binding_error import BindingError
from twin.functions_host.bindings import Bindings
from twin.functions_host.metadata import Function
from twin.functions_host.protos import PROTOS, SUCCESS, Message

log = logging.getLogger("host.runtime")


class IndexingError(Exception):
    """The app can't be imported, or its functions don't fit their bindings. `stack` is the runtime's."""

    def __init__(self, message: str, stack: str = "") -> None:
        super().__init__(message)
        self.stack = stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an invocation ended. Values are TypedData."""

    fault: str | None = None  # the exception's type and message
    returned: Any = None
    outputs: Mapping[str, Any] = field(default_factory=dict)  # by binding name


class Runtime:
    def __init__(self, bindings: Bindings) -> None:
        self.running = 0
        self._bindings = bindings
        self._idle = asyncio.Event()
        self._idle.set()

    async def load(self, folder: Path) -> list[Function]:
        """Import the app and index its functions. Raises IndexingError."""
        script = folder / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
        if not script.is_file():
            raise IndexingError(f"{script} does not exist")
        sys.path.insert(0, str(folder))
        azure.start_threadpool_executor()
        await self._index(folder)
        reply = await azure.functions_metadata_request(_request(functions_metadata_request=Message()))
        return [_function(found) for found in reply.function_metadata_results or ()]

    async def invoke(
        self,
        function: Function,
        inputs: Mapping[str, Any],
        *,
        trigger_metadata: Mapping[str, Any] | None = None,
        traceparent: str = "",
        binding_data: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """Run a function once, to its end, its bindings included. Faults are logged. `inputs` and `trigger_metadata`
        are TypedData by name; `binding_data` is what expressions such as `{headers.x}` are read from."""
        self.running += 1
        self._idle.clear()
        try:
            more = await self._bindings.inputs(function, binding_data or {})
            call = _invocation(function, {**inputs, **more}, trigger_metadata or {}, traceparent)
            outcome = _outcome(function, await azure.invocation_request(_request(invocation_request=call)))
            if outcome.fault is None:
                await self._bindings.write(function, outcome.returned, outcome.outputs, binding_data or {})
        except BindingError as fault:
            log.error("invocation.failed function=%s: %s", function.name, fault)
            return Outcome(fault=str(fault))
        else:
            return outcome
        finally:
            self.running -= 1
            if not self.running:
                self._idle.set()

    async def settled(self, timeout_s: float) -> bool:
        """Wait until nothing runs. False if something still does."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def _index(self, folder: Path) -> None:
        init = Message(function_app_directory=str(folder), capabilities={}, host_version="4.0.0")
        reply = await azure.worker_init_request(_request(worker_init_request=init))
        if reply.result.status != SUCCESS:
            raise IndexingError(reply.result.exception.message, reply.result.exception.stack_trace)
        if "HttpUri" in reply.capabilities:
            raise IndexingError("azurefunctions-extensions-http-fastapi streams HTTP: the stand-in does not serve that")


def _request(**content: Message) -> Any:
    request = Message(**content)
    return Message(request=request, properties={"host": "127.0.0.1", "protos": PROTOS})


def _function(found: Any) -> Function:
    bindings = tuple(json.loads(binding) for binding in found.raw_bindings)
    return Function(name=found.name, id=found.function_id, bindings=bindings)


def _invocation(
    function: Function, inputs: Mapping[str, Any], trigger_metadata: Mapping[str, Any], traceparent: str
) -> Message:
    return Message(
        invocation_id=str(uuid.uuid4()),
        function_id=function.id,
        input_data=[PROTOS.ParameterBinding(name=name, data=data) for name, data in inputs.items()],
        trigger_metadata=trigger_metadata,
        trace_context=Message(trace_parent=traceparent, trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0),
    )


def _outcome(function: Function, reply: Any) -> Outcome:
    if reply.result.status != SUCCESS:
        exception = reply.result.exception
        log.error("invocation.failed function=%s id=%s\n%s", function.name, reply.invocation_id, exception.stack_trace)
        return Outcome(fault=exception.message)
    outputs = {output.name: output.data for output in reply.output_data or ()}
    if unwritten := outputs.keys() & {binding["name"] for binding in function.unserved_outputs}:
        # The host writes outputs after success and fails the invocation when it can't: losing them would be a lie.
        log.error("invocation.output_not_served function=%s outputs=%s", function.name, ",".join(sorted(unwritten)))
        return Outcome(fault=f"the stand-in does not write the output bindings {sorted(unwritten)}")
    return Outcome(returned=reply.return_value, outputs=outputs)
