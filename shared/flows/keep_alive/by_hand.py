"""What a person asks of single subscriptions: to reauthorize, delete or rotate them, now.

/reauthorize and PATCH within ten minutes of each other may break a subscription (Graph's rule, see
https://learn.microsoft.com/graph/change-notifications-lifecycle-events). So here: under the lease, after a look at
Graph that shows no PATCH which our row does not know, and only once the row says that it is being touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.watching.subscriptions import APART, Act, State, Step, Subscription
from shared.domain.watching.transitions import deleted, lasting, touching
from shared.flows.keep_alive import BUSY, KeepAlive
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.keep_alive.lease import Lease, try_lease
from shared.flows.keep_alive.pace import Pace
from shared.flows.keep_alive.readers import Outcome
from shared.flows.keep_alive.rotation import Rotation
from shared.flows.receive.denied import Denied
from shared.ports import Clock, Graph, GraphFault, Stale, Tables

SHORTEST_LEFT = APART + timedelta(minutes=5)  # of a life: the next PATCH must come in time


@dataclass(slots=True)
class ByHand:
    tables: Tables
    fleet: Fleet
    keep_alive: KeepAlive
    rotation: Rotation
    denied: Denied
    graph: Graph
    pace: Pace
    clock: Clock
    holder: str

    async def apply(self) -> list[Outcome]:
        """Everything as subscriptions.toml says, what is held too. What could not be compared is the last outcome."""
        unfinished = await self.keep_alive.reconcile(asked=True)
        outcomes = await self.keep_alive.work()
        if unfinished:
            step = Step(act=Act.KEEP, spec="all", why="what Graph has is not compared with what is wanted")
            outcomes.append(Outcome(step=step, resource="", fault=unfinished))
        return outcomes

    async def renew(self, named: Sequence[Subscription]) -> list[Outcome]:
        """One outcome for each, also when it is not its time or another process is at work."""
        done = {one.step.spec: one for one in await self.keep_alive.renew([one.spec for one in named])}
        return [done.get(one.spec) or await self._not_renewed(one) for one in named]

    async def reauthorize(self, named: Sequence[Subscription]) -> list[Outcome]:
        """POST /reauthorize: a new access check without a longer life. `renew` does both, and is what to use."""
        async with try_lease(self.tables, self.clock, name="keep_alive", holder=self.holder) as lease:
            why = "reauthorized by hand"
            return [_outcome(one, why, await self._reauthorize(one, lease)) for one in named]

    async def delete(self, named: Sequence[Subscription]) -> list[Outcome]:
        """Deleted at Graph; what an entry still wants stays away until `apply`, what none wants is gone for good."""
        now = self.clock.now()
        changed = await self.fleet.update_all([(one, deleted(one, now=now)) for one in named])
        done = {outcome.step.spec: outcome for outcome in await self.keep_alive.work()}
        return [
            _outcome(one, "deleted by hand", done[one.spec].fault if one.spec in done else BUSY, act=Act.REMOVE)
            for one in named
            if one.spec in changed or one.spec in done
        ]

    async def rotate(self, named: Sequence[Subscription], *, deny: bool) -> list[Outcome]:
        """Made anew with the newest key, now. `deny`: and their older states are believed no more, from now on."""
        newest = self.rotation.ring.newest
        if all(one.key_version >= newest for one in named if one.id) and not deny:
            why = f"it has the newest key ({newest}) already: add a newer one to CLIENT_STATE_KEYS"
            return [_outcome(one, why, "") for one in named]
        if deny:
            older = [version for version in self.rotation.ring.keys if version < newest]
            if not older:
                why = "there is no older key to deny: add a newer one to CLIENT_STATE_KEYS first"
                return [_outcome(one, "nothing is denied", why) for one in named]
            await self.denied.deny(older, [one.spec for one in named])
        await self.rotation.rotate(named)
        return await self.keep_alive.work()

    async def _not_renewed(self, one: Subscription) -> Outcome:
        known = await self.fleet.get(one.spec)
        why = "it is gone" if known is None else known.held or BUSY
        if known and not known.held and known.due_at > self.clock.now():
            why = f"Graph wants ten minutes after a touch: it is renewed at {known.due_at:%H:%M:%S} UTC"
        return _outcome(one, "renewed by hand", why, act=Act.RENEW)

    async def _reauthorize(self, one: Subscription, lease: Lease | None) -> str:
        """The fault in words, empty when it went well."""
        if lease is None or not await lease.still_ours():
            return BUSY
        known = await self.fleet.get(one.spec)
        if known is None or (fault := self._unfit(known)):
            return fault if known else "it is gone"
        try:
            await self.pace.spend(2)
            found = await self.graph.get_subscription(known.id)
            if found.expires_at != known.expires_at:
                lasts = lasting(known, expires_at=found.expires_at, now=self.clock.now())
                await self.fleet.update(known, lasts)
                return "Graph has another expiry than we know: it was renewed just now, which reauthorizes too"
            await self.fleet.update(known, touching(known, now=self.clock.now()))
            await self.graph.reauthorize_subscription(known.id)
        except Stale:
            return "somebody else changed it meanwhile"
        except GraphFault as refusal:
            return str(refusal)
        return ""

    def _unfit(self, known: Subscription) -> str:
        now = self.clock.now()
        if known.state not in (State.LIVE, State.RESYNCING) or not known.id or known.expires_at is None:
            return f"it is {known.state.value}: there is nothing to reauthorize"
        if known.touching_at and now < known.touching_at + APART:
            return f"it was touched at {known.touching_at:%H:%M:%S} UTC, and Graph wants ten minutes in between"
        if (known.renew_at and known.renew_at <= now) or known.expires_at < now + SHORTEST_LEFT:
            return "it is due for renewal, which reauthorizes too: use `renew`"
        return ""


def _outcome(one: Subscription, why: str, fault: str, *, act: Act = Act.KEEP) -> Outcome:
    return Outcome(step=Step(act=act, spec=one.spec, why=why), resource=one.resource, fault=fault)
