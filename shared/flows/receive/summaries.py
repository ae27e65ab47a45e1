"""Before acceptance: what the feed shall show of an event. Reads only, for a short time; on failure it goes without."""

import asyncio
import logging
from dataclasses import dataclass

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import NO_SUMMARY, Summary
from shared.ports import Heads

PATIENCE_S = 2.0  # that an event waits for its summary at the most
log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Summaries:
    """`heads` is None where summaries are switched off."""

    router: Router
    heads: Heads | None
    patience_s: float = PATIENCE_S

    async def of(self, notification: Notification) -> Summary:
        """Never raises: an event is worth more than what is said of it."""
        describe = self.router.describing(notification) if self.heads else None
        if describe is None or notification.lifecycle:
            return NO_SUMMARY
        try:
            async with asyncio.timeout(self.patience_s):
                return await describe(notification, self.heads)
        except Exception as fault:
            log.info("event.undescribed fault=%s", type(fault).__name__)
            return NO_SUMMARY
