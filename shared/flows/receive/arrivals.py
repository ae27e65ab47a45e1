"""Graph's own way in: one POST of notifications → proven, stripped → queued; the answer waits for nothing else.

Graph counts an answer after three seconds as none, so an event is only proven here; the rest is `work`. What is not
proven goes to quarantine, so much a minute (anybody can post), and the answer is the same: it tells nobody what passed.
Raised is only what Graph must send again: storage, or Entra's keys, out of reach.
"""

import asyncio
import logging
import uuid
from dataclasses import dataclass, field

from shared.domain.events.allowance import Allowance
from shared.domain.events.client_state import KeyRing, claimed_spec, prove
from shared.domain.events.notifications import Reading, Unreadable
from shared.domain.events.rich import is_rich, verified
from shared.domain.events.senders import KeysMissing
from shared.domain.events.trust import Rejection
from shared.domain.events.webhooks import Collection, read_collection
from shared.domain.events.work import QUEUE, WorkItem, write_reference, write_work
from shared.domain.journal.log_layout import day_of
from shared.flows.receive.senders import Senders
from shared.flows.together import faults_of
from shared.flows.upkeep.quarantine import Quarantine
from shared.ports import MAX_QUEUE_TEXT, Blobs, Clock, Queues, StorageFault, Unanswered

ANSWER_S = 2.5  # seconds for all of it
STRANGERS, LIKELY = 60, 600  # a minute and process: kept of what has no state of our form, and of what has one
log = logging.getLogger("graph_pulse")


class NotTaken(Exception):
    """A fault of ours, named by its type: Graph must send it again."""


@dataclass(slots=True)
class Arrivals:
    ring: KeyRing
    tenant_id: str
    senders: Senders
    quarantine: Quarantine
    blobs: Blobs
    queues: Queues
    clock: Clock
    answer_s: float = ANSWER_S
    _strangers: Allowance = field(default_factory=lambda: Allowance(STRANGERS))
    _likely: Allowance = field(default_factory=lambda: Allowance(LIKELY))

    async def __call__(self, text: str) -> None:
        """Take in one POST. Raises NotTaken."""
        try:
            async with asyncio.timeout(self.answer_s):
                await self._take(read_collection(text, now=self.clock.now()))
        except (StorageFault, Unanswered, KeysMissing, TimeoutError) as fault:
            raise NotTaken(type(fault).__name__) from fault

    async def _take(self, found: Collection) -> None:
        is_vouched_for = found.tokens is not None and await self.senders.are_graphs(found.tokens)
        judged = [(event, self._judge(event, found, is_vouched_for=is_vouched_for)) for event in found.events]
        items = [one for _, one in judged if isinstance(one, WorkItem)]
        rejected = [(event, one) for event, one in judged if isinstance(one, Rejection)]
        faults = await faults_of([self._queue(items), *(self._reject(*one) for one in rejected)])
        for fault in filter(None, faults):
            raise fault

    def _judge(self, event: Reading | Unreadable, found: Collection, *, is_vouched_for: bool) -> WorkItem | Rejection:
        if isinstance(event, Unreadable):
            return Rejection("unreadable", event.fault)
        proof, body = prove(self.ring, event.client_state, tenant_id=self.tenant_id), event.notification.body
        if proof is None:
            return Rejection("client_state", "it is missing, or none that this app made")
        if found.tokens is not None and not is_vouched_for:
            return Rejection("validation_tokens", "they are not all Graph's own, made out to this app")
        if found.tokens is None and is_rich(body):
            return Rejection("validation_tokens", "there are none (does the app's principal demand role assignments?)")
        return WorkItem(proof, verified(body) if found.tokens is not None else body)

    async def _queue(self, items: list[WorkItem]) -> None:
        if not items:
            return
        text = write_work(items)
        if len(text) > MAX_QUEUE_TEXT:  # ASCII
            name = f"work/{day_of(self.clock.now())}/{uuid.uuid4().hex}.json"
            await self.blobs.put(name, text)
            text = write_reference(name)
        await self.queues.put(QUEUE, text)
        log.info("notifications.queued count=%d", len(items))

    async def _reject(self, event: Reading | Unreadable, rejection: Rejection) -> None:
        is_likely = isinstance(event, Reading) and claimed_spec(event.client_state)
        allowance = self._likely if is_likely else self._strangers
        if not allowance.spend(self.clock.now()):
            return self._refuse(allowance, rejection)
        if isinstance(event, Unreadable):
            await self.quarantine.put_unreadable(event)
        else:
            await self.quarantine.put(event, rejection)
        return None

    def _refuse(self, allowance: Allowance, rejection: Rejection) -> None:
        """Strangers' are dropped; what may be ours under a mistyped key must come again. Raises NotTaken."""
        if allowance.refused == 1:  # once a minute: a flood shall not fill the log either
            log.error("event.refused reason=%s more than %d a minute", rejection.reason, allowance.per_minute)
        if allowance is self._likely:
            raise NotTaken("TooMany")
