import jwt
import pytest

from twin.entra.scopes import GRAPH
from twin.entra.tokens import APPLICATION_PERMISSIONS, GRAPH_CHANGE_TRACKING


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_a_token_is_verified_with_the_published_key_alone(world):
    token = world.entra.issue("https://storage.azure.com", subject=world.principal_id)

    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in jwt.PyJWKSet.from_dict(world.entra.jwks).keys if key.key_id == kid)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="https://storage.azure.com")

    assert claims["iss"] == f"https://sts.windows.net/{world.tenant_id}/"
    assert claims["exp"] - claims["iat"] == 3600


def test_tokens_stay_on_real_time_when_the_clock_moves(world):
    from datetime import timedelta

    world.clock.advance(timedelta(days=30))

    assert world.entra.verify(world.entra.issue(GRAPH, subject="someone"), GRAPH)


def test_a_token_from_before_a_rotation_stays_valid_until_the_next_one(world):
    token = world.entra.issue(GRAPH, subject="someone")

    world.entra.rotate()
    assert world.entra.verify(token, GRAPH)
    assert len(world.entra.jwks["keys"]) == 2
    world.entra.rotate()

    with pytest.raises(jwt.InvalidSignatureError):
        world.entra.verify(token, GRAPH)


@pytest.mark.parametrize("fault", ["audience", "expired", "other issuer", "other key", "no signature", "no token"])
def test_what_entra_did_not_issue_for_us_is_refused(world, fault):
    from twin.entra.tokens import Entra

    token = {
        "audience": lambda: world.entra.issue("https://storage.azure.com", subject="someone"),
        "expired": lambda: world.entra.issue(GRAPH, subject="someone", lifetime_s=-1),
        "other issuer": lambda: world.entra.issue(GRAPH, subject="someone", iss="https://sts.windows.net/other/"),
        "other key": lambda: Entra(world).issue(GRAPH, subject="someone"),
        "no signature": lambda: jwt.encode({"aud": GRAPH, "sub": "x"}, None, algorithm="none"),
        "no token": lambda: "x.y",
    }[fault]()

    with pytest.raises(jwt.InvalidTokenError):
        world.entra.verify(token, GRAPH)


def test_the_managed_identity_holds_the_granted_roles_in_graph_only(world):
    identity = {"client_id": world.app_id, "object_id": world.principal_id}

    graph = claims_of(world.entra.app_token(GRAPH, **identity))
    storage = claims_of(world.entra.app_token("https://storage.azure.com", **identity))

    assert set(graph["roles"]) == APPLICATION_PERMISSIONS
    assert (graph["idtyp"], graph["appid"], graph["oid"]) == ("app", world.app_id, world.principal_id)
    assert "roles" not in storage


def test_a_revoked_permission_is_missing_in_the_next_token(world):
    world.entra.granted.discard("Mail.Read")

    token = world.entra.app_token(GRAPH, client_id=world.app_id, object_id=world.principal_id)

    assert "Mail.Read" not in claims_of(token)["roles"]


def test_a_person_carries_app_roles_to_our_api_and_none_to_graph(world):
    ada = world.people[0]

    api = claims_of(
        world.entra.user_token(ada, world.entra.api_audience, client_id=world.api_app_id, scopes="access_as_user")
    )
    graph = claims_of(world.entra.user_token(ada, GRAPH, client_id=world.api_app_id, scopes="Mail.Read"))

    assert api["roles"] == ["Pulse.Operator"]
    assert (api["oid"], api["name"], api["preferred_username"]) == (ada.id, "Ada Lovelace", "ada@contoso.example")
    assert api["iss"] == f"https://login.microsoftonline.com/{world.tenant_id}/v2.0"
    assert "roles" not in graph


@pytest.mark.parametrize(("version", "caller"), [(1, "appid"), (2, "azp")])
def test_a_validation_token_names_graphs_change_tracking_as_its_version_does(world, version, caller):
    claims = claims_of(world.entra.validation_token(world.app_id, version=version))

    assert (claims["aud"], claims[caller]) == (world.app_id, GRAPH_CHANGE_TRACKING)
    assert claims["ver"] == f"{version}.0"
    assert ("login.microsoftonline.com" in claims["iss"]) == (version == 2)
