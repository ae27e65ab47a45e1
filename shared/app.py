"""The flows over their ports, as one app. Each flow is imported and built when it is first asked for.

An event needs half of them, and most of what a start takes is imports.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.domain.events.router import Router
    from shared.domain.events.routes import RouteRule
    from shared.domain.watching.watch import Watch
    from shared.flows.catch_up import CatchUp
    from shared.flows.catch_up.audit import Audit
    from shared.flows.journal import Journal
    from shared.flows.journal.commit import Committer
    from shared.flows.journal.days import Days
    from shared.flows.keep_alive import KeepAlive
    from shared.flows.keep_alive.by_hand import ByHand
    from shared.flows.keep_alive.fleet import Fleet
    from shared.flows.keep_alive.heard import Heard
    from shared.flows.keep_alive.hints import Hints
    from shared.flows.keep_alive.lifecycle import Lifecycle
    from shared.flows.keep_alive.pace import Pace
    from shared.flows.keep_alive.rotation import Rotation
    from shared.flows.mail import Outbox
    from shared.flows.receive import Receive
    from shared.flows.receive.arrivals import Arrivals
    from shared.flows.receive.denied import Denied
    from shared.flows.receive.handling import Handling
    from shared.flows.receive.senders import Senders
    from shared.flows.receive.summaries import Summaries
    from shared.flows.receive.work import Work
    from shared.flows.upkeep.dead_letters import DeadLetters
    from shared.flows.upkeep.quarantine import Quarantine
    from shared.flows.upkeep.replay import Replay
    from shared.flows.upkeep.retention import Retention
    from shared.outside import Outside
    from shared.ports import Clock, Mailboxes
    from shared.settings import Settings


class App:
    """Everything that a trigger may call."""

    def __init__(self, settings: Settings, watch: Watch, outside: Outside, rules: Sequence[RouteRule] = ()) -> None:
        self.settings, self.watch, self.outside = settings, watch, outside
        self.writer = secrets.token_hex(6)  # names this process start
        self._rules = rules

    @property
    def clock(self) -> Clock:
        return self.outside.clock

    @property
    def mailboxes(self) -> Mailboxes | None:
        """None: nobody can sign in, so there is nobody's mail to show."""
        return self.outside.mailboxes

    @cached_property
    def days(self) -> Days:
        from shared.flows.journal.days import Days

        return Days(self.outside.tables, self.clock, self.settings.log_lanes)

    @cached_property
    def journal(self) -> Journal:
        from shared.flows.journal import Journal

        return Journal(self.outside.tables, self.outside.blobs, self.days, self.clock)

    @cached_property
    def committer(self) -> Committer:
        from shared.flows.journal.commit import Committer

        return Committer(self.outside.tables, self.outside.blobs, self.days, self.clock, self.writer)

    @cached_property
    def receive(self) -> Receive:
        from shared.flows.receive import Receive
        from shared.flows.receive.herald import Herald
        from shared.flows.receive.wanted import Wanted

        return Receive(
            self.settings.key_ring,
            self.settings.tenant_id,
            Wanted(self.watch, self.fleet, self.clock),
            self.committer,
            self.quarantine,
            self.router,
            self.handling,
            Herald(self.outside.push, self.outside.telemetry),
            self.clock,
            self.keep_alive.if_late,
            self.summaries,
            self.denied,
            self.heard,
            self._hints.take,
            self.outside.telemetry,
        )

    @cached_property
    def router(self) -> Router:
        from shared.flows.receive.routes import routes_of
        from shared.handlers import find_handlers

        router = find_handlers()
        for route in routes_of(self._rules):
            router.add(route)
        return router

    @cached_property
    def summaries(self) -> Summaries:
        from shared.flows.receive.heads import GatheredHeads
        from shared.flows.receive.summaries import Summaries

        heads = GatheredHeads(self.outside.graph, self.clock) if self.settings.summaries else None
        return Summaries(self.router, heads)

    @cached_property
    def handling(self) -> Handling:
        from shared.flows.receive.handling import Handling
        from shared.flows.receive.routes import Outgoing

        outside = self.outside
        return Handling(
            self.router,
            self.committer,
            self.journal,
            outside.graph,
            self.lifecycle,
            Outgoing(outside.topics, outside.queues, outside.blobs, self.clock),
            self.clock,
            outside.telemetry,
            certificates=outside.certificates,
        )

    @cached_property
    def denied(self) -> Denied:
        from shared.flows.receive.denied import Denied

        return Denied(self.outside.tables, self.clock)

    @cached_property
    def senders(self) -> Senders:
        from shared.flows.receive.senders import Senders

        settings = self.settings
        return Senders(self.outside.tokens, settings.client_id, settings.sign_in_client_id, settings.delivering_apps)

    @cached_property
    def arrivals(self) -> Arrivals:
        from shared.flows.receive.arrivals import Arrivals

        ring, tenant, outside = self.settings.key_ring, self.settings.tenant_id, self.outside
        return Arrivals(ring, tenant, self.senders, self.quarantine, outside.blobs, outside.queues, self.clock)

    @cached_property
    def work(self) -> Work:
        from shared.flows.receive.work import Work

        ring, tenant, outside = self.settings.key_ring, self.settings.tenant_id, self.outside
        return Work(ring, tenant, self.receive, self.quarantine, outside.blobs, outside.certificates)

    @cached_property
    def keep_alive(self) -> KeepAlive:
        from shared.flows.keep_alive import KeepAlive
        from shared.flows.keep_alive.caps import Caps
        from shared.flows.keep_alive.groups import Groups
        from shared.flows.keep_alive.inventory import Inventory
        from shared.flows.keep_alive.tending import Tending

        tables, graph, clock, fleet, pace = self.outside.tables, self.outside.graph, self.clock, self.fleet, self.pace
        ring, tenant = self.settings.key_ring, self.settings.tenant_id
        return KeepAlive(
            tables,
            fleet,
            Tending(fleet, graph, self.catch_up, Caps(tables), pace, clock, ring, tenant),
            Inventory(tables, fleet, graph, pace, clock),
            Groups(self.watch, graph, clock),
            self.rotation,
            clock,
            self.watch,
            self.writer,
            self.outside.telemetry,
        )

    @cached_property
    def fleet(self) -> Fleet:
        from shared.flows.keep_alive.fleet import Fleet

        return Fleet(self.outside.tables)

    @cached_property
    def pace(self) -> Pace:
        from shared.flows.keep_alive.pace import Pace

        return Pace(self.clock)

    @cached_property
    def rotation(self) -> Rotation:
        from shared.flows.keep_alive.rotation import Rotation

        return Rotation(self.outside.tables, self.fleet, self.settings.key_ring, self.clock)

    @cached_property
    def heard(self) -> Heard:
        from shared.flows.keep_alive.heard import Heard

        return Heard(self.outside.tables, self.clock)

    @cached_property
    def lifecycle(self) -> Lifecycle:
        from shared.flows.keep_alive.lifecycle import Lifecycle

        return Lifecycle(self.fleet, self.keep_alive, self.clock)

    @cached_property
    def _hints(self) -> Hints:
        from shared.flows.keep_alive.hints import Hints

        return Hints(self.fleet, self.lifecycle, self.outside.graph, self.clock)

    @cached_property
    def by_hand(self) -> ByHand:
        from shared.flows.keep_alive.by_hand import ByHand

        tables, graph, keep_alive = self.outside.tables, self.outside.graph, self.keep_alive
        rotation, denied, pace, clock = self.rotation, self.denied, self.pace, self.clock
        return ByHand(tables, self.fleet, keep_alive, rotation, denied, graph, pace, clock, self.writer)

    @cached_property
    def catch_up(self) -> CatchUp:
        from shared.flows.catch_up import CatchUp

        async def accept(*args: Any, **kwargs: Any) -> bool:  # catch_up and receive need each other
            return await self.receive.accept(*args, **kwargs)

        tables, graph, tenant = self.outside.tables, self.outside.graph, self.settings.tenant_id
        return CatchUp(tables, graph, self.clock, self.journal, self.committer, accept, tenant)

    @cached_property
    def audit(self) -> Audit:
        from shared.flows.catch_up.audit import Audit

        tables, graph, pace, clock = self.outside.tables, self.outside.graph, self.pace, self.clock
        return Audit(tables, self.fleet, self.catch_up, self.heard, self.keep_alive, graph, pace, clock, self.writer)

    @cached_property
    def quarantine(self) -> Quarantine:
        from shared.flows.upkeep.quarantine import Quarantine

        return Quarantine(self.outside.tables, self.outside.blobs, self.clock, self.outside.telemetry)

    @cached_property
    def replay(self) -> Replay:
        from shared.flows.upkeep.replay import Replay

        return Replay(self.receive, self.quarantine, self.journal, self.handling)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        from shared.flows.upkeep.dead_letters import DeadLetters

        outside = self.outside
        return DeadLetters(outside.dead_letters, outside.tables, self.receive, self.quarantine, self.clock)

    @cached_property
    def retention(self) -> Retention:
        from shared.flows.upkeep.retention import Retention

        tables, blobs, dead = self.outside.tables, self.outside.blobs, self.dead_letters
        entries = {spec.entry for spec in self.watch.specs.values()} | {group.name for group in self.watch.groups}
        return Retention(tables, blobs, self.days, self.quarantine, dead, self.fleet, entries, self.clock)

    @cached_property
    def outbox(self) -> Outbox:
        from shared.flows.mail import Outbox

        return Outbox(self.outside.tables, self.clock)
