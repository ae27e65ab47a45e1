"""Who the app is, by azure-identity: its managed identity, the same on a laptop against the twin."""

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import ManagedIdentityCredential


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """The user-assigned identity with that client id; the system-assigned one when it is empty."""
    return ManagedIdentityCredential(client_id=client_id) if client_id else ManagedIdentityCredential()
