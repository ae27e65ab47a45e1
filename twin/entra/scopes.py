"""What a `scope` parameter asks for: one resource, and permissions on it."""

from dataclasses import dataclass

from twin.entra.errors import EntraError, no_consent, unknown_resource
from twin.world import World

GRAPH = "https://graph.microsoft.com"

OPENID_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
TOKEN_EXCHANGE = "api://AzureADTokenExchange"  # audience of assertions that stand for a client secret
API_SCOPE = "access_as_user"
RESOURCES = frozenset(
    {
        GRAPH,
        TOKEN_EXCHANGE,
        "https://eventgrid.azure.net",
        "https://management.azure.com",
        "https://management.core.windows.net",
        "https://monitor.azure.com",
        "https://signalr.azure.com",
        "https://storage.azure.com",
        "https://vault.azure.net",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`resource` is the token's audience, as the client wrote it; `permissions` are without it."""

    resource: str
    permissions: frozenset[str]
    openid: frozenset[str]  # of OPENID_SCOPES

    @property
    def default(self) -> bool:
        """All that is consented to already."""
        return ".default" in self.permissions


def read_scope(world: World, scope: str) -> Asked:
    """Raises EntraError for no scope, for two resources and for one that the tenant does not know."""
    words = set(scope.split())
    pairs = [_split(word) for word in sorted(words - OPENID_SCOPES)]
    resources = {resource for resource, _ in pairs} or {GRAPH}
    if not words or len(resources) > 1:
        raise _not_one_resource(scope)
    named = resources.pop()
    require_known_resource(world, named)
    resource = world.entra.api_audience if named == world.api_app_id else named
    permissions = frozenset(permission for _, permission in pairs)
    return Asked(resource=resource, permissions=permissions, openid=frozenset(words & OPENID_SCOPES))


def require_known_resource(world: World, resource: str) -> None:
    if resource.rstrip("/") not in RESOURCES | {world.entra.api_audience, world.api_app_id}:
        raise unknown_resource(resource, world.tenant_id)


def delegated(world: World, asked: Asked, *, client_id: str) -> str:
    """The permissions that a user token gets, separated by spaces. Raises EntraError for one without consent."""
    consented = _consented(world, asked.resource)
    wanted = consented if asked.default else set(asked.permissions)
    if lacking := wanted - consented or (set() if consented else {".default"}):
        raise no_consent(client_id, lacking)
    return " ".join(sorted(wanted))


def _consented(world: World, resource: str) -> set[str]:
    if resource.rstrip("/") == GRAPH:
        return world.entra.delegated
    return {API_SCOPE} if resource == world.entra.api_audience else set()


def _split(word: str) -> tuple[str, str]:
    """https://graph.microsoft.com/Mail.Read → resource and permission. A bare permission is one of Graph's."""
    resource, slash, permission = word.rpartition("/")
    return (resource, permission) if slash else (GRAPH, permission)


def _not_one_resource(scope: str) -> EntraError:
    message = "The provided value for the input parameter 'scope' is not valid because it names no or several resources"
    return EntraError("invalid_scope", 28000, f"{message}. Scope {scope}.")
