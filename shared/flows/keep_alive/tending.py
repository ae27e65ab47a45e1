"""The hands of keep_alive: carries out steps at Graph, up to 20 at once, and writes what came of them.

Each method answers with the faults in words, by spec. A row that somebody else changed meanwhile is left to them: it is
due again, or it is done.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.events.client_state import KeyRing, mint
from shared.domain.watching.subscriptions import State, Subscription
from shared.domain.watching.topic import remedy_of, same_url
from shared.domain.watching.transitions import (
    caught_up,
    intended,
    lived,
    lost,
    postponed,
    renewed,
    resting,
    unread,
    whole,
)
from shared.flows.catch_up import CatchUp
from shared.flows.keep_alive.caps import Caps
from shared.flows.keep_alive.fleet import Change, Fleet
from shared.flows.keep_alive.pace import Pace
from shared.ports import Clock, Graph, GraphFault, GraphSubscription, NewSubscription, Stale

REFUSALS = {400, 401, 403, 404, 409}  # trying again soon changes nothing; people are told
MEANWHILE = "changed by somebody else meanwhile"
log = logging.getLogger("graph_pulse")
type IsOurs = Callable[[str], Awaitable[bool]]  # is this the URL of a topic that is ours, or was until lately?
type Answer = GraphSubscription | GraphFault
type Faults = dict[str, str]
type Became = Callable[[Subscription, GraphSubscription, datetime], Subscription]


@dataclass(slots=True)
class Tending:
    fleet: Fleet
    graph: Graph
    catch_up: CatchUp
    caps: Caps
    pace: Pace
    clock: Clock
    ring: KeyRing
    tenant_id: str

    async def create(
        self, batch: Sequence[Subscription], *, url: str, is_ours: IsOurs
    ) -> tuple[Faults, list[Subscription]]:
        """Make them, anew where they have an old one: two live ones would report every change twice.

        The faults, and those that live now.
        """
        kept, faults = await self._without_old(batch)
        changes = [(one, intended(one, key_version=self.ring.newest)) for one in kept]
        intents = await self.fleet.update_all(changes)
        answers = await self._post(list(intents.values()), url)
        for spec, fault in [(spec, fault) for spec, fault in answers.items() if isinstance(fault, GraphFault)]:
            answers[spec] = await self._in_place_of(fault, intents[spec], url, is_ours)
        written = await self._write([(intents[spec], answer) for spec, answer in answers.items()], self._made)
        return faults | written[0], written[1]

    async def renew(self, batch: Sequence[Subscription]) -> Faults:
        """One $batch of PATCHes."""
        now = self.clock.now()
        expiries = {one.id: now + await self.caps.lifetime(one.resource, one.lifetime) for one in batch}
        await self.pace.spend(len(batch))
        try:
            answers = await self.graph.renew_subscriptions(expiries)
        except GraphFault as fault:
            answers = dict.fromkeys(expiries, fault)
        return (await self._write([(one, answers[one.id]) for one in batch], self._renewed))[0]

    async def resync(self, one: Subscription) -> Faults:
        """Whatever is wrong with what is read, it is this one's fault alone: no other waits for it."""
        try:
            await self.catch_up.run(one)
            await self.fleet.update(one, caught_up(one, now=self.clock.now()))
        except Stale:
            return {one.spec: MEANWHILE}
        except Exception as fault:
            if not isinstance(fault, GraphFault):
                log.exception("subscription.unreadable spec=%s", one.spec)
            said = str(fault) if isinstance(fault, GraphFault) else f"{type(fault).__name__}: {fault}"
            wait = timedelta(seconds=fault.wait_s) if isinstance(fault, GraphFault) and fault.wait_s else None
            await self.fleet.update_all([(one, unread(one, note=said, now=self.clock.now(), wait=wait))])
            return {one.spec: said}
        return {}

    async def remove(self, batch: Sequence[Subscription]) -> Faults:
        kept, faults = await self._without_old(batch)
        await self.fleet.update_all([(one, resting(one)) for one in kept if one.held])
        for one in kept:
            if one.held:
                continue
            try:
                await self.fleet.remove(one)
            except Stale:  # wanted again, perhaps: its row says so
                faults[one.spec] = MEANWHILE
        return faults

    async def rest(self, batch: Sequence[Subscription]) -> None:
        """They were due and need nothing: they are due again when they are to be renewed."""
        later = whole(self.clock.now() + timedelta(minutes=5))
        await self.fleet.update_all([(one, replace(one, due_at=one.renew_at or later)) for one in batch])

    async def _without_old(self, batch: Sequence[Subscription]) -> tuple[list[Subscription], Faults]:
        """Those that Graph has none of any more, and the faults of the others."""
        old = {one.id: one for one in batch if one.id}
        if not old:
            return list(batch), {}
        await self.pace.spend(len(old))
        try:
            answers = await self.graph.delete_subscriptions(list(old))
        except GraphFault as fault:
            answers = dict.fromkeys(old, fault)
        failed = [(old[id_], fault) for id_, fault in answers.items() if fault]
        faults, _ = await self._write(failed, self._made)
        why = {one.spec: one.resync or "it was made anew" for one in batch}
        gone = [(one, replace(one, id="", resync=why[one.spec])) for one in batch if one.id and not answers[one.id]]
        rest = await self.fleet.update_all([change for change in gone if change[0].state is not State.RETIRED])
        retired = [one for one, _ in gone if one.state is State.RETIRED]
        return [*(one for one in batch if not one.id), *rest.values(), *retired], faults

    async def _post(self, batch: Sequence[Subscription], url: str) -> dict[str, Answer]:
        """Answers by spec; one fault for all when the call itself failed."""
        if not batch:
            return {}
        wanted = [await self._wanted(one, url) for one in batch]
        await self.pace.spend(len(batch))
        try:
            answers: Sequence[Answer] = await self.graph.create_subscriptions(wanted)
        except GraphFault as fault:
            answers = [fault] * len(batch)
        return {one.spec: answer for one, answer in zip(batch, answers, strict=True)}

    async def _wanted(self, one: Subscription, url: str) -> NewSubscription:
        return NewSubscription(
            resource=one.resource,
            change_types=one.change_types,
            url=url,
            expires_at=self.clock.now() + await self.caps.lifetime(one.resource, one.lifetime),
            client_state=mint(
                self.ring,
                tenant_id=self.tenant_id,
                entry=one.entry,
                subject=one.subject,
                key_version=one.key_version,
            ),
        )

    async def _in_place_of(self, fault: GraphFault, one: Subscription, url: str, is_ours: IsOurs) -> Answer:
        """409: what exists stays if our row named it, is left alone if it has another's URL, and else makes place.

        Nothing else is adopted: GET never shows a client_state, and with another one all its events would be refused.
        Nothing is deleted either once the row is another than the intent: who took over may have made what exists.
        """
        existing = _existing_id(fault)
        if existing is None:
            return fault
        try:
            found = await self.graph.get_subscription(existing)
            is_known = existing == one.former_id
            if not (is_known or same_url(found.url, url) or await is_ours(found.url)):
                return fault  # another deployment of this app: not ours to touch
            if is_known and same_url(found.url, url) and same_url(found.lifecycle_url, url):
                return found
            await self.pace.spend(1)
            now = await self.fleet.get(one.spec)
            if now is None or now.etag != one.etag:
                return fault
            gone = (await self.graph.delete_subscriptions([existing]))[existing]
        except GraphFault as other:
            return other
        return gone or (await self._post([one], url))[one.spec]

    def _made(self, one: Subscription, made: GraphSubscription, now: datetime) -> Subscription:
        resync = (one.resync or "it is new") if one.delta else ""
        note = "" if one.delta or not one.resync else "changes of the gap can't be recovered: Graph has no delta for it"
        living = lived(one, id=made.id, url=made.url, expires_at=made.expires_at, now=now, resync=resync)
        return replace(living, note=note)

    def _renewed(self, one: Subscription, answer: GraphSubscription, now: datetime) -> Subscription:
        return renewed(one, expires_at=answer.expires_at, now=now)

    async def _write(
        self, answers: Sequence[tuple[Subscription, Answer]], became: Became
    ) -> tuple[Faults, list[Subscription]]:
        """One transaction for all answers. The faults by spec, and what went well as it is now."""
        now = self.clock.now()
        changes: list[Change] = []
        faults: Faults = {}
        for one, answer in answers:
            if isinstance(answer, GraphFault):
                faults[one.spec] = str(answer)
                changes.append((one, await self._after(answer, one, now)))
            else:
                changes.append((one, became(one, answer, now)))
        done = await self.fleet.update_all(changes)
        for one, _ in answers:
            if one.spec not in done:
                faults[one.spec] = f"{faults.get(one.spec, '')} ({MEANWHILE})".strip()
        return faults, [one for spec, one in done.items() if spec not in faults]

    async def _after(self, fault: GraphFault, one: Subscription, now: datetime) -> Subscription:
        if fault.status == 404 and one.id:
            return lost(one, why="Graph had lost it", now=now)
        if await self.caps.learn(one.resource, fault):
            return replace(one, due_at=whole(now), note=str(fault))
        return self._paused(fault, one, now)

    def _paused(self, fault: GraphFault, one: Subscription, now: datetime) -> Subscription:
        wait = timedelta(seconds=fault.wait_s) if fault.wait_s else None
        remedy = remedy_of(fault.status, fault.message)
        if remedy:
            log.error("topic.refused spec=%s status=%d remedy=%r", one.spec, fault.status, remedy)
        note = f"{fault}; {remedy}" if remedy else str(fault)
        return postponed(one, note=note, refused=fault.status in REFUSALS, now=now, wait=wait)


def _existing_id(fault: GraphFault) -> str | None:
    """409: `Subscription Id <id> already exists for the requested combination`."""
    found = re.search(r"Subscription Id (\S+) already exists", fault.message) if fault.status == 409 else None
    return found[1] if found else None
