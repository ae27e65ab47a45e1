"""The token endpoint: what each kind of grant gives. https://learn.microsoft.com/entra/identity-platform/v2-protocols"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import jwt

from twin.entra.clients import any_client, confidential_client
from twin.entra.errors import EntraError, invalid_grant, missing
from twin.entra.scopes import Asked, delegated, read_scope
from twin.entra.sign_in import Session, Sessions
from twin.world import Person, World, made_up_id

type Grant = Callable[[World, Sessions, Mapping[str, str]], dict[str, Any]]

LIFETIME_S = 3599


def grant(world: World, sessions: Sessions, form: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a POST of `form`, as JSON. Raises EntraError."""
    if not (kind := form.get("grant_type")):
        raise missing("grant_type")
    if kind not in GRANTS:
        message = f"The app requested an unsupported grant type '{kind}'."
        raise EntraError("unsupported_grant_type", 70003, message)
    return GRANTS[kind](world, sessions, form)


def _client_credentials(world: World, _: Sessions, form: Mapping[str, str]) -> dict[str, Any]:
    client_id = confidential_client(world, form)
    scope = form.get("scope", "")
    asked = read_scope(world, scope)
    if not asked.default or len(scope.split()) > 1:
        message = f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        raise EntraError("invalid_scope", 1002012, f"{message} with /.default suffixed to the resource identifier.")
    token = world.entra.app_token(
        asked.resource, client_id=client_id, object_id=made_up_id("api/principal"), lifetime_s=LIFETIME_S
    )
    return _answer(token)


def _on_behalf_of(world: World, sessions: Sessions, form: Mapping[str, str]) -> dict[str, Any]:
    client_id = confidential_client(world, form)
    for parameter in ("assertion", "scope"):
        if not form.get(parameter):
            raise missing(parameter)
    if form.get("requested_token_use") != "on_behalf_of":
        raise missing("requested_token_use")
    person = _asserted_person(world, form["assertion"])
    asked = read_scope(world, form["scope"])
    return _user_answer(world, sessions, Session(person=person, client_id=client_id, asked=asked), form)


def _asserted_person(world: World, assertion: str) -> Person:
    """Whom the assertion is about. It must have been issued for the very app that presents it."""
    try:
        return world.entra.person_of(world.entra.verify(assertion, world.entra.api_audience))
    except jwt.InvalidAudienceError:
        audience = jwt.decode(assertion, options={"verify_signature": False}).get("aud")
        message = f"Assertion audience does not match the Client app presenting the assertion. It was '{audience}'"
        raise invalid_grant(500131, f"{message} and the expected audience is '{world.entra.api_audience}'.") from None
    except jwt.ExpiredSignatureError:
        raise invalid_grant(500133, "Assertion is not within its valid time range.") from None
    except jwt.InvalidSignatureError:
        raise invalid_grant(50013, "Assertion failed signature validation.") from None
    except jwt.InvalidTokenError as fault:
        raise invalid_grant(50027, f"JWT token is invalid or malformed: {fault}.") from None


def _authorization_code(world: World, sessions: Sessions, form: Mapping[str, str]) -> dict[str, Any]:
    session = sessions.redeem(form, client_id=any_client(world, form))
    return _user_answer(world, sessions, session, form)


def _refresh_token(world: World, sessions: Sessions, form: Mapping[str, str]) -> dict[str, Any]:
    session = sessions.refreshed(form, client_id=any_client(world, form))
    if world.switches.sign_ins_revoked:
        raise invalid_grant(50173, "The provided grant has expired due to it being revoked. A fresh one is needed.")
    asked = read_scope(world, form["scope"]) if form.get("scope") else session.asked
    renewed = Session(person=session.person, client_id=session.client_id, asked=_offline(asked))
    return _user_answer(world, sessions, renewed, form)


def _user_answer(world: World, sessions: Sessions, session: Session, form: Mapping[str, str]) -> dict[str, Any]:
    asked, person, client_id = session.asked, session.person, session.client_id
    scopes = delegated(world, asked, client_id=client_id)
    life = world.switches.user_token_s
    token = world.entra.user_token(person, asked.resource, client_id=client_id, scopes=scopes, lifetime_s=life)
    answer = _answer(token, life) | {"scope": " ".join(f"{asked.resource}/{each}" for each in scopes.split())}
    if "offline_access" in asked.openid:
        answer["refresh_token"] = sessions.refresh_token_for(session)
    if "openid" in asked.openid:
        answer["id_token"] = world.entra.id_token(person, client_id=client_id, nonce=session.nonce)
    if form.get("client_info") == "1":
        answer["client_info"] = _client_info(person, world.tenant_id)
    return answer


def _answer(token: str, lifetime_s: int = LIFETIME_S) -> dict[str, Any]:
    return {"token_type": "Bearer", "expires_in": lifetime_s, "ext_expires_in": lifetime_s, "access_token": token}


def _offline(asked: Asked) -> Asked:
    """A refresh token is answered with the next one, asked for or not."""
    openid = asked.openid | {"offline_access"}
    return Asked(resource=asked.resource, permissions=asked.permissions, openid=openid)


def _client_info(person: Person, tenant_id: str) -> str:
    """MSAL files accounts under it."""
    who = json.dumps({"uid": person.id, "utid": tenant_id}).encode()
    return base64.urlsafe_b64encode(who).decode().rstrip("=")


GRANTS: dict[str, Grant] = {
    "client_credentials": _client_credentials,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _on_behalf_of,
    "authorization_code": _authorization_code,
    "refresh_token": _refresh_token,
}
