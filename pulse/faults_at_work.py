"""Faults laid over the twin's switches and outages, several at a time, and everything put back when they are over."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

from pulse.json_client import JsonClient
from pulse.output import say
from twin.faults import Fault

PLACES = ("switches", "outages")

type Settings = dict[str, Any]


class FaultsAtWork(AbstractAsyncContextManager["FaultsAtWork"]):
    """`begin` and `end` faults by a key of the caller's; leaving ends all. Raises PulseError.

    What stood before a switch was first touched is what it goes back to; where two faults touch the same one, the
    younger holds until it ends.
    """

    def __init__(self, twin: JsonClient) -> None:
        self._twin = twin
        self._active: dict[str, Fault] = {}
        self._before: dict[str, Settings] = {place: {} for place in PLACES}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._active.clear()
        try:
            await self._lay()
        except Exception as lost:
            if fault is None:
                raise
            say(f"not put back: {lost}")  # what went wrong first is what the person must see

    async def begin(self, key: str, fault: Fault) -> None:
        self._active[key] = fault
        await self._note(_settings(fault))
        await self._lay()
        if fault.burst:
            await self._twin.post("/trigger", dict(fault.burst), patience_s=None)

    async def end(self, key: str) -> None:
        self._active.pop(key, None)
        await self._lay()

    async def _note(self, settings: Mapping[str, Settings]) -> None:
        for place in PLACES:
            if settings[place].keys() - self._before[place].keys():
                now = await self._twin.get(f"/{place}")
                self._before[place] = {name: now.get(name) for name in settings[place]} | self._before[place]

    async def _lay(self) -> None:
        for place in PLACES:
            wanted = dict(self._before[place])
            for fault in self._active.values():
                wanted |= _settings(fault)[place]
            if wanted:
                await self._twin.put(f"/{place}", wanted)


def _settings(fault: Fault) -> dict[str, Settings]:
    return {"switches": dict(fault.switches), "outages": dict(fault.outages)}
