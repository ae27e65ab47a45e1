"""From a bearer token to a Caller, and what a caller may do."""

from collections.abc import Mapping
from typing import Any

import jwt

from twin.graph.calls import Caller
from twin.graph.errors import GraphError, denied, unauthorized
from twin.world import World

GRAPH_AUDIENCES = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")

READ_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All")
WRITE_USERS = ("User.ReadWrite.All", "Directory.ReadWrite.All")
READ_MAIL = ("Mail.Read", "Mail.ReadWrite", "Mail.ReadBasic", "Mail.ReadBasic.All")
READ_BODIES = ("Mail.Read", "Mail.ReadWrite")
WRITE_MAIL = ("Mail.ReadWrite",)
SEND_MAIL = ("Mail.Send",)
READ_GROUPS = (
    "Group.Read.All",
    "Group.ReadWrite.All",
    "GroupMember.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
WRITE_GROUPS = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
WRITE_MEMBERS = ("GroupMember.ReadWrite.All", *WRITE_GROUPS)
READ_FILES = ("Files.Read", "Files.Read.All", "Files.ReadWrite", "Files.ReadWrite.All")
WRITE_FILES = ("Files.ReadWrite", "Files.ReadWrite.All")


def authenticate(world: World, authorization: str) -> Caller:
    """GraphError 401 unless Entra's key signed the token for Graph."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthorized("Access token is empty.")
    claims = _claims(world, token.strip())
    return Caller(
        app_id=str(claims.get("appid") or claims.get("azp") or ""),
        object_id=str(claims.get("oid", "")),
        granted=frozenset([*claims.get("roles", ()), *str(claims.get("scp", "")).split()]),
        delegated="scp" in claims,
    )


def demand(caller: Caller, permissions: tuple[str, ...], *, mailbox: str | None = None) -> None:
    """GraphError 403 without one of the permissions. Delegated mail permissions reach only the own mailbox."""
    if not caller.may(permissions):
        raise denied()
    if mailbox and caller.delegated and mailbox != caller.object_id:
        raise GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def _claims(world: World, token: str) -> Mapping[str, Any]:
    for audience in (*GRAPH_AUDIENCES, world.addresses.graph):
        try:
            claims: Mapping[str, Any] = world.entra.verify(token, audience)
        except jwt.PyJWTError:
            continue
        return claims
    raise unauthorized("Access token has expired or is not yet valid.")
