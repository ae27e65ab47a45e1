"""Receive: CloudEvent → read → believed? → summed up → accepted (claim and row, one commit) → handlers → completed.

Their fault (forged, unreadable): quarantined with a reason and acknowledged. Our fault (storage, Graph, a handler):
raised, so that Event Grid delivers again. One bad event never spoils the others of its delivery.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.domain.events.client_state import KeyRing, Proof, prove
from shared.domain.events.latency import lateness
from shared.domain.events.notifications import Notification, Reading, Unreadable, read
from shared.domain.events.rich import without_mark
from shared.domain.events.router import Router
from shared.domain.events.summary import NO_SUMMARY
from shared.domain.events.trust import DENIED, Rejection, reject
from shared.domain.journal.log_layout import entry_of
from shared.flows.journal.commit import Committer
from shared.flows.keep_alive.heard import Heard
from shared.flows.receive.denied import Denied
from shared.flows.receive.handling import Handling
from shared.flows.receive.herald import Herald
from shared.flows.receive.summaries import Summaries
from shared.flows.receive.wanted import Wanted
from shared.flows.together import run_together
from shared.flows.upkeep.quarantine import Quarantine
from shared.ports import Clock, Stale, Telemetry

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
    summaries: Summaries
    denied: Denied
    heard: Heard
    on_hint: Callable[[Notification], Awaitable[None]]  # hints.take
    telemetry: Telemetry

    async def __call__(self, text: str, *, hop: str = "") -> None:
        """Take in one delivery: a CloudEvent or an array of them, as JSON text. Raises what must be delivered again.

        `hop` is the traceparent of the request that brought it.
        """
        events = read(text)
        links = tuple(event.traceparent for event in events if isinstance(event, Reading) and event.traceparent)
        with self.telemetry.span("process", parent=hop, links=links, messaging__system="eventgrid"):
            await self._take_all(events)

    async def _take_all(self, events: Sequence[Reading | Unreadable]) -> None:
        await run_together((self._take(event) for event in events), "not taken in; to be delivered again")
        await self.heard.write_in_time()
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
        if notification.time is None:
            entry = await self.committer.where_it_lies(entry)
        if not self.committer.remembers(entry) and (summary := await self.summaries.of(notification)) != NO_SUMMARY:
            entry = replace(entry, summary=summary)
        with self.telemetry.span("accept"):
            acceptance = await self.committer.accept(entry)
        outcome = "accepted" if acceptance.is_new else "duplicate"
        self._count("recovered" if recovered and acceptance.is_new else outcome, notification)
        log.info("event.%s id=%s spec=%s", outcome, acceptance.claim.key, proof.spec)
        if acceptance.is_new:
            if not (recovered or notification.lifecycle):
                self.heard.note(proof.spec)
                self._tell_lag(notification, proof)
            await self.herald.tell(entry.reader)
        if acceptance.claim.is_done or (recovered and not acceptance.is_new):
            return acceptance.is_new
        try:
            await self.handling.after(acceptance, notification, proof.spec)
        except (Stale, ExceptionGroup):
            if not recovered:
                raise  # nobody delivers a recovered one again: the sweep takes it up, or has, and the reading goes on
        return acceptance.is_new

    def _count(self, outcome: str, notification: Notification) -> None:
        told: dict[str, Any] = {"messaging__system": "eventgrid", "outcome": outcome, "type": notification.type}
        self.telemetry.count("messaging.client.consumed.messages", **told)

    def _tell_lag(self, notification: Notification, proof: Proof) -> None:
        """An alert watches for this line: Graph took longer than it says it ever does."""
        if notification.time:
            self.telemetry.record("graph_pulse.event.lag", (self.clock.now() - notification.time).total_seconds())
        if late := lateness(notification.resource, notification.time, self.clock.now()):
            log.warning("event.late spec=%s lag_s=%d most_s=%d", proof.spec, *(part.total_seconds() for part in late))

    async def judge(self, notification: Notification, proof: Proof | None) -> Proof | Rejection:
        """Is it believed? `proof`: what its client_state proves, or in a replay what it left in quarantine."""
        if proof is None:
            return Rejection("client_state", "it is missing, or none that this app made")
        if await self.denied.has(proof):
            return DENIED
        resource, now = await self.wanted.resource(proof.spec), self.clock.now()
        return reject(notification, resource=resource, tenant_id=self.tenant_id, now=now) or proof

    async def _take(self, event: Reading | Unreadable) -> None:
        if isinstance(event, Unreadable):
            return await self.quarantine.put_unreadable(event)
        proof = prove(self.ring, event.client_state, tenant_id=self.tenant_id)
        verdict = await self.judge(event.notification, proof)
        if isinstance(verdict, Rejection):
            await self.quarantine.put(event, verdict)
            return await self.on_hint(event.notification) if proof is None else None
        await self.accept(without_mark(event.notification), verdict)
        return None
