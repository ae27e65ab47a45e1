"""What the flows need from the outside: the real adapter of each port, as the settings say.

An adapter is imported and opened when its port is first asked for, and connects when it is first used.
"""

import importlib
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from shared.ports import Blobs, Certificates, Clock, Graph, Mailboxes, Push, Queues, Tables, Telemetry, Tokens, Topics
from shared.settings import InvalidSettings, Settings

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

STORAGE_AUDIENCE = "https://storage.azure.com"


class Ports(TypedDict, total=False):
    """What takes the place of real adapters."""

    tables: Tables
    blobs: Blobs
    queues: Queues
    graph: Graph
    clock: Clock
    push: Push
    tokens: Tokens
    topics: Topics
    mailboxes: Mailboxes | None
    dead_letters: Blobs | None


class Outside:
    def __init__(self, settings: Settings, **given: Unpack[Ports]) -> None:
        self.settings = settings
        vars(self).update(given)  # a cached property that has its value already

    @cached_property
    def clock(self) -> Clock:
        name = self.settings.clock
        if not name:
            from shared.adapters.clock import SystemClock

            return SystemClock()
        module, _, attribute = name.partition(":")
        clock: Clock = getattr(importlib.import_module(module), attribute)
        return clock

    @cached_property
    def tables(self) -> Tables:
        from azure.data.tables.aio import TableServiceClient

        from shared.adapters.storage.tables import AzureTables

        return AzureTables(_service(TableServiceClient, self.settings, self.settings.table_uri))

    @cached_property
    def blobs(self) -> Blobs:
        from shared.adapters.storage.blobs import AzureBlobs

        return AzureBlobs(lambda: _blob_service(self.settings, self.settings.blob_uri))

    @cached_property
    def dead_letters(self) -> Blobs | None:
        """Where Event Grid writes what it gave up on: a container of our own account, or of another by its URL."""
        account, _, container = self.settings.dead_letters.rpartition("/")
        if not container:
            return None
        from shared.adapters.storage.blobs import AzureBlobs

        return AzureBlobs(lambda: _blob_service(self.settings, account or self.settings.blob_uri), container)

    @cached_property
    def queues(self) -> Queues:
        from shared.adapters.storage.queues import AzureQueues

        def open_service() -> Any:
            from azure.storage.queue.aio import QueueServiceClient

            return _service(QueueServiceClient, self.settings, self.settings.queue_uri)

        return AzureQueues(open_service)

    @cached_property
    def graph(self) -> Graph:
        from shared.adapters.graph import MsGraph

        return MsGraph(_identity(self.settings.client_id), self.settings.graph_url)

    @cached_property
    def topics(self) -> Topics:
        from shared.adapters.event_grid import EventGridTopics

        return EventGridTopics(lambda: _identity(self.settings.client_id))

    @cached_property
    def push(self) -> Push:
        from shared.adapters.signalr import NoPush, SignalRPush

        if not self.settings.signalr_url:
            return NoPush()
        return SignalRPush(_identity(self.settings.signalr_client_id), self.settings.signalr_url)

    @cached_property
    def tokens(self) -> Tokens:
        from shared.adapters.entra_tokens import EntraTokens

        return EntraTokens(self.settings.authority_url, self.settings.tenant_id, self.clock)

    @cached_property
    def mailboxes(self) -> Mailboxes | None:
        """None: nobody can sign in, so there is nobody's mail to show."""
        if not self.settings.sign_in_client_id:
            return None
        from shared.adapters.graph.mail import MsMailboxes

        return MsMailboxes(_on_behalf(self.settings), self.settings.graph_url)

    @cached_property
    def certificates(self) -> Certificates | None:
        """None without any: few deployments ask for rich notifications. Raises InvalidSettings, naming each fault."""
        if not self.settings.certificates:
            return None
        from shared.adapters.certificates import InvalidCertificate, RsaCertificates, load_key

        keys, faults = {}, []
        for name, data in self.settings.certificates.items():
            try:
                keys[name] = load_key(data)
            except InvalidCertificate as fault:
                faults.append(f"ENCRYPTION_CERTIFICATES {name}: {fault}")
        if faults:
            raise InvalidSettings(faults)
        return RsaCertificates(keys)

    @cached_property
    def telemetry(self) -> Telemetry:
        from shared.adapters.telemetry import NoTelemetry, OpenTelemetry, azure_monitor

        if not self.settings.telemetry_connection:
            return NoTelemetry()

        def credential() -> Any:
            from azure.identity import ManagedIdentityCredential  # the exporter sends from a thread of its own

            return ManagedIdentityCredential(client_id=self.settings.client_id or None)

        return OpenTelemetry(azure_monitor(self.settings.telemetry_connection, credential))


def _blob_service(settings: Settings, uri: str) -> Any:
    from azure.storage.blob.aio import BlobServiceClient

    return _service(BlobServiceClient, settings, uri)


def _service(kind: Any, settings: Settings, uri: str) -> Any:
    """A client of our own account; by its URI one of another, where the same identity may read."""
    own = (settings.table_uri, settings.blob_uri, settings.queue_uri)
    if settings.storage_connection and uri in own:
        return kind.from_connection_string(settings.storage_connection)
    return kind(uri, credential=_identity(settings.storage_client_id), audience=STORAGE_AUDIENCE)


def _identity(client_id: str) -> "AsyncTokenCredential":
    from shared.adapters.identity import managed_identity

    return managed_identity(client_id)


def _on_behalf(settings: Settings) -> "Callable[[str], AsyncTokenCredential]":
    """For each access token that a person brought, who calls Graph for them."""
    from shared.adapters.identity import OnBehalfOf

    identity = _identity(settings.client_id)

    def credential_of(assertion: str) -> "AsyncTokenCredential":
        return OnBehalfOf(
            assertion,
            tenant_id=settings.tenant_id,
            client_id=settings.sign_in_client_id,
            authority=settings.authority_url,
            identity=identity,
        )

    return credential_of
