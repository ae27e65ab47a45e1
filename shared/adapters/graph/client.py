"""Opens the SDK's client.

The first entity that the SDK parses costs a second, because `Entity.get_field_deserializers` imports every model there
is (msgraph-sdk 1.65, 2026-11). `base_fields` takes its place and returns the two fields that it would; a test compares
them with the original's. SDK retries are off: the flows keep their own pace, and know their own time limit.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.credentials_async import AsyncTokenCredential

from shared.ports import GraphFault

if TYPE_CHECKING:
    from msgraph import GraphServiceClient

TIMEOUT_S = 30.0


def open_client(credential: AsyncTokenCredential, url: str) -> "GraphServiceClient":
    import httpx
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from kiota_http.middleware.options import RetryHandlerOption
    from msgraph import GraphRequestAdapter, GraphServiceClient
    from msgraph.generated.models.entity import Entity
    from msgraph.graph_request_adapter import options as defaults
    from msgraph_core import GraphClientFactory

    Entity.get_field_deserializers = base_fields  # type: ignore[method-assign,assignment]
    retries = RetryHandlerOption(max_retries=0, should_retry=False)
    options: Any = {**defaults, RetryHandlerOption.get_key(): retries}
    client = GraphClientFactory.create_with_default_middleware(options=options)
    client.timeout = httpx.Timeout(TIMEOUT_S)
    host = str(httpx.URL(url).host)
    # the credential caches its tokens and lives as long as the process; the SDK would close it after each call
    unclosed: Any = _Unclosed(credential)
    provider = AzureIdentityAuthenticationProvider(unclosed, scopes=[_scope(host)], allowed_hosts=[host])
    adapter = GraphRequestAdapter(provider, client)
    adapter.base_url = f"{url}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def pinned(link: str, root: str) -> str:
    """A link out of an answer is followed to Graph's own host only: our token goes along with it."""
    import httpx

    asked, ours = httpx.URL(link), httpx.URL(root)
    if (asked.scheme, asked.host, asked.port) != (ours.scheme, ours.host, ours.port):
        raise GraphFault(0, "foreign_link", f"a link leads to {asked.scheme}://{asked.host}")
    return link


def _scope(host: str) -> str:
    """A national cloud's Graph wants a token of its own; the twin's is the worldwide one's double."""
    return f"https://{'graph.microsoft.com' if host == 'localhost' else host}/.default"


@dataclass(slots=True)
class _Unclosed:
    credential: AsyncTokenCredential

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        return await self.credential.get_token(*scopes, **options)

    async def close(self) -> None:
        return None


def base_fields(entity: Any) -> dict[str, Any]:
    """What Entity.get_field_deserializers returns, without importing 1,200 models to say so."""
    return {
        "id": lambda node: setattr(entity, "id", node.get_str_value()),
        "@odata.type": lambda node: setattr(entity, "odata_type", node.get_str_value()),
    }
