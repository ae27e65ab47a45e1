"""Each planted fault is found, named and given its remedy, over the real SDK and the twin; a healthy app has none."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure_house import NOW, AzureHouse, azure_house

from pulse.app_client import AppClient
from pulse.doctor.finding import Finding
from pulse.doctor.run import Patient, examine
from pulse.link import Patience, make_link
from pulse.running_demo import ROOT
from twin.arm.landscape import BLOB_CONTRIBUTOR, SIGNALR_OWNER, TABLE_CONTRIBUTOR
from twin.event_grid.partner_configuration import AuthorizedPartner, PartnerConfiguration, graph_authorized
from twin.event_grid.topics import ActivationState

type Plant = Callable[[AzureHouse], object]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[AzureHouse]:
    """Linked and healthy."""
    async with azure_house(tmp_path) as house:
        house.make_topic()
        async for _ in make_link(house.cloud, patience=Patience(topic_s=0, pause_s=0.001)):
            pass
        yield house


async def findings(house: AzureHouse) -> list[Finding]:
    patient = Patient(cloud=house.cloud, root=ROOT, app=AppClient(house.app_client), clock=lambda: NOW)
    return [found async for found in examine(patient)]


def key(house: AzureHouse) -> tuple[str, str, str]:
    place = house.place
    return place.azure_subscription_id.lower(), place.resource_group.lower(), place.topic.lower()


def topic(house: AzureHouse) -> Any:
    return house.world.event_grid.topic(key(house))


def wanted(house: AzureHouse) -> dict[str, Any]:
    """The event subscription's properties, as ARM shows them."""
    return house.world.event_grid.event_subscription(key(house), "graph-pulse").event_subscription.properties  # type: ignore[return-value]


def authorize(house: AzureHouse, configuration: PartnerConfiguration) -> None:
    house.world.event_grid.put_partner_configuration(key(house)[:2], configuration)


def without_role(role: str) -> Plant:
    def plant(house: AzureHouse) -> None:
        house.landscape.roles = [row for row in house.landscape.roles if row[1] != role]

    return plant


def ten_topics(house: AzureHouse) -> None:
    for number in range(9):
        house.make_topic(f"another-{number}")


def name_taken_elsewhere(house: AzureHouse) -> None:
    house.world.event_grid.delete_topic(key(house))
    authorize_elsewhere = graph_authorized(NOW + timedelta(days=300))
    house.world.event_grid.put_partner_configuration((key(house)[0], "rg-other"), authorize_elsewhere)
    house.make_topic(group="rg-other", source="/tenants/t/applications/other")


def setting(name: str, value: str) -> Plant:
    return lambda house: house.landscape.app_settings.__setitem__(name, value)


def app_state(**changes: object) -> Plant:
    return lambda house: house.app.state.update(changes)


OTHER = PartnerConfiguration(
    partners=(AuthorizedPartner(name="Auth0", registration_id=None, expires_at=NOW + timedelta(days=9)),)
)
FAULTS: dict[str, tuple[Plant, str, str, str]] = {  # name: the fault, its check, words of its line, of its remedy
    "provider": (
        lambda house: setattr(house.landscape, "registration_state", "NotRegistered"),
        "provider",
        "NotRegistered",
        "az provider register",
    ),
    "no partner configuration": (
        lambda house: setattr(house.world.switches, "partner_authorized", False),
        "partner authorized",
        "no partner configuration",
        "azd provision",
    ),
    "graph not a partner": (lambda house: authorize(house, OTHER), "partner authorized", "not among", "authorize"),
    "authorization ended": (
        lambda house: authorize(house, graph_authorized(NOW - timedelta(days=1))),
        "partner authorized",
        "ended on",
        "azd provision",
    ),
    "authorization ends soon": (
        lambda house: authorize(house, graph_authorized(NOW + timedelta(days=20))),
        "partner authorized",
        "ends soon",
        "azd provision",
    ),
    "no topic": (
        lambda house: house.world.event_grid.delete_topic(key(house)),
        "topic",
        "there is no partner topic",
        "subscriptions apply",
    ),
    "name taken": (name_taken_elsewhere, "topic", "is taken", "unique in a region"),
    "topic deactivated": (
        lambda house: setattr(topic(house), "activation_state", ActivationState.DEACTIVATED),
        "topic activated",
        "no event flows",
        "pulse link",
    ),
    "topic never activated": (
        lambda house: setattr(topic(house), "activation_state", ActivationState.NEVER_ACTIVATED),
        "topic activated",
        "it is deleted on",
        "pulse link",
    ),
    "ten topics": (ten_topics, "topics in use", "10 of 10", "another-0"),
    "no event subscription": (
        lambda house: house.world.event_grid.delete_event_subscription(key(house), "graph-pulse"),
        "event subscription",
        "no event subscription",
        "pulse link",
    ),
    "bound to another function": (
        lambda house: wanted(house)["destination"]["properties"].update(resourceId="/x/functions/old"),
        "event subscription bound",
        "/x/functions/old",
        "pulse link",
    ),
    "other schema": (
        lambda house: wanted(house).update(eventDeliverySchema="EventGridSchema"),
        "schema",
        "EventGridSchema",
        "delete the event subscription",
    ),
    "a filter": (
        lambda house: wanted(house).update(filter={"includedEventTypes": ["Microsoft.Graph.UserUpdated"]}),
        "filter",
        "lifecycle",
        "pulse link",
    ),
    "no dead letters": (
        lambda house: wanted(house).pop("deadLetterWithResourceIdentity"),
        "dead letters",
        "dropped",
        "DEAD_LETTER_STORAGE_ID",
    ),
    "dead letter identity gone": (
        lambda house: house.landscape.resources.pop(house.landscape.topic_identity.lower()),
        "dead letters",
        "is gone",
        "azd provision",
    ),
    "dead letter role": (
        without_role(BLOB_CONTRIBUTOR),
        "dead letter role",
        "Storage Blob Data Contributor on stdl",
        "role assignment",
    ),
    "table role": (without_role(TABLE_CONTRIBUTOR), "grants", "Storage Table Data Contributor", "azd provision"),
    "signalr role": (without_role(SIGNALR_OWNER), "grants", "SignalR Service Owner", "azd provision"),
    "signalr mode": (
        lambda house: house.landscape.signalr["properties"].update(
            features=[{"flag": "ServiceMode", "value": "Classic"}]
        ),
        "signalr",
        "Classic",
        "--service-mode Serverless",
    ),
    "no function app": (
        lambda house: house.landscape.resources.pop(house.landscape.site["id"].lower()),
        "function app",
        "there is no",
        "azd provision",
    ),
    "app stopped": (
        lambda house: house.landscape.site["properties"].update(state="Stopped"),
        "function app",
        "Stopped",
        "az functionapp start",
    ),
    "no identity": (lambda house: house.landscape.site.pop("identity"), "identity", "no user-assigned", "provision"),
    "permission": (
        lambda house: house.world.entra.granted.discard("Mail.Read"),
        "permission: mail",
        "Mail.Read is not granted",
        "postprovision",
    ),
    "setting missing": (
        lambda house: house.landscape.app_settings.pop("AZURE_TENANT_ID"),
        "settings",
        "AZURE_TENANT_ID is missing",
        "set AZURE_TENANT_ID",
    ),
    "key in a setting": (setting("AzureWebJobsStorage", "AccountKey=x"), "settings", "holds a key", "remove"),
    "key vault": (
        lambda house: house.landscape.references.update(CLIENT_STATE_KEYS="AccessToKeyVaultDenied"),
        "key vault",
        "AccessToKeyVaultDenied",
        "Key Vault Secrets User",
    ),
    "app misconfigured": (
        lambda house: setattr(house.app, "health", (503, {"status": "misconfigured"})),
        "app",
        "misconfigured",
        "log",
    ),
    "timer silent": (
        app_state(ticked_at=(NOW - timedelta(minutes=40)).isoformat()),
        "timer",
        "40 min ago",
        "keep_alive",
    ),
    "timer never": (app_state(ticked_at=None), "timer", "never ticked", "keep_alive"),
    "clock": (app_state(now=(NOW + timedelta(minutes=9)).isoformat()), "clock", "+540 s", "timedatectl"),
    "life": (
        app_state(least_life={"percent": 11, "spec": "mail~a", "expires_at": NOW.isoformat()}),
        "least life",
        "11 % left of mail~a",
        "subscriptions list",
    ),
    "parked": (app_state(states={"live": 3, "parked": 1}), "subscriptions", "1 parked", "note"),
    "other topic": (
        lambda house: house.app.state.update(
            topic={"azure_subscription_id": "x", "resource_group": "y", "name": "z", "location": "w"}
        ),
        "app's topic",
        "x/y/z",
        "azd env get-values",
    ),
    "no right": (
        lambda house: house.gate.always.update({"roleAssignments": 403}),
        "grants",
        "refused with 403",
        "Reader",
    ),
    "signed out": (
        lambda house: house.gate.always.update({"partnerConfigurations": 401}),
        "partner authorized",
        "nobody is signed in",
        "az login",
    ),
}


async def test_a_healthy_app_has_no_fault(house: AzureHouse) -> None:
    found = await findings(house)

    assert [each for each in found if not each.ok] == []
    assert {"provider", "partner authorized", "topic activated", "schema", "permission: mail", "timer"} <= {
        each.check for each in found
    }


@pytest.mark.parametrize("name", FAULTS)
async def test_a_planted_fault_is_named_with_its_remedy(house: AzureHouse, name: str) -> None:
    plant, check, words, remedy = FAULTS[name]

    plant(house)
    faults = [each for each in await findings(house) if not each.ok]

    assert any(each.check == check and words in each.detail and remedy in each.fix for each in faults), faults
    assert all(each.fix for each in faults)


async def test_an_app_that_nobody_named_is_a_note_and_the_rest_is_looked_at(house: AzureHouse) -> None:
    patient = Patient(cloud=house.cloud, root=ROOT, app=None, why_no_app="not named")

    found = [each async for each in examine(patient)]

    assert {each.check for each in found if each.is_note} == {"app", "permissions"}
    assert any(each.check == "schema" for each in found)
