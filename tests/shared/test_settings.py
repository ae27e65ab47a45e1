"""Settings: read whole, every fault at once, and no secret in any text."""

import base64

import pytest
from builders import ENVIRON, TENANT

from shared.settings import InvalidSettings, Settings

SECRET = bytes(range(32, 64))
SECRET_TEXT = base64.b64encode(SECRET).decode()
CONNECTION = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0"


def faults_of(**changes: str) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_environ({**ENVIRON, **changes})
    return caught.value.faults


def test_what_is_given_is_read_and_the_rest_has_its_usual_value():
    settings = Settings.from_environ(ENVIRON)

    assert (settings.tenant_id, settings.graph_url) == (TENANT, "https://graph.microsoft.com")
    assert (settings.subscriptions_file, settings.log_lanes, settings.clock) == ("subscriptions.toml", 1, "")
    assert settings.authentication_enabled


@pytest.mark.parametrize(("text", "enabled"), [("True", True), ("true", True), ("False", False), ("1", False)])
def test_only_true_turns_authentication_on(text, enabled):
    assert Settings.from_environ({**ENVIRON, "WEBSITE_AUTH_ENABLED": text}).authentication_enabled is enabled


def test_storage_is_named_by_a_connection_string_or_by_its_addresses():
    keyless = {name: text for name, text in ENVIRON.items() if name != "AzureWebJobsStorage"}
    addresses = {
        "AzureWebJobsStorage__tableServiceUri": "https://a.table.core.windows.net",
        "AzureWebJobsStorage__blobServiceUri": "https://a.blob.core.windows.net",
        "AzureWebJobsStorage__queueServiceUri": "https://a.queue.core.windows.net",
        "AZURE_CLIENT_ID": "an-identity",
    }

    settings = Settings.from_environ({**keyless, **addresses})

    assert (settings.table_uri, settings.storage_client_id) == ("https://a.table.core.windows.net", "an-identity")


@pytest.mark.parametrize("keys", [f"2:{SECRET_TEXT}", f"2:{SECRET_TEXT.replace('+', '-').replace('/', '_')}"])
def test_keys_are_read_with_their_versions_in_either_alphabet(keys):
    ring = Settings.from_environ({**ENVIRON, "CLIENT_STATE_KEYS": f"{ENVIRON['CLIENT_STATE_KEYS']}, {keys}"}).key_ring

    assert (ring.newest, ring.keys[2], len(ring.keys)) == (2, SECRET, 2)


def test_all_faults_are_named_at_once():
    with pytest.raises(InvalidSettings) as caught:
        Settings.from_environ({"GRAPH_URL": "http://graph", "LOG_LANES": "65"})

    told = [fault.split()[0] for fault in caught.value.faults]
    assert told == ["AZURE_TENANT_ID", "CLIENT_STATE_KEYS", "LOG_LANES", "AzureWebJobsStorage", "GRAPH_URL"]
    assert all(fault in str(caught.value) for fault in caught.value.faults)


@pytest.mark.parametrize("text", ["", "0", "65", "-1", "1.5", "two"])
def test_lanes_are_a_whole_number_in_bounds(text):
    assert faults_of(LOG_LANES=text)[0].startswith("LOG_LANES")


@pytest.mark.parametrize("keys", [SECRET_TEXT, f"x:{SECRET_TEXT}", f"1:{SECRET_TEXT[:-9]}", "1:", f"1:{SECRET_TEXT}!"])
def test_wrong_keys_are_named_without_being_shown(keys):
    faults = faults_of(CLIENT_STATE_KEYS=keys)

    assert all(fault.startswith("CLIENT_STATE_KEYS") for fault in faults)
    assert SECRET_TEXT[:9] not in " ".join(faults)


def test_no_secret_shows_in_the_text_of_the_settings():
    keys = {"CLIENT_STATE_KEYS": f"1:{SECRET_TEXT}", "AzureWebJobsStorage": CONNECTION}

    shown = repr(Settings.from_environ({**ENVIRON, **keys}))

    assert "c2VjcmV0" not in shown
    assert SECRET_TEXT not in shown
    assert repr(SECRET)[2:-1] not in shown


def test_only_event_grid_may_deliver_by_http_unless_others_are_named():
    other = "54316B56-3481-47f9-8f30-0300f5542a7b"

    assert Settings.from_environ(ENVIRON).delivering_apps == {"4962773b-9cdb-44cf-a8bf-237846a00ab7"}
    assert Settings.from_environ({**ENVIRON, "EVENT_SENDERS": other}).delivering_apps == {other.lower()}
    assert faults_of(EVENT_SENDERS="Event Grid") == ("EVENT_SENDERS: want ids of apps (GUIDs), comma between several",)


def test_private_keys_are_read_by_id_and_shown_nowhere():
    settings = Settings.from_environ(
        {**ENVIRON, "ENCRYPTION_CERTIFICATES": f"one:{SECRET_TEXT}, 2026-11:{SECRET_TEXT}"}
    )

    assert settings.certificates == {"one": SECRET, "2026-11": SECRET}
    assert SECRET_TEXT not in repr(settings)
    assert Settings.from_environ(ENVIRON).certificates == {}


@pytest.mark.parametrize(
    "text",
    [
        "one",
        "one:",
        f":{SECRET_TEXT}",
        "one:%%%",
        f"one:{SECRET_TEXT},one:{SECRET_TEXT}",
        f"{'x' * 129}:{SECRET_TEXT}",
        "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)",
    ],
)
def test_a_faulty_list_of_keys_is_named_and_not_shown(text):
    (fault,) = faults_of(ENCRYPTION_CERTIFICATES=text)

    assert fault.startswith("ENCRYPTION_CERTIFICATES")
    assert SECRET_TEXT not in fault
