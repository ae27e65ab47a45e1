"""Takes up what Graph's own way in has queued: judged like any other event, accepted, handled.

What is raised stays in the queue and comes again; what failed too often lands in quarantine, from where it can be
replayed. Nothing is lost on the way: a blob goes only after its items are in the journal.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.domain.events.client_state import KeyRing, Proof, mint
from shared.domain.events.notifications import Reading, Unreadable, read
from shared.domain.events.rich import Unopened
from shared.domain.events.trust import Rejection
from shared.domain.events.work import UnreadableWork, WorkItem, read_work
from shared.flows.receive import Receive
from shared.flows.receive.contents import content_of
from shared.flows.together import run_together
from shared.flows.upkeep.quarantine import Quarantine
from shared.ports import Blobs, Certificates

log = logging.getLogger("graph_pulse")


@dataclass(slots=True)
class Work:
    ring: KeyRing
    tenant_id: str
    receive: Receive
    quarantine: Quarantine
    blobs: Blobs
    certificates: Certificates | None

    async def __call__(self, text: str) -> None:
        """One message of the queue. Raises what must be tried again."""
        await self._each(text, self._take)
        await self.receive.heard.write()
        await self.receive.on_arrival()

    async def give_up(self, text: str) -> None:
        """One message of the poison queue: it failed as often as the host tries."""

        async def put_away(item: WorkItem) -> None:
            await self._reject(item, Rejection("given_up", "it could not be taken in for a long time; replay it"))

        await self._each(text, put_away)

    async def _each(self, text: str, act: Callable[[WorkItem], Awaitable[None]]) -> None:
        try:
            found = read_work(text)
            items = await self._fetch(found) if isinstance(found, str) else found
        except UnreadableWork as fault:
            await self.quarantine.put_unreadable(Unreadable(str(fault), text))
            return log.error("work.unreadable")
        await run_together(map(act, items), "not taken in; to be tried again")
        if isinstance(found, str):
            await self.blobs.delete(found)
        return None

    async def _fetch(self, blob: str) -> list[WorkItem]:
        """Nothing when the blob is gone: all of it was taken in, and only the message came once more."""
        text = await self.blobs.get(blob)
        if text is None:
            log.warning("work.gone blob=%s", blob)
            return []
        items = read_work(text)
        if isinstance(items, str):
            raise UnreadableWork("a reference to a reference")
        return items

    async def _take(self, item: WorkItem) -> None:
        reading = read(item.event)[0]
        if isinstance(reading, Unreadable):
            return await self.quarantine.put_unreadable(reading)
        verdict = await self._judge(reading, item.proof)
        if isinstance(verdict, Rejection):
            await self._reject(item, verdict)
        else:
            await self.receive.accept(reading.notification, verdict)
        return None

    async def _judge(self, reading: Reading, proof: Proof) -> Proof | Rejection:
        try:
            await content_of(reading.notification, self.certificates)
        except Unopened as fault:
            return Rejection("content", str(fault))
        return await self.receive.judge(reading.notification, proof)

    async def _reject(self, item: WorkItem, rejection: Rejection) -> None:
        """With the imprint of the state that proved it, made anew, so that a replay proves it too."""
        reading = read(item.event)[0]
        if isinstance(reading, Unreadable):
            await self.quarantine.put_unreadable(reading)
        else:
            state = self._state_of(item.proof)
            await self.quarantine.put(Reading(notification=reading.notification, client_state=state), rejection)

    def _state_of(self, proof: Proof) -> str | None:
        if proof.key_version not in self.ring.keys:
            return None
        return mint(
            self.ring,
            tenant_id=self.tenant_id,
            entry=proof.entry,
            subject=proof.subject,
            key_version=proof.key_version,
        )
