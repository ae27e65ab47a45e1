"""The signed-in user of an HTTP request, as App Service authentication says in its headers.

The headers are believed only where the platform sets them and strips what callers send: with App Service
authentication on. https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import azure.functions as func

from shared.composition import app
from shared.domain.events.client_state import subject_of_person
from shared.domain.journal.log_layout import OPERATORS

OPERATOR_ROLE = "Pulse.Operator"
OBJECT_ID = ("http://schemas.microsoft.com/identity/claims/objectidentifier", "oid")
ROLE = ("http://schemas.microsoft.com/ws/2008/06/identity/claims/role", "roles")


@dataclass(frozen=True, slots=True)
class Principal:
    object_id: str
    is_operator: bool

    @property
    def readers(self) -> list[str]:
        """For whom journal rows may be that this person sees."""
        return [subject_of_person(self.object_id), *([OPERATORS] if self.is_operator else [])]


def principal_of(request: func.HttpRequest) -> Principal | None:
    """None for a request without a signed-in user, or where nobody vouches for the header."""
    header = request.headers.get("x-ms-client-principal", "")
    if not (header and app().settings.authentication_enabled):
        return None
    try:
        claims: list[dict[str, Any]] = json.loads(base64.b64decode(header))["claims"]
        object_id = next(str(claim["val"]) for claim in claims if claim["typ"] in OBJECT_ID)
        roles = {claim["val"] for claim in claims if claim["typ"] in ROLE}
        return Principal(object_id, OPERATOR_ROLE in roles) if subject_of_person(object_id) else None
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def access_token_of(request: func.HttpRequest) -> str:
    """The token that the caller signed in with, for our app: out of the platform's token store, or as it was sent."""
    stored = request.headers.get("x-ms-token-aad-access-token", "")
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    return stored or (sent.strip() if scheme.lower() == "bearer" else "")
