"""Where adapters meet flows. Built once, on first use, never at import: an import that fails hides every function."""

import importlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.clock import SystemClock
from shared.domain.watch import Watch, parse_watch
from shared.flows.caps import Caps
from shared.flows.catch_up import CatchUp
from shared.flows.commit import Committer
from shared.flows.days import Days
from shared.flows.fleet import Fleet
from shared.flows.handling import Handling
from shared.flows.herald import Herald
from shared.flows.inventory import Inventory
from shared.flows.journal import Journal
from shared.flows.keep_alive import KeepAlive
from shared.flows.pace import Pace
from shared.flows.quarantine import Quarantine
from shared.flows.receive import Receive
from shared.flows.tending import Tending
from shared.flows.wanted import Wanted
from shared.handlers import find_handlers
from shared.ports import Blobs, Clock, Graph, Push, Tables
from shared.settings import Settings

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
    handling: Handling
    journal: Journal
    quarantine: Quarantine
    fleet: Fleet
    keep_alive: KeepAlive
    catch_up: CatchUp


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
    return join(settings, watch, tables=tables, blobs=blobs, graph=graph, clock=clock, push=push)


def join(
    settings: Settings, watch: Watch, *, tables: Tables, blobs: Blobs, graph: Graph, clock: Clock, push: Push
) -> App:
    """The flows over these ports, as one app."""
    writer = secrets.token_hex(6)
    days = Days(tables, clock, settings.log_lanes)
    journal = Journal(tables, blobs, days, clock)
    committer = Committer(tables, blobs, days, clock, writer)
    quarantine, fleet = Quarantine(tables, blobs, clock), Fleet(tables)
    router = find_handlers()
    ring, tenant = settings.key_ring, settings.tenant_id

    async def accept(*args: Any, **kwargs: Any) -> bool:  # catch_up and receive need each other
        return await receive.accept(*args, **kwargs)

    catch_up = CatchUp(tables, graph, clock, journal, committer, accept, tenant)
    pace = Pace(clock)
    tending = Tending(fleet, graph, catch_up, Caps(tables), pace, clock, ring, tenant)
    inventory = Inventory(tables, fleet, graph, pace, clock)
    keep_alive = KeepAlive(tables, fleet, tending, inventory, graph, clock, watch, writer)
    handling = Handling(router, committer, journal, graph, keep_alive, clock)
    wanted = Wanted(watch, fleet, clock)
    receive = Receive(
        ring, tenant, wanted, committer, quarantine, router, handling, Herald(push), clock, keep_alive.if_late
    )
    return App(
        settings=settings,
        watch=watch,
        clock=clock,
        days=days,
        receive=receive,
        handling=handling,
        journal=journal,
        quarantine=quarantine,
        fleet=fleet,
        keep_alive=keep_alive,
        catch_up=catch_up,
    )


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

    def open_service() -> Any:
        from azure.storage.blob.aio import BlobServiceClient

        if settings.storage_connection:
            return BlobServiceClient.from_connection_string(settings.storage_connection)
        credential = _credential(settings.storage_client_id)
        return BlobServiceClient(settings.blob_uri, credential=credential, audience=STORAGE_AUDIENCE)

    return AzureBlobs(open_service)


def _push(settings: Settings) -> Push:
    from shared.adapters.signalr import NoPush, SignalRPush

    if not settings.signalr_url:
        return NoPush()
    return SignalRPush(_credential(settings.signalr_client_id), settings.signalr_url)


def _graph(settings: Settings) -> Graph:
    from shared.adapters.graph import MsGraph

    return MsGraph(_credential(settings.client_id), settings.graph_url)
