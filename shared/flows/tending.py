"""Carries out one step for a subscription at Graph and writes what came of it: the hands of keep_alive.

Each method answers with the fault in words, empty when it went well. A row that somebody else changed meanwhile
(Stale) is left to them: it is due again, or it is done.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from shared.domain.client_state import KeyRing, mint
from shared.domain.subscriptions import (
    Act,
    State,
    Subscription,
    caught_up,
    lived,
    lost,
    postponed,
    renewed,
)
from shared.domain.topic import same_url
from shared.domain.watch import SubscriptionSpec, Watch
from shared.flows.catch_up import CatchUp
from shared.flows.fleet import Fleet
from shared.ports import Clock, Graph, GraphFault, GraphSubscription, Stale

REFUSALS = {400, 401, 403, 409}  # trying again soon changes nothing; people are told


@dataclass(slots=True)
class Tending:
    fleet: Fleet
    graph: Graph
    catch_up: CatchUp
    clock: Clock
    ring: KeyRing
    tenant_id: str

    async def act(self, act: Act, known: Subscription, watch: Watch) -> str:
        try:
            return await self._act(act, known, watch)
        except GraphFault as fault:
            return await self._postpone(await self.fleet.get(known.spec) or known, fault)
        except Stale:
            return "changed by somebody else meanwhile"

    async def renew(self, batch: Sequence[Subscription], specs: Mapping[str, SubscriptionSpec]) -> dict[str, str]:
        """One $batch of PATCHes. The faults by spec."""
        now = self.clock.now()
        expiries = {known.id: now + _lifetime(known, specs) for known in batch}
        try:
            answers = await self.graph.renew_subscriptions(expiries)
        except GraphFault as fault:
            answers = dict.fromkeys(expiries, fault)
        return {known.spec: await self._renewed(known, answers[known.id]) for known in batch}

    async def _act(self, act: Act, known: Subscription, watch: Watch) -> str:
        match act:
            case Act.CREATE | Act.RECREATE if known.spec not in watch.specs:
                raise GraphFault(0, "unknown_spec", "this version of the app has no such entry")
            case Act.CREATE | Act.RECREATE:
                await self._create(await self._without_old(known), watch)
            case Act.RESYNC:
                await self.catch_up.run(known)
                await self.fleet.update(known, caught_up(known, now=self.clock.now()))
            case Act.REMOVE:
                await self._remove(known)
            case Act.KEEP | Act.RENEW:
                due = known.renew_at or self.clock.now() + timedelta(minutes=5)
                await self.fleet.update(known, replace(known, due_at=due))
            case _:
                assert_never(act)
        return ""

    async def _without_old(self, known: Subscription) -> Subscription:
        """What is made anew loses its old one first: two live ones would report every change twice."""
        if not known.id:
            return known
        await self.graph.delete_subscription(known.id)
        why = known.resync or "it was made anew"
        return await self.fleet.update(known, replace(known, id="", state=State.WANTED, resync=why))

    async def _create(self, known: Subscription, watch: Watch) -> None:
        """The intent is written before POST, so that a crash in between is told from a stranger's subscription."""
        has_intent = known.state is State.CREATING and known.key_version == self.ring.newest
        if not has_intent:
            intent = replace(known, state=State.CREATING, key_version=self.ring.newest)
            known = await self.fleet.update(known, intent)
        made = await self._post(known, watch, has_intent=has_intent)
        resync = (known.resync or "it is new") if known.delta else ""
        living = lived(known, id=made.id, url=made.url, expires_at=made.expires_at, now=self.clock.now(), resync=resync)
        note = "" if known.delta or not known.resync else "changes of the gap can't be recovered: no delta for it"
        await self.fleet.update(known, replace(living, note=note))

    async def _post(self, known: Subscription, watch: Watch, *, has_intent: bool) -> GraphSubscription:
        try:
            return await self._post_once(known, watch)
        except GraphFault as fault:
            existing = _existing_id(fault)
            if existing is None:
                raise
        if has_intent and (adopted := await self._adoptable(existing, watch)):
            return adopted
        await self.graph.delete_subscription(existing)
        return await self._post_once(known, watch)

    async def _post_once(self, known: Subscription, watch: Watch) -> GraphSubscription:
        entry, _, subject = known.spec.partition("~")
        return await self.graph.create_subscription(
            watch.specs[known.spec],
            url=watch.topic.url,
            client_state=mint(
                self.ring, tenant_id=self.tenant_id, entry=entry, subject=subject, key_version=known.key_version
            ),
            expires_at=self.clock.now() + watch.specs[known.spec].lifetime,
        )

    async def _adoptable(self, existing: str, watch: Watch) -> GraphSubscription | None:
        """Ours if both URLs are: GET never shows a client_state, but our intent says with which one it was made."""
        found = await self.graph.get_subscription(existing)
        is_ours = same_url(found.url, watch.topic.url) and same_url(found.lifecycle_url, watch.topic.url)
        return found if is_ours else None

    async def _renewed(self, known: Subscription, answer: GraphSubscription | GraphFault) -> str:
        now = self.clock.now()
        try:
            match answer:
                case GraphSubscription():
                    await self.fleet.update(known, renewed(known, expires_at=answer.expires_at, now=now))
                    return ""
                case GraphFault(status=404):
                    await self.fleet.update(known, lost(known, why="Graph had lost it", now=now))
                    return str(answer)
                case GraphFault():
                    return await self._postpone(known, answer)
                case _:
                    assert_never(answer)
        except Stale:
            return "changed by somebody else meanwhile"

    async def _remove(self, known: Subscription) -> None:
        if known.id:
            await self.graph.delete_subscription(known.id)
        await self.fleet.remove(known)

    async def _postpone(self, known: Subscription, fault: GraphFault) -> str:
        wait = timedelta(seconds=fault.wait_s) if fault.wait_s else None
        is_refused = fault.status in REFUSALS
        later = postponed(known, note=str(fault), refused=is_refused, now=self.clock.now(), wait=wait)
        try:
            await self.fleet.update(known, later)
        except Stale:
            return f"{fault} (changed by somebody else meanwhile)"
        return str(fault)


def _lifetime(known: Subscription, specs: Mapping[str, SubscriptionSpec]) -> timedelta:
    spec = specs.get(known.spec)
    return spec.lifetime if spec else timedelta(hours=1)  # retired in a moment: no more than that


def _existing_id(fault: GraphFault) -> str | None:
    """409: `Subscription Id <id> already exists for the requested combination`."""
    found = re.search(r"Subscription Id (\S+) already exists", fault.message) if fault.status == 409 else None
    return found[1] if found else None
