"""What is true of infra/*.bicep without a compiler and without Azure."""

import ast
import json
import re

import pytest
from azure.mgmt.eventgrid import models
from bicep_files import (
    FILES,
    GRAPH,
    INFRA,
    MAIN,
    PARSER,
    ROOT,
    blocks,
    keys,
    outputs,
    parameters,
    properties,
    text,
    tree,
    used_outputs,
)

from functions.principal import OPERATOR_ROLE
from infra import client_state_key, entra
from pulse.link import DEAD_LETTERS, FUNCTION

API = INFRA / "app" / "api.bicep"
EVENT_GRID_APP = "4962773b-9cdb-44cf-a8bf-237846a00ab7"  # Microsoft.EventGrid, the same in every tenant
GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (2026-11)
ROLES = {
    "eventGridDataSender": "d5a91429-5739-47e2-a06b-3470a27159e7",
    "keyVaultSecretsOfficer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "signalRServiceOwner": "7e4f1700-ea5a-4f59-8f37-079cfe29dce3",
    "storageBlobDataContributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
# Settings that the Functions host, its extensions or App Service authentication read; our code does not.
OF_THE_HOST = re.compile(
    r"AzureWebJobsStorage__(blobServiceUri|queueServiceUri|tableServiceUri|credential|clientId)"
    r"|AzureSignalRConnectionString__(serviceUri|credential|clientId)"
    r"|APPLICATIONINSIGHTS_(CONNECTION|AUTHENTICATION)_STRING|OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
)
# Settings that our code reads and Bicep leaves alone, each with its reason.
NOT_SET = {
    "AzureWebJobsStorage": "a connection string holds a key",
    "CLOCK": "only for demos",
    "GRAPH_URL": "its default is Graph itself",
    "ROUTES_FILE": "its default is the file that is deployed",
    "SUBSCRIPTIONS_FILE": "its default is the file that is deployed",
    "WEBSITE_AUTH_ENABLED": "App Service sets it",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_parses(file):
    assert not tree(file).has_error


@pytest.mark.parametrize("module", blocks(MAIN, "module"), ids=lambda module: module.symbol)
def test_a_module_gets_the_parameters_that_it_has(module):
    declared = parameters(INFRA / module.what)

    given = set(properties(properties(module.body)["params"]))

    assert given <= set(declared)
    assert {name for name, one in declared.items() if not one.has_default} <= given


def test_every_module_is_used_and_every_output_asked_of_one_exists():
    modules = {module.symbol: INFRA / module.what for module in blocks(MAIN, "module")}

    missing = [(module, name) for module, name in used_outputs(MAIN) if name not in outputs(modules[module])]

    assert not missing
    assert {file.resolve() for file in modules.values()} == {file for file in FILES if file != MAIN}


def test_the_parameters_file_names_every_parameter_but_the_clock():
    given = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]

    assert set(given) == set(parameters(MAIN)) - {"now"}


def test_parameters_without_a_default_are_those_that_azd_always_knows():
    given = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]

    always = {name for name, value in given.items() if "=" not in value["value"]}

    assert always == {"environmentName", "location", "principalId"}


def test_app_settings_are_those_that_the_code_reads():
    settings = next(block for block in blocks(API, "resource") if "appsettings" in text(block.body)[:40])
    made = keys(properties(settings.body)["properties"])
    read = settings_read()

    assert {name for name in made - read if not OF_THE_HOST.fullmatch(name)} == set()
    assert read - made == set(NOT_SET)


def settings_read() -> set[str]:
    """Out of the source: the names that settings.py asks for and those that stand as %NAME% in subscriptions.toml."""
    source = ast.parse((ROOT / "shared" / "settings.py").read_text(encoding="utf-8"))
    asked = [
        argument
        for call in ast.walk(source)
        if isinstance(call, ast.Call) and "environ" in ast.unparse(call)
        for argument in call.args[:2]
    ]
    names = {name for argument in asked if (name := setting_name(argument))}
    in_toml = re.findall(r"%(\w+)%", re.sub(r"#.*", "", (ROOT / "subscriptions.toml").read_text(encoding="utf-8")))
    return names | set(in_toml)


def setting_name(argument: ast.expr) -> str:
    written = ast.unparse(argument)
    if written == "STORAGE":
        return "AzureWebJobsStorage"
    if isinstance(argument, ast.JoinedStr):
        return written[2:-1].replace("{STORAGE}", "AzureWebJobsStorage")
    return (
        argument.value if isinstance(argument, ast.Constant) and re.fullmatch(r"[A-Z_]+", str(argument.value)) else ""
    )


def test_roles_are_the_built_in_ones_and_no_other_id_hides_in_a_file():
    others = {entra.AZURE_CLI, "c02e0126-707c-436d-b6a1-175d2748fb58", EVENT_GRID_APP}

    written = {guid for file in FILES for guid in GUID.findall(file.read_text(encoding="utf-8"))}

    assert json.loads((INFRA / "roles.json").read_text()) == ROLES
    assert written == others


def test_every_role_is_given_to_somebody():
    source = MAIN.read_text(encoding="utf-8")

    assert set(re.findall(r"roleId: roles\.(\w+)", source)) == set(ROLES)


def test_no_key_is_read_and_no_secret_put_out():
    source = "\n".join(file.read_text(encoding="utf-8") for file in FILES)
    declared = " ".join(line for file in FILES for line in outputs(file).values())

    assert not re.search(r"\blist(Keys|AccountSas|ServiceSas|Secrets)?\(|\.list\w*\(|getSecret\(", source)
    assert "vaults/secrets" not in source  # the hook makes it
    assert not re.search(r"secret|password|ConnectionString|InstrumentationKey|\bkeys?\b", declared, re.IGNORECASE)


def test_local_authentication_is_off_wherever_it_can_be():
    set_to = {
        (block.what.partition("@")[0], key): text(value)
        for file in FILES
        for block in blocks(file, "resource")
        if "properties" in properties(block.body) and properties(block.body)["properties"].type == "object"
        for key, value in properties(properties(block.body)["properties"]).items()
    }

    assert set_to["Microsoft.Storage/storageAccounts", "allowSharedKeyAccess"] == "false"
    assert set_to["Microsoft.Storage/storageAccounts", "allowBlobPublicAccess"] == "false"
    assert set_to["Microsoft.SignalRService/signalR", "disableLocalAuth"] == "true"
    assert set_to["Microsoft.Insights/components", "DisableLocalAuth"] == "true"
    assert set_to["Microsoft.KeyVault/vaults", "enableRbacAuthorization"] == "true"
    assert set_to["Microsoft.KeyVault/vaults", "enablePurgeProtection"] == "true"
    assert set_to["basicPublishingCredentialsPolicies", "allow"] == "false"


def test_partner_configuration_has_the_names_of_the_management_client():
    (configuration,) = blocks(INFRA / "app" / "partner.bicep", "resource")
    known = {
        part
        for model in (models.PartnerConfiguration, models.PartnerAuthorization, models.Partner)
        for attribute in model._attribute_map.values()
        for part in attribute["key"].split(".")
    }

    assert keys(configuration.body) <= known


def test_the_paths_outside_authentication_are_these_and_no_more():
    open_paths = re.search(r"var openPaths = \[(.*)\]", API.read_text(encoding="utf-8"))

    assert re.findall(r"'([^']+)'", open_paths[1]) == [
        "/runtime/webhooks/*",
        "/api/notifications",
        "/api/lifecycle",
        "/api/events",
        "/api/health",
    ]


def test_names_that_two_sides_must_agree_on_agree():
    api, main = API.read_text(encoding="utf-8"), MAIN.read_text(encoding="utf-8")
    secret = client_state_key.SECRET.partition("?")[0]

    assert f"vaultUri}}{secret.removeprefix('/')})'" in api
    assert f"'function:{FUNCTION}'" in api
    assert f"containers: [ '{DEAD_LETTERS}' ]" in main
    assert entra.AZURE_CLI in api
    assert entra.OPERATOR == OPERATOR_ROLE
    assert "'azd-service-name': 'api'" in api


def test_the_graph_module_grants_app_roles_and_stands_apart_with_its_own_configuration():
    source = GRAPH.read_text(encoding="utf-8")
    configuration = json.loads((GRAPH.parent / "bicepconfig.json").read_text())

    parsed = PARSER.parse(re.sub(r"(?m)^extension .*$", "", source).encode()).root_node

    assert not parsed.has_error
    assert re.findall(r"^extension (\w+)$", source, re.MULTILINE) == list(configuration["extensions"])
    assert {"Microsoft.Graph/servicePrincipals@v1.0", "Microsoft.Graph/appRoleAssignedTo@v1.0"} <= set(
        re.findall(r"^resource \w+ '([^']+)'", source, re.MULTILINE)
    )
    assert entra.GRAPH in source
    assert not any("extension " in file.read_text(encoding="utf-8") for file in FILES)


def test_in_a_network_of_its_own_the_app_reaches_every_account_that_it_uses():
    network = (INFRA / "app" / "network.bicep").read_text(encoding="utf-8")
    endpoints = re.findall(r"kind: '(\w+)'\s+zone: (\d)\s+target: (\w+)", network)
    kinds = re.search(r"var kinds = \[ (.+) \]", network)

    assert kinds
    zones = re.findall(r"\w+", kinds[1])
    assert {(kind, target) for kind, _, target in endpoints} == {
        *(("blob", "storageId"), ("queue", "storageId"), ("table", "storageId")),
        *(("blob", "deadLettersId"), ("vault", "vaultId")),
    }
    assert all(zones[int(zone)] == kind for kind, zone, _ in endpoints)
