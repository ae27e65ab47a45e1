"""Runs the handlers of an accepted event, each until it is done once.

Completion is kept per handler on the event's claim: a later run takes up only what failed. All run, then the failures
are raised together. The claim is fenced by its ETag: who lost it (Stale) leaves the event to the one who took it over.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from shared.domain.events.notifications import Notification, Reading, read
from shared.domain.events.router import Route, Router
from shared.domain.journal.claims import ATTEMPTS, LEASE, Claim, Next, decide, left_to_run
from shared.domain.journal.log_layout import event_id
from shared.flows.journal import Journal
from shared.flows.journal.commit import Acceptance, Committer
from shared.flows.receive.contents import content_of
from shared.flows.receive.heartbeat import BEAT_S, Heartbeat
from shared.flows.together import faults_of
from shared.ports import Certificates, Clock, Graph, HandlerContext, Publish, Stale, Subscriptions, Telemetry

HANDLERS_S = 15.0  # seconds for the handlers of a delivery, which run side by side; Event Grid waits 30 for the answer


class StillRunning(Exception):
    """Somebody else handles this event right now; delivered again later, it will be done or free."""


@dataclass(slots=True)
class Handling:
    router: Router
    committer: Committer
    journal: Journal
    graph: Graph
    subscriptions: Subscriptions
    publish: Publish
    clock: Clock
    telemetry: Telemetry
    beat_s: float = BEAT_S
    certificates: Certificates | None = None

    async def after(self, acceptance: Acceptance, notification: Notification, spec: str) -> None:
        """Handle an event that was just accepted, or was before. Raises StillRunning, or the handlers' failures."""
        if acceptance.is_new:
            await self._run(acceptance, notification, spec, longest_s=HANDLERS_S)
            return
        match decide(acceptance.claim, now=self.clock.now()):
            case Next.ACKNOWLEDGE | Next.GIVE_UP:
                return
            case Next.WAIT:
                raise StillRunning(acceptance.claim.key)
            case Next.TAKE_OVER:
                await self._take_up(acceptance, longest_s=HANDLERS_S)

    async def again(self, day: str, lane: str, key: str, notification: Notification, spec: str) -> bool:
        """Run all handlers of a journaled event once more, done or not. False while somebody else is at it.

        The claim is opened first, with its pending row: what a crash leaves undone the sweep takes up.
        """
        claim = await self.committer.find(day, lane, key)
        if claim is None or (claim.lease_until and claim.lease_until > self.clock.now()):
            return False
        opened = replace(claim, is_done=False, handled=(), attempts=0)
        acceptance = Acceptance(day=day, lane=lane, claim=claim, is_new=False)
        return await self._run(await self._take_over(acceptance, opened), notification, spec)

    async def sweep(self) -> int:
        """Take up what deliveries have given up, or crashed on. How many events were completed."""
        completed = 0
        async for day, lane, key in self.journal.pending():
            claim = await self.committer.find(day, lane, key)
            if claim is None or (claim.lease_until and claim.lease_until > self.clock.now()):
                continue
            completed += await self._sweep_one(Acceptance(day=day, lane=lane, claim=claim, is_new=False))
        return completed

    async def _sweep_one(self, acceptance: Acceptance) -> bool:
        try:
            return await self._take_up(acceptance)
        except (Stale, ExceptionGroup):
            return False  # taken over by somebody else; or counted on the claim, and swept again next time

    async def _take_up(self, acceptance: Acceptance, *, longest_s: float | None = None) -> bool:
        """Run what is left of an event as it is journaled; who brings it again may tell it otherwise."""
        found = await self.journal.event(event_id(acceptance.day, acceptance.lane, acceptance.claim.key))
        reading = read(found[1])[0] if found else None
        if not found or not isinstance(reading, Reading):
            return False
        taken, spec = await self._take_over(acceptance), str(found[0].entity["spec"])
        return await self._run(taken, reading.notification, spec, longest_s=longest_s)

    async def _take_over(self, acceptance: Acceptance, claim: Claim | None = None) -> Acceptance:
        lease = self.clock.now() + LEASE
        mine = replace(claim or acceptance.claim, owner=self.committer.writer, lease_until=lease)
        return await self.committer.update(acceptance, mine)

    async def _run(
        self, acceptance: Acceptance, notification: Notification, spec: str, *, longest_s: float | None = None
    ) -> bool:
        """Whether all is done now. Raises the handlers' failures, until the last attempt's.

        `longest_s` caps each handler's own limit where somebody waits for the answer.
        """
        routes = self.router.matching(notification)
        names = left_to_run(acceptance.claim, [route.name for route in routes])
        waiting = [route for route in routes if route.name in names]
        if acceptance.claim.is_done:
            return True
        heart = Heartbeat(self.committer, self.clock, acceptance, self.beat_s)
        calls = [self._call(route, acceptance, notification, spec, longest_s) for route in waiting]
        outcomes = await heart.during(faults_of(calls))
        faults = [fault for fault in outcomes if fault]
        done = [route.name for route, outcome in zip(waiting, outcomes, strict=True) if outcome is None]
        claim = _after_run(heart.acceptance.claim, done, has_failed=bool(faults))
        await self.committer.update(heart.acceptance, claim)
        if faults and claim.attempts < ATTEMPTS:
            raise ExceptionGroup(f"{len(faults)} of {len(waiting)} handlers failed", faults)
        return claim.is_done

    async def _call(
        self, route: Route, acceptance: Acceptance, notification: Notification, spec: str, longest_s: float | None
    ) -> None:
        context = HandlerContext(
            idempotency_key=f"{acceptance.claim.key}.{route.name}",
            event_id=event_id(acceptance.day, acceptance.lane, acceptance.claim.key),
            spec=spec,
            graph=self.graph,
            subscriptions=self.subscriptions,
            publish=self.publish,
            journal=self.journal,
            clock=self.clock,
            content=partial(content_of, notification, self.certificates),
        )
        with self.telemetry.span("handle", handler=route.name):
            async with asyncio.timeout(route.limit(longest_s)):
                await route.handler(notification, context)


def _after_run(claim: Claim, done: Sequence[str], *, has_failed: bool) -> Claim:
    return replace(
        claim,
        handled=(*claim.handled, *done),
        is_done=not has_failed,
        lease_until=None,
        attempts=claim.attempts + has_failed,
    )
