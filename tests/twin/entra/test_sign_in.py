import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-to-like-it"
BACK = "http://localhost:7071/"


@pytest.fixture
def query(world):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    return {
        "client_id": world.api_app_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": f"{world.entra.api_audience}/access_as_user openid offline_access",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": "where I was & why",
        "nonce": "once",
    }


@pytest.fixture
def press(world, entra, query):
    async def press(alias, **change):
        page = f"/{world.tenant_id}/oauth2/v2.0/authorize"
        return await entra.post(page, params=query | change, data={"person": alias})

    return press


@pytest.fixture
def redeem(ask_token):
    async def redeem(code, **change):
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "redirect_uri": BACK}
        return await ask_token(**{"client_secret": None} | form | change)

    return redeem


def code_in(response):
    return parse_qs(urlsplit(response.headers["location"]).query)["code"][0]


async def test_the_page_has_one_button_for_each_person(world, entra, query):
    page = await entra.get(f"/{world.tenant_id}/oauth2/v2.0/authorize", params=query)

    assert page.status_code == 200
    assert page.text.count("<button") == len(world.people)
    assert all(person.name in page.text for person in world.people)


async def test_a_press_of_the_button_signs_the_person_in(world, press, redeem):
    back = await press("grace")
    answer = (await redeem(code_in(back))).json()

    assert back.status_code == 303
    assert back.headers["location"].startswith(BACK + "?")
    assert parse_qs(urlsplit(back.headers["location"]).query)["state"] == ["where I was & why"]
    claims = world.entra.verify(answer["access_token"], world.entra.api_audience)
    assert (claims["name"], claims["scp"]) == ("Grace Hopper", "access_as_user")
    identity = jwt.decode(answer["id_token"], options={"verify_signature": False})
    assert (identity["aud"], identity["nonce"]) == (world.api_app_id, "once")


async def test_the_answer_comes_behind_a_hash_when_the_page_asks_for_it(press):
    back = await press("ada", response_mode="fragment")

    assert "code" in parse_qs(urlsplit(back.headers["location"]).fragment)


async def test_a_refresh_token_gives_the_next_tokens(world, press, redeem, ask_token):
    first = (await redeem(code_in(await press("alan")))).json()

    second = await ask_token(client_secret=None, grant_type="refresh_token", refresh_token=first["refresh_token"])

    claims = world.entra.verify(second.json()["access_token"], world.entra.api_audience)
    assert claims["name"] == "Alan Turing"
    assert second.json()["refresh_token"] != first["refresh_token"]


async def test_a_revoked_sign_in_gives_no_more_tokens(world, press, redeem, ask_token):
    first = (await redeem(code_in(await press("alan")))).json()
    world.switches.sign_ins_revoked = True

    second = await ask_token(client_secret=None, grant_type="refresh_token", refresh_token=first["refresh_token"])

    assert (second.status_code, second.json()["error_codes"]) == (400, [50173])


async def test_an_access_token_may_be_over_at_once(world, press, redeem):
    world.switches.user_token_s = 0

    token = (await redeem(code_in(await press("alan")))).json()

    assert token["expires_in"] == 0
    with pytest.raises(jwt.ExpiredSignatureError):
        world.entra.verify(token["access_token"], world.entra.api_audience)


async def test_a_wrong_secret_is_not_overlooked(press, redeem):
    answer = await redeem(code_in(await press("ada")), client_secret="wrong")

    assert answer.json()["error_codes"] == [7000215]


async def test_a_code_works_once(press, redeem):
    code = code_in(await press("ada"))

    await redeem(code)
    again = await redeem(code)

    assert again.json()["error_codes"] == [54005]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"code_verifier": "another"}, 501481), ({"redirect_uri": "http://localhost:1/"}, 500112)],
)
async def test_a_stolen_code_is_worth_nothing(press, redeem, change, code):
    answer = await redeem(code_in(await press("ada")), **change)

    assert answer.json()["error_codes"] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"redirect_uri": "https://example.com/"}, 50011),
        ({"redirect_uri": "http://localhost:7071@example.com/"}, 50011),
        ({"code_challenge": ""}, 9002325),
        ({"code_challenge_method": "plain"}, 9002325),
        ({"response_type": "token"}, 700054),
        ({"client_id": "nobody"}, 700016),
        ({"scope": "https://localhost:1/.default"}, 500011),
    ],
)
async def test_a_wrong_request_is_shown_and_sent_nowhere(press, change, code):
    answer = await press("ada", **change)

    assert answer.status_code == 400
    assert f"AADSTS{code}" in answer.text
    assert "location" not in answer.headers


async def test_a_silent_attempt_says_that_nobody_is_signed_in(world, entra, query):
    answer = await entra.get(f"/{world.tenant_id}/oauth2/v2.0/authorize", params=query | {"prompt": "none"})

    assert "error=login_required" in answer.headers["location"]


async def test_a_page_on_the_laptop_may_redeem_by_itself_and_no_other(world, entra):
    token = f"/{world.tenant_id}/oauth2/v2.0/token"

    ours = await entra.post(token, headers={"Origin": "http://localhost:7071"})
    foreign = await entra.post(token, headers={"Origin": "https://example.com"})

    assert ours.headers["access-control-allow-origin"] == "http://localhost:7071"
    assert "access-control-allow-origin" not in foreign.headers
