"""Where adapters meet flows. Built once, on first use, never at import: an import that fails hides every function."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import outside
from shared.domain.events.routes import RouteRule, parse_routes
from shared.domain.watching.watch import Watch, parse_watch
from shared.flows.catch_up import CatchUp
from shared.flows.catch_up.audit import Audit
from shared.flows.journal import Journal
from shared.flows.journal.commit import Committer
from shared.flows.journal.days import Days
from shared.flows.keep_alive import KeepAlive
from shared.flows.keep_alive.by_hand import ByHand
from shared.flows.keep_alive.caps import Caps
from shared.flows.keep_alive.fleet import Fleet
from shared.flows.keep_alive.groups import Groups
from shared.flows.keep_alive.heard import Heard
from shared.flows.keep_alive.hints import Hints
from shared.flows.keep_alive.inventory import Inventory
from shared.flows.keep_alive.lifecycle import Lifecycle
from shared.flows.keep_alive.pace import Pace
from shared.flows.keep_alive.rotation import Rotation
from shared.flows.keep_alive.tending import Tending
from shared.flows.mail import Outbox
from shared.flows.receive import Receive
from shared.flows.receive.arrivals import Arrivals
from shared.flows.receive.denied import Denied
from shared.flows.receive.handling import Handling
from shared.flows.receive.heads import GatheredHeads
from shared.flows.receive.herald import Herald
from shared.flows.receive.routes import Outgoing, routes_of
from shared.flows.receive.senders import Senders
from shared.flows.receive.summaries import Summaries
from shared.flows.receive.wanted import Wanted
from shared.flows.receive.work import Work
from shared.flows.upkeep.dead_letters import DeadLetters
from shared.flows.upkeep.quarantine import Quarantine
from shared.flows.upkeep.replay import Replay
from shared.flows.upkeep.retention import Retention
from shared.handlers import find_handlers
from shared.ports import Blobs, Clock, Graph, Mailboxes, Push, Queues, Tables, Tokens, Topics
from shared.settings import Settings

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a trigger may call."""

    settings: Settings
    watch: Watch
    clock: Clock
    days: Days
    receive: Receive
    senders: Senders
    arrivals: Arrivals
    work: Work
    handling: Handling
    journal: Journal
    quarantine: Quarantine
    replay: Replay
    dead_letters: DeadLetters
    retention: Retention
    fleet: Fleet
    keep_alive: KeepAlive
    catch_up: CatchUp
    by_hand: ByHand
    rotation: Rotation
    heard: Heard
    audit: Audit
    outbox: Outbox
    mailboxes: Mailboxes | None  # None: nobody can sign in, so there is nobody's mail to show


_app: App | None = None


def app() -> App:
    """The one of this process. Raises InvalidSettings or InvalidWatch, and tries again at the next call."""
    global _app
    if _app is None:
        _app = build(os.environ)
    return _app


def build(
    environ: Mapping[str, str],
    *,
    tables: Tables | None = None,
    blobs: Blobs | None = None,
    graph: Graph | None = None,
    clock: Clock | None = None,
    push: Push | None = None,
    queues: Queues | None = None,
    tokens: Tokens | None = None,
    mailboxes: Mailboxes | None = None,
    topics: Topics | None = None,
    dead_letters: Blobs | None = None,
) -> App:
    """Tests give their own ports; what they leave out is the real one."""
    settings = Settings.from_environ(environ)
    text = (ROOT / settings.subscriptions_file).read_text(encoding="utf-8")
    watch = parse_watch(text, environ)
    clock = clock or outside.open_clock(settings.clock)
    tables = tables or outside.open_tables(settings)
    blobs = blobs or outside.open_blobs(settings)
    graph = graph or outside.open_graph(settings)
    push = push or outside.open_push(settings)
    queues = queues or outside.open_queues(settings)
    mailboxes = mailboxes or outside.open_mailboxes(settings)
    return join(
        settings,
        watch,
        tables=tables,
        blobs=blobs,
        graph=graph,
        clock=clock,
        push=push,
        queues=queues,
        tokens=tokens,
        mailboxes=mailboxes,
        topics=topics or outside.open_topics(settings),
        dead_letters=dead_letters or outside.open_dead_letters(settings),
        rules=_rules(settings.routes_file),
    )


def join(
    settings: Settings,
    watch: Watch,
    *,
    tables: Tables,
    blobs: Blobs,
    graph: Graph,
    clock: Clock,
    push: Push,
    queues: Queues,
    tokens: Tokens | None = None,
    mailboxes: Mailboxes | None = None,
    topics: Topics | None = None,
    dead_letters: Blobs | None = None,
    rules: Sequence[RouteRule] = (),
) -> App:
    """The flows over these ports, as one app."""
    writer, telemetry = secrets.token_hex(6), outside.open_telemetry(settings)
    days = Days(tables, clock, settings.log_lanes)
    journal = Journal(tables, blobs, days, clock)
    committer = Committer(tables, blobs, days, clock, writer)
    quarantine, fleet = Quarantine(tables, blobs, clock, telemetry), Fleet(tables)
    router = find_handlers()
    for route in routes_of(rules):
        router.add(route)
    summaries = Summaries(router, GatheredHeads(graph, clock) if settings.summaries else None)
    outgoing = Outgoing(topics or outside.open_topics(settings), queues, blobs, clock)
    ring, tenant = settings.key_ring, settings.tenant_id

    async def accept(*args: Any, **kwargs: Any) -> bool:  # catch_up and receive need each other
        return await receive.accept(*args, **kwargs)

    catch_up = CatchUp(tables, graph, clock, journal, committer, accept, tenant)
    pace = Pace(clock)
    tending = Tending(fleet, graph, catch_up, Caps(tables), pace, clock, ring, tenant)
    inventory = Inventory(tables, fleet, graph, pace, clock)
    groups, rotation = Groups(watch, graph, clock), Rotation(tables, fleet, ring, clock)
    keep_alive = KeepAlive(tables, fleet, tending, inventory, groups, rotation, clock, watch, writer, telemetry)
    lifecycle, denied, heard = Lifecycle(fleet, keep_alive, clock), Denied(tables, clock), Heard(tables, clock)
    certificates = outside.open_certificates(settings)
    handling = Handling(
        router, committer, journal, graph, lifecycle, outgoing, clock, telemetry, certificates=certificates
    )
    wanted = Wanted(watch, fleet, clock)
    receive = Receive(
        ring,
        tenant,
        wanted,
        committer,
        quarantine,
        router,
        handling,
        Herald(push, telemetry),
        clock,
        keep_alive.if_late,
        summaries,
        denied,
        heard,
        Hints(fleet, lifecycle, graph, clock).take,
        telemetry,
    )
    tokens = tokens or outside.open_tokens(settings, clock)
    senders = Senders(tokens, settings.client_id, settings.sign_in_client_id, settings.delivering_apps)
    dead = DeadLetters(dead_letters, tables, receive, quarantine, clock)
    entries = {spec.entry for spec in watch.specs.values()} | {group.name for group in watch.groups}
    return App(
        settings=settings,
        watch=watch,
        clock=clock,
        days=days,
        receive=receive,
        senders=senders,
        arrivals=Arrivals(ring, tenant, senders, quarantine, blobs, queues, clock),
        work=Work(ring, tenant, receive, quarantine, blobs, certificates),
        handling=handling,
        journal=journal,
        quarantine=quarantine,
        replay=Replay(receive, quarantine, journal, handling),
        dead_letters=dead,
        retention=Retention(tables, blobs, days, quarantine, dead, fleet, entries, clock),
        fleet=fleet,
        keep_alive=keep_alive,
        catch_up=catch_up,
        by_hand=ByHand(tables, fleet, keep_alive, rotation, denied, graph, pace, clock, writer),
        rotation=rotation,
        heard=heard,
        audit=Audit(tables, fleet, catch_up, heard, keep_alive, graph, pace, clock, writer),
        outbox=Outbox(tables, clock),
        mailboxes=mailboxes,
    )


def _rules(name: str) -> tuple[RouteRule, ...]:
    file = ROOT / name
    return parse_routes(file.read_text(encoding="utf-8")) if file.is_file() else ()
