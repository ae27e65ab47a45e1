"""Receive: CloudEvent → read → believed? → accepted (claim and journal row in one transaction) → handlers → completed.

Their fault (forged, unreadable): quarantined with a reason and acknowledged. Our fault (storage, Graph, a handler):
raised, so that Event Grid delivers again. One bad event never spoils the others of its delivery.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.domain.client_state import KeyRing, Proof, prove
from shared.domain.log_layout import entry_of
from shared.domain.notifications import Notification, Reading, Unreadable, read
from shared.domain.router import Router
from shared.domain.trust import Rejection, reject
from shared.flows.commit import Committer
from shared.flows.handling import Handling
from shared.flows.herald import Herald
from shared.flows.quarantine import Quarantine
from shared.flows.wanted import Wanted
from shared.ports import Clock

log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Receive:
    ring: KeyRing
    tenant_id: str
    wanted: Wanted
    committer: Committer
    quarantine: Quarantine
    router: Router
    handling: Handling
    herald: Herald
    clock: Clock
    on_arrival: Callable[[], Awaitable[None]]  # keep_alive.if_late

    async def __call__(self, text: str) -> None:
        """Take in one delivery: a CloudEvent or an array of them, as JSON text. Raises what must be delivered again."""
        outcomes = await asyncio.gather(*(self._take(event) for event in read(text)), return_exceptions=True)
        faults = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if faults:
            raise ExceptionGroup("not taken in; to be delivered again", faults)
        await self.on_arrival()

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
        if acceptance.is_new:
            await self.herald.tell(entry.reader)
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
        verdict = await self._judge(event)
        if isinstance(verdict, Rejection):
            await self.quarantine.put(event, verdict)
            return log.warning("event.rejected reason=%s", verdict.reason)
        await self.accept(event.notification, verdict)
        return None

    async def _judge(self, event: Reading) -> Proof | Rejection:
        proof = prove(self.ring, event.client_state, tenant_id=self.tenant_id)
        if proof is None:
            return Rejection("client_state", "it is missing, or none that this app made")
        resource, now = await self.wanted.resource(proof.spec), self.clock.now()
        return reject(event.notification, resource=resource, tenant_id=self.tenant_id, now=now) or proof
