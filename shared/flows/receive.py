"""Receive: CloudEvent → read → believed? → accepted (claim and journal row in one transaction) → handlers → completed.

Their fault (forged, unreadable): quarantined with a reason and acknowledged. Our fault (storage, Graph, a handler):
raised, so that Event Grid delivers again. One bad event never spoils the others of its delivery.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.client_state import KeyRing, Proof
from shared.domain.log_layout import entry_of
from shared.domain.notifications import Notification, Reading, Unreadable, read
from shared.domain.router import Router
from shared.domain.trust import Rejection, judge
from shared.domain.watch import SubscriptionSpec
from shared.flows.commit import Committer
from shared.flows.handling import Handling
from shared.flows.quarantine import Quarantine
from shared.ports import Clock

log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Receive:
    ring: KeyRing
    tenant_id: str
    specs: Mapping[str, SubscriptionSpec]
    committer: Committer
    quarantine: Quarantine
    router: Router
    handling: Handling
    clock: Clock

    async def __call__(self, text: str) -> None:
        """Take in one delivery: a CloudEvent or an array of them, as JSON text. Raises what must be delivered again."""
        outcomes = await asyncio.gather(*(self._take(event) for event in read(text)), return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if faults:
            raise ExceptionGroup("not taken in; to be delivered again", faults)

    async def accept(self, notification: Notification, proof: Proof, *, recovered: bool = False) -> bool:
        """Journal a believed notification and handle it. False when it was there already."""
        entry = entry_of(
            notification,
            proof,
            now=self.clock.now(),
            recovered=recovered,
            wants_handling=bool(self.router.matching(notification)),
        )
        acceptance = await self.committer.accept(entry)
        outcome = "accepted" if acceptance.is_new else "duplicate"
        log.info("event.%s id=%s spec=%s", outcome, acceptance.claim.key, proof.spec)
        if acceptance.claim.is_done or (recovered and not acceptance.is_new):
            return acceptance.is_new
        try:
            await self.handling.after(acceptance, notification, proof.spec)
        except ExceptionGroup:
            if not recovered:
                raise  # nobody delivers a recovered one again: the sweep takes it up, and the reading goes on
        return acceptance.is_new

    async def _take(self, event: Reading | Unreadable) -> None:
        if isinstance(event, Unreadable):
            await self.quarantine.put_unreadable(event)
            return log.warning("event.rejected reason=unreadable")
        now = self.clock.now()
        verdict = judge(event, ring=self.ring, tenant_id=self.tenant_id, specs=self.specs, now=now)
        if isinstance(verdict, Rejection):
            await self.quarantine.put(event, verdict)
            return log.warning("event.rejected reason=%s", verdict.reason)
        await self.accept(event.notification, verdict)
        return None
