import json

import httpx
import pytest
from azure.core.credentials import AccessToken

from infra.client_state_key import TRIES, ensure_key, new_keys
from infra.rest import Refused, Rest
from shared.settings import Settings


class FixedCredential:
    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken("token", 0)


class FakeVault:
    """One secret. It answers 403 to the first `late` calls, as a vault does whose role assignment is on its way."""

    def __init__(self, secret: str | None = None, *, late: int = 0) -> None:
        self.secret, self.late = secret, late

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.late:
            self.late -= 1
            return httpx.Response(403, text="ForbiddenByRbac")
        if request.method == "PUT":
            self.secret = json.loads(request.content)["value"]
        return httpx.Response(200, json={"value": self.secret}) if self.secret else httpx.Response(404)


def rest(vault: FakeVault) -> Rest:
    return Rest("https://kv/", "scope", credential=FixedCredential(), transport=httpx.MockTransport(vault))


def test_a_key_is_made_where_there_is_none():
    vault = FakeVault()

    assert ensure_key(rest(vault))
    assert vault.secret.startswith("1:")


def test_a_key_that_exists_is_never_touched():
    vault = FakeVault("1:known")

    assert not ensure_key(rest(vault))
    assert vault.secret == "1:known"


def test_a_right_that_comes_late_is_waited_for():
    pauses: list[float] = []

    assert ensure_key(rest(FakeVault(late=3)), pauses.append)
    assert len(pauses) == 3


def test_a_right_that_never_comes_is_reported_in_the_end():
    with pytest.raises(Refused, match="ForbiddenByRbac"):
        ensure_key(rest(FakeVault(late=TRIES)), lambda _: None)


def test_the_app_accepts_what_is_made():
    settings = Settings.from_environ(
        {"AZURE_TENANT_ID": "t", "AzureWebJobsStorage": "x", "CLIENT_STATE_KEYS": new_keys()}
    )

    assert settings.key_ring.newest == 1
