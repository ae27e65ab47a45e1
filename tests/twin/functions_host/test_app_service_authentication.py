"""Who is calling, as App Service tells the app."""

import base64
import json
import ssl
import threading
import time
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import trustme
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

APP = """
import json

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="who")
async def who(req: func.HttpRequest) -> str:
    return json.dumps({name: value for name, value in req.headers.items() if name.startswith("x-ms-")})


@app.event_grid_trigger(arg_name="event")
async def receive(event: str) -> None:
    pass
"""
TENANT, CLIENT = "7a0e", "c11e"
HOUR = 3_600
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"


class FakeEntra:
    """Discovery, keys and a token endpoint, over TLS, in a thread."""

    def __init__(self, certificate, authority):
        self.keys = {"first": _key()}
        self.key_reads = 0
        self.forms = []
        self.given = {}  # what the token endpoint's answers hold beside the access token
        self.refuses = False
        app = Starlette(
            routes=[
                Route(f"/{TENANT}/v2.0/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )
        self.authority = authority
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=0)
        config.load()
        config.ssl = certificate
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.005)
        self.url = f"https://localhost:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def token(self, kid="first", key=None, **claims):
        now = time.time()
        form = {"iss": ISSUER, "aud": f"api://{CLIENT}", "iat": now, "exp": now + 600, "oid": "0af7", "name": "Ada"}
        return jwt.encode(form | claims, key or self.keys[kid], algorithm="RS256", headers={"kid": kid})

    async def _discovery(self, _):
        pages = {"jwks_uri": "keys", "token_endpoint": "token", "authorization_endpoint": "authorize"}
        return JSONResponse({"issuer": ISSUER} | {name: f"{self.url}/{page}" for name, page in pages.items()})

    async def _keys(self, _):
        self.key_reads += 1
        return JSONResponse({"keys": [_public(kid, key) for kid, key in self.keys.items()]})

    async def _token(self, request):
        self.forms.append({name: values[0] for name, values in parse_qs((await request.body()).decode()).items()})
        if self.refuses:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": self.token(preferred_username="ada@contoso.example")} | self.given)

    def stop(self):
        self.server.should_exit = self.server.force_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def entra(tmp_path_factory):
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(authority))
    entra = FakeEntra(context, authority)
    yield entra
    entra.stop()


@pytest.fixture(scope="module")
def host(hosts, entra):
    settings = {
        "WEBSITE_AUTH_ENABLED": "True",
        "WEBSITE_AUTH_CLIENT_ID": CLIENT,
        "AZURE_TENANT_ID": TENANT,
        "SSL_CERT_FILE": str(entra.authority),
    }
    return hosts.start(hosts.app(APP), "--entra", entra.url, **settings)


def test_without_a_token_the_request_passes_without_forged_headers(host):
    forged = {"x-ms-client-principal-id": "me", "X-MS-CLIENT-PRINCIPAL": "x", "x-ms-token-aad-access-token": "x"}

    answer = host.http.get("/who", headers=forged)

    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("form", ["bearer", "cookie", "zumo"])
def test_a_good_token_becomes_the_principal(host, entra, form):
    token = entra.token(roles=["Pulse.Operator"], preferred_username="ada@contoso.example")

    who = host.http.get("/who", headers=_shown(form, token) | {"x-ms-client-principal-id": "forged"}).json()

    assert who["x-ms-client-principal-id"] == "0af7"
    assert who["x-ms-client-principal-name"] == "ada@contoso.example"
    assert who["x-ms-client-principal-idp"] == "aad"
    assert who["x-ms-token-aad-access-token"] == token
    principal = json.loads(base64.b64decode(who["x-ms-client-principal"]))
    assert {"typ": "roles", "val": "Pulse.Operator"} in principal["claims"]


def test_tokens_of_version_1_and_the_bare_audience_are_good(host, entra):
    token = entra.token(iss=f"https://sts.windows.net/{TENANT}/", aud=CLIENT)

    assert host.http.get("/who", headers=_shown("bearer", token)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [{"aud": "api://other"}, {"iss": "https://other.example"}, {"exp": 1}, {"nbf": 99999999999}, {"kid": "unknown"}],
)
def test_a_bad_token_is_refused(host, entra, claims):
    token = entra.token(**({"key": entra.keys["first"]} | claims))

    assert host.http.get("/who", headers=_shown("bearer", token)).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "é"])
def test_what_is_no_token_is_refused(host, token):
    answer = host.http.get("/who", headers={"authorization": f"Bearer {token}".encode()})

    assert answer.status_code == 401


def test_a_token_signed_by_somebody_else_or_by_nobody_is_refused(host, entra):
    unsigned = jwt.encode({"aud": f"api://{CLIENT}"}, None, algorithm="none", headers={"kid": "first"})

    for token in (entra.token(key=_key()), unsigned):
        assert host.http.get("/who", headers=_shown("bearer", token)).status_code == 401


def test_a_session_outlives_its_access_token_by_hours(host, entra):
    token = entra.token(iat=time.time() - 7 * HOUR, exp=time.time() - 6 * HOUR)

    who = host.http.get("/who", headers=_shown("cookie", token)).json()

    assert (who["x-ms-client-principal-id"], who["x-ms-token-aad-access-token"]) == ("0af7", token)


def test_an_ended_session_counts_as_none(host, entra):
    answer = host.http.get("/who", headers=_shown("cookie", entra.token(iat=time.time() - 9 * HOUR)))

    assert (answer.status_code, answer.json()) == (200, {})


def test_a_refresh_renews_the_session_by_its_refresh_token(host, entra):
    entra.given = {"refresh_token": "next"}
    old = entra.token(iat=time.time() - 20 * HOUR, exp=time.time() - 19 * HOUR)

    answer = host.http.get("/.auth/refresh", headers={"cookie": f"AppServiceAuthSession={old}~first"})

    assert answer.status_code == 200
    assert entra.forms[-1] == {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": "first"}
    renewed = answer.cookies["AppServiceAuthSession"]
    assert renewed.endswith("~next")
    who = host.http.get("/who", headers={"cookie": f"AppServiceAuthSession={renewed}"}).json()
    assert who["x-ms-token-aad-access-token"] == renewed.removesuffix("~next")
    host.http.cookies.clear()


@pytest.mark.parametrize(
    ("age_h", "refresh_token", "refuses", "status"),
    [(1, "", False, 403), (1, "revoked", True, 403), (81, "late", False, 401), (None, "", False, 401)],
    ids=["no refresh token", "a refused one", "longer away than the grace", "not signed in"],
)
def test_who_cannot_be_refreshed_must_sign_in_again(host, entra, age_h, refresh_token, refuses, status):
    entra.refuses = refuses
    shown = f"{entra.token(iat=time.time() - age_h * HOUR)}~{refresh_token}" if age_h else ""

    answer = host.http.get("/.auth/refresh", headers={"cookie": f"AppServiceAuthSession={shown}"})

    entra.refuses = False
    assert (answer.status_code, answer.headers.get("set-cookie")) == (status, None)


def test_keys_are_read_once_and_again_for_a_new_one(host, entra):
    host.http.get("/who", headers=_shown("bearer", entra.token()))
    before = entra.key_reads
    for _ in range(3):
        host.http.get("/who", headers=_shown("bearer", entra.token()))
    assert entra.key_reads == before

    entra.keys["second"] = _key()

    assert host.http.get("/who", headers=_shown("bearer", entra.token("second"))).status_code == 200
    assert entra.key_reads == before + 1


def test_event_grid_and_admin_are_excluded(host):
    bad = {"authorization": "Bearer x"}

    assert host.notify("receive", "{}", **bad).status_code == 202
    assert host.http.get("/admin/functions", headers=bad).status_code == 200


def test_signing_in_gives_a_session_and_signing_out_ends_it(host, entra):
    asked = host.http.get("/.auth/login/aad?post_login_redirect_uri=/mail%3Fx=1")
    question = _query(asked.headers["location"])
    assert asked.headers["location"].startswith(f"{entra.url}/authorize?")
    assert question["redirect_uri"] == f"http://127.0.0.1:{host.port}/.auth/login/aad/callback"
    assert question["client_id"] == CLIENT

    back = host.http.get("/.auth/login/aad/callback", params={"code": "c0de", "state": question["state"]})

    assert (back.status_code, back.headers["location"]) == (302, "/mail?x=1")
    session = next(each for each in back.headers.get_list("set-cookie") if each.startswith("AppServiceAuthSession="))
    assert "httponly" in session.lower()
    assert "samesite=lax" in session.lower()
    assert (entra.forms[-1]["code"], entra.forms[-1]["grant_type"]) == ("c0de", "authorization_code")
    (me,) = host.http.get("/.auth/me").json()
    assert (me["provider_name"], me["user_id"]) == ("aad", "ada@contoso.example")
    assert host.http.get("/who").json()["x-ms-client-principal-id"] == "0af7"

    assert host.http.get("/.auth/logout").status_code == 302
    assert host.http.get("/.auth/me").status_code == 401
    assert host.http.get("/who").json() == {}


def test_a_callback_that_this_browser_did_not_ask_for_is_refused(host):
    host.http.get("/.auth/login/aad")

    for parameters in ({"code": "c", "state": "other"}, {"state": "x"}, {}):
        assert host.http.get("/.auth/login/aad/callback", params=parameters).status_code == 401
    host.http.cookies.clear()
    assert host.http.get("/.auth/login/aad/callback", params={"code": "c", "state": "é"}).status_code == 401


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil"])
def test_nobody_is_sent_elsewhere_after_signing_out(host, target):
    assert host.http.get("/.auth/logout", params={"post_logout_redirect_uri": target}).headers["location"] == "/"


def test_without_the_setting_nothing_is_asked_and_nothing_is_taken_out(hosts):
    host = hosts.start(hosts.app(APP))

    answer = host.http.get("/who", headers={"authorization": "Bearer x", "x-ms-client-principal-id": "me"})

    assert (answer.status_code, answer.json()) == (200, {"x-ms-client-principal-id": "me"})
    assert host.http.get("/.auth/me").status_code == 404


def test_while_entra_is_away_a_token_is_answered_with_503(hosts, entra):
    settings = {"WEBSITE_AUTH_ENABLED": "true", "WEBSITE_AUTH_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": TENANT}
    host = hosts.start(hosts.app(APP), "--entra", "http://127.0.0.1:9", **settings)

    assert host.http.get("/who", headers=_shown("bearer", entra.token())).status_code == 503
    assert host.http.get("/who").status_code == 200


def _shown(form, token):
    return {
        "bearer": {"authorization": f"Bearer {token}"},
        "cookie": {"cookie": f"x=1; AppServiceAuthSession={token}"},
        "zumo": {"x-zumo-auth": token},
    }[form]


def _query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public(kid, key):
    return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) | {"kid": kid, "use": "sig"}
