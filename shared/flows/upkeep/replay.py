"""Replay: a quarantined event goes the way of any other once its cause is mended; a journaled one is handled again.

A rejected event is proven by the imprint of its client_state: with the right key it is believed, without anybody's
word. Where there is none (a missing or damaged state), an operator names the spec and so vouches for that one event.
Either way it is judged anew: tenant, resource, time and whether it is still wanted. It leaves quarantine only after it
is in the journal, so that a crash in between costs a second, harmless replay.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.events.client_state import Proof
from shared.domain.events.imprint import prove_imprint, vouched
from shared.domain.events.notifications import Reading, read
from shared.domain.events.trust import Rejection
from shared.domain.journal.log_layout import GROUP
from shared.flows.journal import Journal
from shared.flows.receive import Receive
from shared.flows.receive.handling import Handling, StillRunning
from shared.flows.upkeep.quarantine import Held, Quarantine
from shared.ports import Stale

log = logging.getLogger("graph_pulse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`done`: it is in the journal (handled). Else `reason` says why it stays where it was, in a word, and `detail`."""

    id: str
    done: bool
    reason: str = ""
    detail: str = ""


@dataclass(slots=True)
class Replay:
    receive: Receive
    quarantine: Quarantine
    journal: Journal
    handling: Handling

    async def rejection(self, name: str, *, spec: str = "") -> Replayed | None:
        """One quarantined event; None when there is none. With `spec` an operator vouches for where it came from."""
        held = await self.quarantine.held(name)
        return await self._replay(held, spec) if held else None

    async def rejections(self, days: Sequence[str], *, reason: str = "") -> list[Replayed]:
        """All of some days, with one reason or any. A fault of ours in one doesn't keep the others."""
        names = [name for day in days for name in await self.quarantine.ids(day, reason)]
        outcomes: list[Replayed] = []
        for start in range(0, len(names), GROUP):
            group = names[start : start + GROUP]
            found = await asyncio.gather(*(self.rejection(name) for name in group), return_exceptions=True)
            outcomes += [
                _faulty(name, one) if isinstance(one, BaseException) else one
                for name, one in zip(group, found, strict=True)
                if one is not None
            ]
        return outcomes

    async def event(self, name: str) -> Replayed | None:
        """Run the handlers of a journaled event again, all of them, under the keys that they had. No second row."""
        found = await self.journal.event(name)
        reading = read(found[1])[0] if found else None
        if not found or not isinstance(reading, Reading):
            return None
        row = found[0]
        claim = str(row.entity["claim"])
        try:
            done = await self.handling.again(row.day, row.lane, claim, reading.notification, str(row.entity["spec"]))
        except Stale:
            done = False
        except ExceptionGroup as faults:
            return Replayed(id=name, done=False, reason="handlers_failed", detail=_names(faults))
        return Replayed(id=name, done=done, reason="" if done else "busy")

    async def _replay(self, held: Held, spec: str) -> Replayed:
        verdicts = [await self._judge(event, held, spec) for event in read(held.body)]
        for verdict in verdicts:
            if isinstance(verdict, Rejection):
                return Replayed(id=held.id, done=False, reason=verdict.reason, detail=verdict.detail)
        for reading, proof in (verdict for verdict in verdicts if not isinstance(verdict, Rejection)):
            await self._accept(reading, proof)
        log.info("quarantine.replayed id=%s spec=%s vouched=%s", held.id, held.imprint.spec or spec, bool(spec))
        try:
            await self.quarantine.release(held)
        except Stale:
            log.info("quarantine.changed id=%s", held.id)  # released by another, or delivered once more: it may stay
        return Replayed(id=held.id, done=True)

    async def _accept(self, reading: Reading, proof: Proof) -> None:
        try:
            await self.receive.accept(reading.notification, proof)
        except (ExceptionGroup, StillRunning) as fault:  # it is in the journal: the sweep takes up its handlers
            log.warning("quarantine.handlers_failed fault=%s", type(fault).__name__)

    async def _judge(self, event: object, held: Held, spec: str) -> tuple[Reading, Proof] | Rejection:
        if not isinstance(event, Reading):
            return Rejection("unreadable", "it can still not be read")
        ring = self.receive.ring
        proof = vouched(spec, ring) if spec else prove_imprint(ring, held.imprint, tenant_id=self.receive.tenant_id)
        verdict = await self.receive.judge(event.notification, proof)
        return verdict if isinstance(verdict, Rejection) else (event, verdict)


def _faulty(name: str, fault: BaseException) -> Replayed:
    if not isinstance(fault, Exception):
        raise fault  # we are stopped
    return Replayed(id=name, done=False, reason="fault", detail=_names(fault))


def _names(fault: Exception) -> str:
    """Faults by their types: what they say may hold what no answer should."""
    parts = fault.exceptions if isinstance(fault, ExceptionGroup) else [fault]
    return ", ".join(sorted({type(part).__name__ for part in parts}))
