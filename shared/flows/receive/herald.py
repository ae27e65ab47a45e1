"""Tells readers of news, once for all that was accepted in the same moment: one push a group, not one an event."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from shared.ports import Push, Telemetry


@dataclass(slots=True)
class Herald:
    push: Push
    telemetry: Telemetry
    _rows: Counter[str] = field(default_factory=Counter)
    _is_called: bool = False

    async def tell(self, reader: str) -> None:
        """The first of a group waits for the others to have spoken, then tells for all."""
        self._rows[reader] += 1
        if self._is_called:
            return
        self._is_called = True
        try:
            await asyncio.sleep(0)  # those of the same commit are told in the same turn of the loop
        finally:
            rows, self._rows, self._is_called = self._rows, Counter(), False
        with self.telemetry.span("push", rows=rows.total()):
            await self.push.news(rows)
