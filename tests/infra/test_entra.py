import uuid

import httpx
import pytest
from azure.core.credentials import AccessToken
from fake_entra import FakeEntra

from infra.entra import GRAPH, complete, made_id, permissions_needed, register, unique_name
from infra.rest import Refused, Rest
from shared.domain.watching.watch import InvalidWatch

IDENTITY, ADA = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
ENVIRON = {
    "AZURE_ENV_NAME": "prod",
    "AZURE_SUBSCRIPTION_ID": "5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95",
    "AZURE_TENANT_ID": "7f1c0a52-3d84-4b6e-9a17-c05e2b9d6f31",
    "RESOURCE_GROUP": "rg-prod",
    "PARTNER_TOPIC": "graph-pulse-x",
    "PARTNER_TOPIC_LOCATION": "westeurope",
    "APP_IDENTITY_PRINCIPAL_ID": IDENTITY,
    "PULSE_APP": "https://func-x.azurewebsites.net",
    "OPERATORS": f"{ADA}, ",
    "WATCHED_USERS": ADA,
}
TOPIC = """
[topic]
azure_subscription_id = "%AZURE_SUBSCRIPTION_ID%"
resource_group = "%RESOURCE_GROUP%"
name = "%PARTNER_TOPIC%"
location = "%PARTNER_TOPIC_LOCATION%"
"""


class FixedCredential:
    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken("token", 0)


@pytest.fixture
def entra():
    return FakeEntra()


@pytest.fixture
def graph(entra):
    transport = httpx.MockTransport(entra)
    return Rest("https://graph.microsoft.com/v1.0", "scope", credential=FixedCredential(), transport=transport)


def test_a_registration_is_made_once(graph, entra):
    first = register(graph, "graph-pulse-prod")
    made = list(entra.writes)

    second = register(graph, "graph-pulse-prod")

    assert first == second
    assert entra.writes == made
    assert len(entra.applications) == 1


def test_a_registration_has_the_scope_the_role_and_no_secret(graph, entra):
    client_id = register(graph, "graph-pulse-prod")

    (made,) = entra.applications
    assert made["identifierUris"] == [f"api://{client_id}"]
    assert [role["value"] for role in made["appRoles"]] == ["Pulse.Operator"]
    assert made["signInAudience"] == "AzureADMyOrg"
    assert made["api"]["preAuthorizedApplications"][0]["delegatedPermissionIds"] == [
        made["api"]["oauth2PermissionScopes"][0]["id"]
    ]
    assert "passwordCredentials" not in made


def test_completing_twice_changes_nothing_the_second_time(graph, entra):
    environ = {**ENVIRON, "PULSE_CLIENT_ID": register(graph, "graph-pulse-prod")}
    complete(graph, environ)
    made = list(entra.writes)

    complete(graph, environ)

    assert entra.writes == made


def test_registering_again_keeps_what_completing_added(graph, entra):
    environ = {**ENVIRON, "PULSE_CLIENT_ID": register(graph, "graph-pulse-prod")}
    complete(graph, environ)

    register(graph, "graph-pulse-prod")

    assert entra.applications[0]["web"]["redirectUris"] == ["https://func-x.azurewebsites.net/.auth/login/aad/callback"]


def test_the_identity_may_speak_for_the_registration(graph, entra):
    complete(graph, {**ENVIRON, "PULSE_CLIENT_ID": register(graph, "graph-pulse-prod")})

    (trusted,) = entra.credentials
    assert trusted["subject"] == IDENTITY
    assert trusted["issuer"] == f"https://login.microsoftonline.com/{ENVIRON['AZURE_TENANT_ID']}/v2.0"


def test_the_identity_gets_what_subscriptions_toml_needs_and_no_more(graph, entra):
    complete(graph, ENVIRON)

    names = {role["id"]: role["value"] for role in entra.principals[0]["appRoles"]}
    assert {names[one["appRoleId"]] for one in entra.assignments} == {"User.Read.All", "Mail.Read"}
    assert {one["principalId"] for one in entra.assignments} == {IDENTITY}


def test_permissions_that_are_granted_by_hand_are_left_out(graph, entra):
    complete(graph, {**ENVIRON, "PERMISSIONS_BY_HAND": "Mail.Read"})

    assert len(entra.assignments) == 1


def test_the_page_may_act_on_behalf_of_who_is_signed_in(graph, entra):
    complete(graph, {**ENVIRON, "PULSE_CLIENT_ID": register(graph, "graph-pulse-prod")})

    (grant,) = entra.grants
    assert grant["scope"] == "Mail.ReadWrite Mail.Send"
    assert grant["consentType"] == "AllPrincipals"
    assert [one["appId"] for one in entra.principals if one["id"] == grant["resourceId"]] == [GRAPH]


def test_consent_that_somebody_gave_is_added_to(graph, entra):
    environ = {**ENVIRON, "PULSE_CLIENT_ID": register(graph, "graph-pulse-prod")}
    complete(graph, {**environ, "PERMISSIONS_BY_HAND": "Mail.Send,Mail.Read"})
    assert entra.grants[0]["scope"] == "Mail.ReadWrite"

    complete(graph, environ)

    assert entra.grants[0]["scope"] == "Mail.ReadWrite Mail.Send"


def test_operators_get_the_role_of_the_registration(graph, entra):
    client_id = register(graph, "graph-pulse-prod")
    complete(graph, {**ENVIRON, "PULSE_CLIENT_ID": client_id})

    given = [one for one in entra.assignments if one["principalId"] == ADA]
    assert [one["appRoleId"] for one in given] == [made_id("graph-pulse-prod", "Pulse.Operator")]


def test_a_permission_that_is_not_needed_any_more_is_told_and_kept(graph, entra, capsys):
    complete(graph, ENVIRON)

    complete(graph, {**ENVIRON, "WATCHED_USERS": ""})

    assert len(entra.assignments) == 2
    assert "has Mail.Read, which is not needed" in capsys.readouterr().err


def test_no_watched_mailbox_needs_no_permission_for_mail():
    entries = '[[subscription]]\nname = "mail"\nresource = "users/{user}/messages"\nfor_each = "%WATCHED_USERS%"\n'
    text = TOPIC + entries + 'change_types = ["created"]\n'

    assert permissions_needed(text, {**ENVIRON, "WATCHED_USERS": ""}) == set()
    assert permissions_needed(text, ENVIRON) == {"Mail.Read"}


def test_a_wrong_subscriptions_file_is_refused_before_anything_is_granted():
    with pytest.raises(InvalidWatch):
        permissions_needed(TOPIC + '[[subscription]]\nname = "x"\n', ENVIRON)


def test_a_refusal_says_what_graph_said(entra):
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, text="Authorization_RequestDenied")

    graph = Rest("https://x", "s", credential=FixedCredential(), transport=httpx.MockTransport(refuse))

    with pytest.raises(Refused, match="403 Authorization_RequestDenied"):
        register(graph, "graph-pulse-prod")


def test_lists_are_read_to_their_last_page():
    def pages(request: httpx.Request) -> httpx.Response:
        if "skip" in str(request.url):
            return httpx.Response(200, json={"value": [2]})
        return httpx.Response(200, json={"value": [1], "@odata.nextLink": "https://x/rows?skip=1"})

    graph = Rest("https://x", "s", credential=FixedCredential(), transport=httpx.MockTransport(pages))

    assert graph.list("/rows") == [1, 2]


def test_two_azure_subscriptions_with_one_environment_name_get_two_registrations():
    assert unique_name(ENVIRON) != unique_name({**ENVIRON, "AZURE_SUBSCRIPTION_ID": GRAPH})
