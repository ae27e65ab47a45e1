"""How an app proves at the token endpoint that it is itself: with a secret, or with a managed identity's token.

The second is a federated credential without any secret: the app registration trusts the managed identity.
https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
"""

import hmac
from collections.abc import Mapping

import jwt

from twin.entra.errors import invalid_client, missing, unknown_client
from twin.entra.scopes import TOKEN_EXCHANGE
from twin.world import World

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def known_client(world: World, form: Mapping[str, str]) -> str:
    """The client id, of the one registration that the tenant has. Raises EntraError."""
    if not (client_id := form.get("client_id")):
        raise missing("client_id")
    if client_id != world.api_app_id:
        raise unknown_client(client_id, world.tenant_id)
    return client_id


def any_client(world: World, form: Mapping[str, str]) -> str:
    """The client id of an app in a browser, which has nothing to prove itself with; what is shown all the same counts.
    Raises EntraError."""
    proof = form.get("client_assertion") or form.get("client_secret")
    return confidential_client(world, form) if proof else known_client(world, form)


def confidential_client(world: World, form: Mapping[str, str]) -> str:
    """The client id, once it is proven. Raises EntraError."""
    client_id = known_client(world, form)
    if assertion := form.get("client_assertion"):
        _check_assertion(world, assertion, form.get("client_assertion_type"))
    elif secret := form.get("client_secret"):
        _check_secret(world, secret)
    else:
        want = "'client_assertion' or 'client_secret'"
        raise invalid_client(7000218, f"The request body must contain the following parameter: {want}.")
    return client_id


def _check_secret(world: World, secret: str) -> None:
    if not hmac.compare_digest(secret.encode(), world.entra.client_secret.encode()):
        message = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
        raise invalid_client(7000215, f"{message}value, not the client secret ID, for app '{world.api_app_id}'.")


def _check_assertion(world: World, assertion: str, assertion_type: str | None) -> None:
    if assertion_type != ASSERTION_TYPE:
        raise missing("client_assertion_type")
    try:
        claims = world.entra.verify(assertion, TOKEN_EXCHANGE)
    except jwt.ExpiredSignatureError:
        raise invalid_client(700024, "Client assertion is not within its valid time range.") from None
    except jwt.InvalidTokenError as fault:
        raise invalid_client(700027, f"Client assertion failed signature validation: {fault}.") from None
    if claims["sub"] != world.principal_id:
        message = f"No matching federated identity record found for presented assertion subject '{claims['sub']}'."
        raise invalid_client(700213, message)
