"""Where a queue binding finds its account, and host.json's extensions.queues."""

from datetime import timedelta

import pytest

from twin.functions_host.queue_options import QueueOptions, queue_options
from twin.functions_host.storage_account import QueueAccount, StorageSettingsError, queue_account


def test_without_a_connection_the_hosts_own_storage_is_meant():
    assert queue_account({}, {"AzureWebJobsStorage": "Key=1"}) == QueueAccount(connection_string="Key=1")


def test_a_name_is_looked_up_with_the_prefix_first():
    settings = {"WORK": "plain", "AzureWebJobsWORK": "prefixed"}

    assert queue_account({"connection": "WORK"}, settings).connection_string == "prefixed"
    assert queue_account({"connection": "WORK"}, {"WORK": "plain"}).connection_string == "plain"
    assert queue_account({"connection": "AzureWebJobsStorage"}, {"AzureWebJobsStorage": "x"}).connection_string == "x"


@pytest.mark.parametrize("name", ["queueServiceUri", "serviceUri"])
def test_an_identity_needs_the_uri_of_the_queue_service(name):
    settings = {f"AzureWebJobsStorage__{name}": "https://localhost:1/a/", "AzureWebJobsStorage__clientId": "me"}

    assert queue_account({}, settings) == QueueAccount(uri="https://localhost:1/a", client_id="me")


def test_an_account_name_stands_for_its_public_address():
    account = queue_account({}, {"AzureWebJobsStorage__accountName": "pulse"})

    assert account.uri == "https://pulse.queue.core.windows.net"


def test_a_connection_without_settings_is_named():
    with pytest.raises(StorageSettingsError, match="WORK"):
        queue_account({"connection": "WORK"}, {})


def test_the_defaults_are_the_documented_ones():
    options = QueueOptions(
        batch_size=16,
        new_batch_threshold=8,
        max_dequeue_count=5,
        visibility_timeout=timedelta(0),
        max_polling_interval=timedelta(minutes=1),
        base64=True,
    )

    assert queue_options(None) == queue_options({}) == options


def test_the_threshold_follows_the_batch_size():
    assert queue_options({"batchSize": 32}).new_batch_threshold == 16


def test_times_are_net_time_spans():
    options = queue_options({"visibilityTimeout": "1.00:00:30", "maxPollingInterval": "00:00:02"})

    assert options.visibility_timeout == timedelta(days=1, seconds=30)
    assert options.max_polling_interval == timedelta(seconds=2)


@pytest.mark.parametrize(
    "content",
    [{"batchSize": 33}, {"maxDequeueCount": 0}, {"visibilityTimeout": "soon"}, {"messageEncoding": "utf8"}, []],
)
def test_what_can_not_be_is_refused(content):
    with pytest.raises(ValueError, match=r"extensions\.queues"):
        queue_options(content)
