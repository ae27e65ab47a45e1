"""Opens what the flows need from the outside: the real adapter of each port, as the settings say.

SDKs are imported when their port is opened, and connect when they are first used.
"""

import importlib
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.adapters.clock import SystemClock
from shared.ports import Blobs, Certificates, Clock, Graph, Mailboxes, Push, Queues, Tables, Telemetry, Tokens, Topics
from shared.settings import InvalidSettings, Settings

STORAGE_AUDIENCE = "https://storage.azure.com"


def open_topics(settings: Settings) -> Topics:
    from shared.adapters.event_grid import EventGridTopics

    return EventGridTopics(lambda: credential_of_app(settings.client_id))


def open_clock(name: str) -> Clock:
    if not name:
        return SystemClock()
    module, _, attribute = name.partition(":")
    clock: Clock = getattr(importlib.import_module(module), attribute)
    return clock


def credential_of_app(client_id: str) -> AsyncTokenCredential:
    from shared.adapters.identity import managed_identity

    return managed_identity(client_id)


def open_tables(settings: Settings) -> Tables:
    from azure.data.tables.aio import TableServiceClient

    from shared.adapters.tables import AzureTables

    if settings.storage_connection:
        return AzureTables(TableServiceClient.from_connection_string(settings.storage_connection))
    credential = credential_of_app(settings.storage_client_id)
    return AzureTables(TableServiceClient(settings.table_uri, credential=credential, audience=STORAGE_AUDIENCE))


def open_blobs(settings: Settings) -> Blobs:
    from shared.adapters.blobs import AzureBlobs

    return AzureBlobs(lambda: _blob_service(settings, settings.blob_uri))


def open_dead_letters(settings: Settings) -> Blobs | None:
    """Where Event Grid writes what it gave up on: a container of our own account, or of another by its URL."""
    from shared.adapters.blobs import AzureBlobs

    account, _, container = settings.dead_letters.rpartition("/")
    return AzureBlobs(lambda: _blob_service(settings, account), container) if container else None


def _blob_service(settings: Settings, uri: str) -> Any:
    """`uri` is empty for our own account."""
    from azure.storage.blob.aio import BlobServiceClient

    if settings.storage_connection and uri in ("", settings.blob_uri):
        return BlobServiceClient.from_connection_string(settings.storage_connection)
    credential = credential_of_app(settings.storage_client_id)
    return BlobServiceClient(uri or settings.blob_uri, credential=credential, audience=STORAGE_AUDIENCE)


def open_queues(settings: Settings) -> Queues:
    from shared.adapters.queues import AzureQueues

    def open_service() -> Any:
        from azure.storage.queue.aio import QueueServiceClient

        if settings.storage_connection:
            return QueueServiceClient.from_connection_string(settings.storage_connection)
        credential = credential_of_app(settings.storage_client_id)
        return QueueServiceClient(settings.queue_uri, credential=credential, audience=STORAGE_AUDIENCE)

    return AzureQueues(open_service)


def open_tokens(settings: Settings, clock: Clock) -> Tokens:
    from shared.adapters.entra_tokens import EntraTokens

    return EntraTokens(settings.authority_url, settings.tenant_id, clock)


def open_certificates(settings: Settings) -> Certificates | None:
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


def open_push(settings: Settings) -> Push:
    from shared.adapters.signalr import NoPush, SignalRPush

    if not settings.signalr_url:
        return NoPush()
    return SignalRPush(credential_of_app(settings.signalr_client_id), settings.signalr_url)


def open_mailboxes(settings: Settings) -> Mailboxes | None:
    if not settings.sign_in_client_id:
        return None
    from shared.adapters.graph.mail import MsMailboxes
    from shared.adapters.identity import OnBehalfOf

    identity = credential_of_app(settings.client_id)

    def credential_of(assertion: str) -> AsyncTokenCredential:
        return OnBehalfOf(
            assertion,
            tenant_id=settings.tenant_id,
            client_id=settings.sign_in_client_id,
            authority=settings.authority_url,
            identity=identity,
        )

    return MsMailboxes(credential_of, settings.graph_url)


def open_telemetry(settings: Settings) -> Telemetry:
    from shared.adapters.telemetry import NoTelemetry, OpenTelemetry, azure_monitor

    if not settings.telemetry_connection:
        return NoTelemetry()

    def credential() -> Any:
        from azure.identity import ManagedIdentityCredential  # the exporter sends from a thread of its own

        return ManagedIdentityCredential(client_id=settings.client_id or None)

    return OpenTelemetry(azure_monitor(settings.telemetry_connection, credential))


def open_graph(settings: Settings) -> Graph:
    from shared.adapters.graph import MsGraph

    return MsGraph(credential_of_app(settings.client_id), settings.graph_url)
