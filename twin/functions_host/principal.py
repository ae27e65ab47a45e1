"""What App Service authentication tells an app about the caller: headers made of a token's claims. No I/O.

https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

CLAIM_NAMES = {  # the default mapping of claims, from Entra's short names to .NET's long ones
    "oid": "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "tid": "http://schemas.microsoft.com/identity/claims/tenantid",
    "scp": "http://schemas.microsoft.com/identity/claims/scope",
    "idp": "http://schemas.microsoft.com/identity/claims/identityprovider",
    "sub": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "upn": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
}
NAME_TYPE = CLAIM_NAMES["email"]
ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"  # though Entra's claims are called "roles"
SPOOFABLE = ("x-ms-client-principal", "x-ms-token-")

type Headers = list[tuple[bytes, bytes]]  # as in an ASGI scope, names in lower case


def without_principal(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Nobody outside can set the headers that say who is calling."""
    prefixes = tuple(prefix.encode() for prefix in SPOOFABLE)
    return [(name, value) for name, value in headers if not name.lower().startswith(prefixes)]


def principal_headers(claims: Mapping[str, Any], token: str) -> Headers:
    principal = {"auth_typ": "aad", "claims": mapped(claims), "name_typ": NAME_TYPE, "role_typ": ROLE_TYPE}
    headers = {
        "x-ms-client-principal": base64.b64encode(json.dumps(principal).encode()).decode(),
        "x-ms-client-principal-id": _user_id(claims),
        "x-ms-client-principal-name": user_name(claims),
        "x-ms-client-principal-idp": "aad",
        "x-ms-token-aad-access-token": token,
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def mapped(claims: Mapping[str, Any]) -> list[dict[str, str]]:
    """One entry per value: a claim with several values comes several times."""
    return [
        {"typ": CLAIM_NAMES.get(name, name), "val": value if isinstance(value, str) else json.dumps(value)}
        for name, values in claims.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def user_name(claims: Mapping[str, Any]) -> str:
    names = ("preferred_username", "upn", "unique_name", "email", "name")
    return next((str(claims[name]) for name in names if claims.get(name)), _user_id(claims))


def _user_id(claims: Mapping[str, Any]) -> str:
    return str(claims.get("oid") or claims.get("sub", ""))
