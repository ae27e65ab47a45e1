"""Who the app is, by azure-identity: its managed identity, the same on a laptop against the twin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.credentials_async import AsyncTokenCredential

if TYPE_CHECKING:
    from azure.identity.aio import ManagedIdentityCredential

PUBLIC = "https://login.microsoftonline.com"


def managed_identity(client_id: str) -> AsyncTokenCredential:
    """The user-assigned identity with that client id; the system-assigned one when it is empty."""
    return _OnFirstToken(client_id)


@dataclass(slots=True)
class _OnFirstToken:
    """azure-identity brings 250 modules along: where storage has a connection string, no event needs them."""

    client_id: str
    _inner: "ManagedIdentityCredential | None" = None

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        return await self._opened().get_token(*scopes, **options)

    async def get_token_info(self, *scopes: str, **options: Any) -> Any:
        return await self._opened().get_token_info(*scopes, **options)

    async def close(self) -> None:
        if self._inner:
            await self._inner.close()

    async def __aenter__(self) -> "_OnFirstToken":
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.close()

    def _opened(self) -> "ManagedIdentityCredential":
        if self._inner is None:
            from azure.identity.aio import ManagedIdentityCredential

            self._inner = ManagedIdentityCredential(client_id=self.client_id or None)
        return self._inner


class OnBehalfOf:
    """A user, by the access token that they brought for our app; the app proves itself by its managed identity.

    The app registration trusts that identity (a federated credential), so no secret is kept anywhere.
    https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
    """

    def __init__(
        self, assertion: str, *, tenant_id: str, client_id: str, authority: str, identity: AsyncTokenCredential
    ) -> None:
        from azure.identity.aio import OnBehalfOfCredential

        self._identity = identity
        self._proof = ""
        self._inner = OnBehalfOfCredential(
            tenant_id,
            client_id,
            client_assertion_func=lambda: self._proof,  # not async: what it gives is fetched before each call
            user_assertion=assertion,
            authority=authority,
            disable_instance_discovery=authority != PUBLIC,
        )

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        self._proof = (await self._identity.get_token("api://AzureADTokenExchange/.default")).token
        return await self._inner.get_token(*scopes, **options)

    async def close(self) -> None:
        await self._inner.close()

    async def __aenter__(self) -> "OnBehalfOf":
        return self

    async def __aexit__(self, *fault: object) -> None:
        await self.close()
