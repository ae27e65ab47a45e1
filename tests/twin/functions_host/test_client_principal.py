"""The headers that say who is calling."""

import base64
import json

from twin.functions_host.principal import principal_headers, without_principal

CLAIMS = {
    "aud": "api://x",
    "oid": "0af7",
    "tid": "77",
    "preferred_username": "ada@contoso.example",
    "roles": ["Pulse.Operator", "Pulse.Reader"],
    "exp": 1,
}


def test_the_principal_carries_every_claim_under_its_mapped_name():
    principal = json.loads(base64.b64decode(_headers()["x-ms-client-principal"]))

    assert principal["auth_typ"] == "aad"
    assert {"typ": "http://schemas.microsoft.com/identity/claims/objectidentifier", "val": "0af7"} in principal[
        "claims"
    ]
    assert [claim["val"] for claim in principal["claims"] if claim["typ"] == "roles"] == [
        "Pulse.Operator",
        "Pulse.Reader",
    ]
    assert {"typ": "exp", "val": "1"} in principal["claims"]


def test_id_name_provider_and_token_have_headers_of_their_own():
    headers = _headers()

    assert headers["x-ms-client-principal-id"] == "0af7"
    assert headers["x-ms-client-principal-name"] == "ada@contoso.example"
    assert headers["x-ms-client-principal-idp"] == "aad"
    assert headers["x-ms-token-aad-access-token"] == "to.ke.n"


def test_an_app_without_a_name_is_named_by_its_object_id():
    headers = dict(principal_headers({"oid": "0af7"}, "t"))

    assert headers[b"x-ms-client-principal-name"] == b"0af7"


def test_forged_headers_are_taken_out_in_any_case_of_letters():
    forged = [(b"X-MS-CLIENT-PRINCIPAL-ID", b"x"), (b"x-ms-client-principal", b"x"), (b"x-ms-token-aad-id-token", b"x")]

    assert without_principal([*forged, (b"x-ms-request-id", b"1")]) == [(b"x-ms-request-id", b"1")]


def _headers():
    return {name.decode(): value.decode() for name, value in principal_headers(CLAIMS, "to.ke.n")}
