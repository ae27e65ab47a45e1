"""Where adapters meet flows. Built once, on first use, never at import: an import that fails hides every function."""

import importlib
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.clock import SystemClock
from shared.domain.routes import RouteRule, parse_routes
from shared.domain.watch import Watch, parse_watch
from shared.flows.arrivals import Arrivals
from shared.flows.audit import Audit
from shared.flows.by_hand import ByHand
from shared.flows.caps import Caps
from shared.flows.catch_up import CatchUp
from shared.flows.commit import Committer
from shared.flows.days import Days
from shared.flows.dead_letters import DeadLetters
from shared.flows.denied import Denied
from shared.flows.fleet import Fleet
from shared.flows.groups import Groups
from shared.flows.handling import Handling
from shared.flows.heads import GatheredHeads
from shared.flows.heard import Heard
from shared.flows.herald import Herald
from shared.flows.hints import Hints
from shared.flows.inventory import Inventory
from shared.flows.journal import Journal
from shared.flows.keep_alive import KeepAlive
from shared.flows.lifecycle import Lifecycle
from shared.flows.mail import Outbox
from shared.flows.pace import Pace
from shared.flows.quarantine import Quarantine
from shared.flows.receive import Receive
from shared.flows.replay import Replay
from shared.flows.retention import Retention
from shared.flows.rotation import Rotation
from shared.flows.routes import Outgoing, routes_of
from shared.flows.senders import Senders
from shared.flows.summaries import Summaries
from shared.flows.tending import Tending
from shared.flows.wanted import Wanted
from shared.flows.work import Work
from shared.handlers import find_handlers
from shared.ports import Blobs, Certificates, Clock, Graph, Mailboxes, Push, Queues, Tables, Tokens, Topics
from shared.settings import InvalidSettings, Settings

ROOT = Path(__file__).parent.parent
STORAGE_AUDIENCE = "https://storage.azure.com"


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
    clock = clock or _clock(settings.clock)
    tables = tables or _tables(settings)
    blobs = blobs or _blobs(settings)
    graph = graph or _graph(settings)
    push = push or _push(settings)
    queues = queues or _queues(settings)
    mailboxes = mailboxes or _mailboxes(settings)
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
        topics=topics or _topics(settings),
        dead_letters=dead_letters or _dead_letters(settings),
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
    writer = secrets.token_hex(6)
    days = Days(tables, clock, settings.log_lanes)
    journal = Journal(tables, blobs, days, clock)
    committer = Committer(tables, blobs, days, clock, writer)
    quarantine, fleet = Quarantine(tables, blobs, clock), Fleet(tables)
    router = find_handlers()
    for route in routes_of(rules):
        router.add(route)
    summaries = Summaries(router, GatheredHeads(graph, clock) if settings.summaries else None)
    outgoing = Outgoing(topics or _topics(settings), queues)
    ring, tenant = settings.key_ring, settings.tenant_id

    async def accept(*args: Any, **kwargs: Any) -> bool:  # catch_up and receive need each other
        return await receive.accept(*args, **kwargs)

    catch_up = CatchUp(tables, graph, clock, journal, committer, accept, tenant)
    pace = Pace(clock)
    tending = Tending(fleet, graph, catch_up, Caps(tables), pace, clock, ring, tenant)
    inventory = Inventory(tables, fleet, graph, pace, clock)
    groups, rotation = Groups(watch, graph, clock), Rotation(tables, fleet, ring, clock)
    keep_alive = KeepAlive(tables, fleet, tending, inventory, groups, rotation, clock, watch, writer)
    lifecycle, denied, heard = Lifecycle(fleet, keep_alive, clock), Denied(tables, clock), Heard(tables, clock)
    certificates = _certificates(settings)
    handling = Handling(router, committer, journal, graph, lifecycle, outgoing, clock, certificates=certificates)
    wanted = Wanted(watch, fleet, clock)
    receive = Receive(
        ring,
        tenant,
        wanted,
        committer,
        quarantine,
        router,
        handling,
        Herald(push),
        clock,
        keep_alive.if_late,
        summaries,
        denied,
        heard,
        Hints(fleet, lifecycle, graph, clock).take,
    )
    tokens = tokens or _tokens(settings, clock)
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


def _topics(settings: Settings) -> Topics:
    from shared.adapters.event_grid import EventGridTopics

    return EventGridTopics(lambda: _credential(settings.client_id))


def _clock(name: str) -> Clock:
    if not name:
        return SystemClock()
    module, _, attribute = name.partition(":")
    clock: Clock = getattr(importlib.import_module(module), attribute)
    return clock


def _credential(client_id: str) -> AsyncTokenCredential:
    from shared.adapters.identity import managed_identity

    return managed_identity(client_id)


def _tables(settings: Settings) -> Tables:
    from azure.data.tables.aio import TableServiceClient

    from shared.adapters.tables import AzureTables

    if settings.storage_connection:
        return AzureTables(TableServiceClient.from_connection_string(settings.storage_connection))
    credential = _credential(settings.storage_client_id)
    return AzureTables(TableServiceClient(settings.table_uri, credential=credential, audience=STORAGE_AUDIENCE))


def _blobs(settings: Settings) -> Blobs:
    from shared.adapters.blobs import AzureBlobs

    return AzureBlobs(lambda: _blob_service(settings, settings.blob_uri))


def _dead_letters(settings: Settings) -> Blobs | None:
    """Where Event Grid writes what it gave up on: a container of our own account, or of another by its URL."""
    from shared.adapters.blobs import AzureBlobs

    account, _, container = settings.dead_letters.rpartition("/")
    return AzureBlobs(lambda: _blob_service(settings, account), container) if container else None


def _blob_service(settings: Settings, uri: str) -> Any:
    """`uri` is empty for our own account."""
    from azure.storage.blob.aio import BlobServiceClient

    if settings.storage_connection and uri in ("", settings.blob_uri):
        return BlobServiceClient.from_connection_string(settings.storage_connection)
    credential = _credential(settings.storage_client_id)
    return BlobServiceClient(uri or settings.blob_uri, credential=credential, audience=STORAGE_AUDIENCE)


def _queues(settings: Settings) -> Queues:
    from shared.adapters.queues import AzureQueues

    def open_service() -> Any:
        from azure.storage.queue.aio import QueueServiceClient

        if settings.storage_connection:
            return QueueServiceClient.from_connection_string(settings.storage_connection)
        credential = _credential(settings.storage_client_id)
        return QueueServiceClient(settings.queue_uri, credential=credential, audience=STORAGE_AUDIENCE)

    return AzureQueues(open_service)


def _tokens(settings: Settings, clock: Clock) -> Tokens:
    from shared.adapters.entra_tokens import EntraTokens

    return EntraTokens(settings.authority_url, settings.tenant_id, clock)


def _certificates(settings: Settings) -> Certificates | None:
    """None without any: few deployments ask for rich notifications. Raises InvalidSettings, naming each fault."""
    if not settings.certificates:
        return None
    from shared.adapters.certificates import InvalidCertificate, RsaCertificates, load_key

    keys, faults = {}, []
    for name, data in settings.certificates.items():
        try:
            keys[name] = load_key(data)
        except InvalidCertificate as fault:
            faults.append(f"ENCRYPTION_CERTIFICATES {name}: {fault}")
    if faults:
        raise InvalidSettings(faults)
    return RsaCertificates(keys)


def _push(settings: Settings) -> Push:
    from shared.adapters.signalr import NoPush, SignalRPush

    if not settings.signalr_url:
        return NoPush()
    return SignalRPush(_credential(settings.signalr_client_id), settings.signalr_url)


def _mailboxes(settings: Settings) -> Mailboxes | None:
    from shared.adapters.graph.mail import MsMailboxes
    from shared.adapters.identity import OnBehalfOf

    if not settings.sign_in_client_id:
        return None
    identity = _credential(settings.client_id)

    def credential_of(assertion: str) -> AsyncTokenCredential:
        return OnBehalfOf(
            assertion,
            tenant_id=settings.tenant_id,
            client_id=settings.sign_in_client_id,
            authority=settings.authority_url,
            identity=identity,
        )

    return MsMailboxes(credential_of, settings.graph_url)


def _graph(settings: Settings) -> Graph:
    from shared.adapters.graph import MsGraph

    return MsGraph(_credential(settings.client_id), settings.graph_url)
