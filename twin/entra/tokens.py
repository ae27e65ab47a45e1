"""Tokens as Entra issues them, on real time, signed with keys of our own.

App tokens have the v1.0 form, user tokens the v2.0 form: the two that a Graph app meets
(https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference). Azurite wants the v1.0 issuer.
"""

import secrets
import time
import uuid
from typing import Any

import jwt

from twin.entra.keys import KeyRing
from twin.entra.scopes import GRAPH
from twin.entra.sign_in import Sessions
from twin.world import Person, World

GRAPH_CHANGE_TRACKING = "0bf30f3b-4a52-48df-9a82-234910c4a086"  # who signs the validationTokens of rich notifications
APPLICATION_PERMISSIONS = frozenset(
    {
        "User.Read.All",
        "Group.Read.All",
        "Mail.Read",
        "Mail.ReadWrite",
        "Calendars.Read",
        "Contacts.Read",
        "Files.Read.All",
        "Chat.Read.All",
        "ChannelMessage.Read.All",
        "Sites.Read.All",
        "Tasks.ReadWrite.All",
    }
)
DELEGATED_PERMISSIONS = frozenset({"User.Read", "Mail.ReadBasic", "Mail.Read", "Mail.ReadWrite", "Mail.Send"})


class Entra:
    """The tenant's issuer. `granted` and `delegated` are what an admin consented to; take one away to revoke it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = KeyRing()
        self.granted: set[str] = set(APPLICATION_PERMISSIONS)  # Graph's app roles for the app's managed identity
        self.delegated: set[str] = set(DELEGATED_PERMISSIONS)  # Graph's scopes for the app on behalf of people
        self.identity_header = secrets.token_hex(16)  # proves that a process belongs to the app: IDENTITY_HEADER
        self.sessions = Sessions()
        self.client_secret = secrets.token_urlsafe(30)  # of the app registration that people sign in to

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.public for key in self.keys.keys]}

    @property
    def v1_issuer(self) -> str:
        return f"https://sts.windows.net/{self.world.tenant_id}/"

    @property
    def v2_issuer(self) -> str:
        """What Entra writes, though it is this process that answers: relying parties compare it with discovery's."""
        return f"https://login.microsoftonline.com/{self.world.tenant_id}/v2.0"

    @property
    def api_audience(self) -> str:
        return f"api://{self.world.api_app_id}"

    def rotate(self) -> None:
        """Sign with a new key from now on. The one before stays published, older ones are gone."""
        self.keys.rotate()

    def issue(self, audience: str, *, subject: str, lifetime_s: int = 3600, **claims: Any) -> str:
        """A signed token of the v1.0 form. `claims` are added or replace the form's own; those of None are left out."""
        now = int(time.time())
        form = {
            "aud": audience,
            "iss": self.v1_issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "sub": subject,
            "tid": self.world.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        return self.keys.sign({name: value for name, value in (form | claims).items() if value is not None})

    def app_token(self, audience: str, *, client_id: str, object_id: str, lifetime_s: int = 3600) -> str:
        """For an app acting as itself. Only the managed identity holds Graph's app roles."""
        graph_roles = audience.rstrip("/") == GRAPH and client_id == self.world.app_id
        return self.issue(
            audience,
            subject=object_id,
            lifetime_s=lifetime_s,
            appid=client_id,
            appidacr="2" if client_id == self.world.app_id else "1",
            idp=self.v1_issuer,
            idtyp="app",
            oid=object_id,
            roles=sorted(self.granted) or None if graph_roles else None,
        )

    def user_token(self, person: Person, audience: str, *, client_id: str, scopes: str, **claims: Any) -> str:
        """For a person, through an app. `scopes` are separated by spaces. App roles are those of our API alone."""
        roles = list(person.roles) if audience == self.api_audience else []
        return self.issue(
            audience,
            subject=self._pairwise(person, audience),
            **self._person_claims(person),
            azp=client_id,
            scp=scopes,
            roles=roles or None,
            **claims,
        )

    def id_token(self, person: Person, *, client_id: str, nonce: str | None) -> str:
        subject = self._pairwise(person, client_id)
        return self.issue(client_id, subject=subject, nonce=nonce, **self._person_claims(person))

    def validation_token(self, app_id: str, *, version: int = 2, lifetime_s: int = 3600) -> str:
        """As in `validationTokens` of a rich notification: Graph's change tracking speaks to the app `app_id`."""
        subject = str(uuid.uuid5(uuid.UUID(GRAPH_CHANGE_TRACKING), self.world.tenant_id))
        form = {
            1: {"appid": GRAPH_CHANGE_TRACKING},
            2: {"azp": GRAPH_CHANGE_TRACKING, "iss": self.v2_issuer, "ver": "2.0"},
        }[version]
        return self.issue(app_id, subject=subject, lifetime_s=lifetime_s, oid=subject, **form)

    def verify(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token of ours for `audience`, with or without a last slash. Raises jwt.InvalidTokenError."""
        bare = audience.rstrip("/")
        return self.keys.read(token, audience=[bare, f"{bare}/"], issuers=[self.v1_issuer, self.v2_issuer])

    def person_of(self, claims: dict[str, Any]) -> Person:
        """Whom a user token speaks for. Raises jwt.InvalidTokenError for an app's token."""
        if "scp" in claims:
            for person in self.world.people:
                if person.id == claims.get("oid"):
                    return person
        raise jwt.InvalidTokenError("not the token of a person of this tenant")

    def _person_claims(self, person: Person) -> dict[str, Any]:
        who = {"oid": person.id, "name": person.name, "preferred_username": person.mail}
        return who | {"iss": self.v2_issuer, "ver": "2.0"}

    def _pairwise(self, person: Person, audience: str) -> str:
        """Entra gives a person another `sub` for each app."""
        return str(uuid.uuid5(uuid.UUID(person.id), audience))
