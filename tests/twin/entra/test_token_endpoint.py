import jwt
import pytest

from twin.entra.clients import ASSERTION_TYPE
from twin.entra.scopes import TOKEN_EXCHANGE

ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def signed_in(world, person=0, **claims):
    entra = world.entra
    return entra.user_token(
        world.people[person], entra.api_audience, client_id=world.api_app_id, scopes="access_as_user", **claims
    )


@pytest.mark.parametrize("tenant", ["common", "own"])
async def test_discovery_names_the_issuer_that_tokens_carry(world, entra, tenant):
    home = f"/{world.tenant_id if tenant == 'own' else tenant}"

    v2 = (await entra.get(f"{home}/v2.0/.well-known/openid-configuration")).json()
    v1 = (await entra.get(f"{home}/.well-known/openid-configuration")).json()
    keys = (await entra.get(v2["jwks_uri"])).json()

    assert v2["issuer"].replace("{tenantid}", world.tenant_id) == claims_of(signed_in(world))["iss"]
    assert v1["issuer"].replace("{tenantid}", world.tenant_id) == world.entra.v1_issuer
    assert keys == world.entra.jwks
    assert v2["token_endpoint"].startswith(world.addresses.entra + home)


async def test_client_credentials_give_an_app_token_for_the_resource_of_the_scope(world, ask_token):
    answer = await ask_token(grant_type="client_credentials", scope="https://management.azure.com/.default")

    claims = world.entra.verify(answer.json()["access_token"], "https://management.azure.com")
    assert claims["appid"] == world.api_app_id
    assert answer.json()["token_type"] == "Bearer"


async def test_the_managed_identitys_token_stands_for_the_secret(world, ask_token):
    assertion = world.entra.app_token(TOKEN_EXCHANGE, client_id=world.app_id, object_id=world.principal_id)

    answer = await ask_token(
        client_secret=None,
        client_assertion=assertion,
        client_assertion_type=ASSERTION_TYPE,
        grant_type="client_credentials",
        scope="https://graph.microsoft.com/.default",
    )

    assert answer.status_code == 200


async def test_on_behalf_of_gives_a_graph_token_for_the_same_person(world, ask_token):
    answer = await ask_token(
        grant_type=ON_BEHALF_OF,
        assertion=signed_in(world, person=1),
        requested_token_use="on_behalf_of",
        scope="https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send offline_access",
    )

    claims = world.entra.verify(answer.json()["access_token"], "https://graph.microsoft.com")
    assert (claims["oid"], claims["scp"]) == (world.people[1].id, "Mail.ReadWrite Mail.Send")
    assert answer.json()["refresh_token"]


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody"}, 400, "unauthorized_client", 700016),
        ({"client_id": None}, 400, "invalid_request", 900144),
        ({"grant_type": None}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "https://localhost:7083/.default"}, 400, "invalid_resource", 500011),
        ({"scope": "https://graph.microsoft.com/Mail.Read"}, 400, "invalid_scope", 1002012),
        (
            {"scope": "https://graph.microsoft.com/.default https://vault.azure.net/.default"},
            400,
            "invalid_scope",
            28000,
        ),
        (
            {"client_secret": None, "client_assertion": "x.y", "client_assertion_type": ASSERTION_TYPE},
            401,
            "invalid_client",
            700027,
        ),
    ],
)
async def test_client_credentials_are_refused_as_entra_words_it(ask_token, form, status, error, code):
    right = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}

    answer = await ask_token(**right | form)

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["trace_id"] in body["error_description"]


async def test_another_identitys_assertion_is_not_trusted(world, ask_token):
    stranger = world.entra.app_token(TOKEN_EXCHANGE, client_id="stranger", object_id="stranger")

    answer = await ask_token(
        client_secret=None,
        client_assertion=stranger,
        client_assertion_type=ASSERTION_TYPE,
        grant_type="client_credentials",
        scope="https://graph.microsoft.com/.default",
    )

    assert answer.json()["error_codes"] == [700213]


@pytest.mark.parametrize(
    ("case", "code"),
    [("audience", 500131), ("expired", 500133), ("signature", 50013), ("app token", 50027), ("consent", 65001)],
)
async def test_on_behalf_of_refuses(world, ask_token, case, code):
    from twin.entra.tokens import Entra

    entra, person = world.entra, world.people[0]
    identity = {"client_id": world.app_id, "object_id": world.principal_id}
    forger = Entra(world)
    assertion = {
        "audience": lambda: entra.user_token(person, "https://graph.microsoft.com", client_id="x", scopes="Mail.Read"),
        "expired": lambda: signed_in(world, lifetime_s=-1),
        "signature": lambda: forger.user_token(person, entra.api_audience, client_id="x", scopes="access_as_user"),
        "app token": lambda: entra.app_token(entra.api_audience, **identity),
        "consent": lambda: signed_in(world),
    }[case]()

    answer = await ask_token(
        grant_type=ON_BEHALF_OF,
        assertion=assertion,
        requested_token_use="on_behalf_of",
        scope="https://graph.microsoft.com/Files.Read.All",
    )

    assert answer.json()["error"] == "invalid_grant"
    assert answer.json()["error_codes"] == [code]


async def test_an_unknown_tenant_is_said(entra):
    answer = await entra.post("/somebody-else/oauth2/v2.0/token", data={"grant_type": "client_credentials"})

    assert answer.json()["error_codes"] == [90002]
