"""What the port Queues promises, kept alike by memory and by Azure's client against Azurite in both forms."""

import json
import uuid
from pathlib import Path

import pytest

from shared.adapters.storage.queues import AzureQueues
from shared.ports import MAX_QUEUE_TEXT, StorageFault

HOST = json.loads((Path(__file__).parents[3] / "host.json").read_text(encoding="utf-8"))


@pytest.fixture
def name() -> str:
    return f"q-{uuid.uuid4().hex}"


async def test_texts_wait_in_their_queue_as_they_are(queues, name):
    texts = ["é \U0001f600\n", '{"a":"\\u0000"}', "\x01 no XML", "<&>"]

    for text in texts:
        await queues.port.put(name, text)

    assert sorted(await queues.held(name)) == sorted(texts)


async def test_queues_are_apart(queues, name):
    await queues.port.put(name, "here")
    await queues.port.put(f"{name}-poison", "there")

    assert await queues.held(name) == ["here"]


async def test_the_longest_text_is_taken_and_one_byte_more_refused(queues, name):
    await queues.port.put(name, "é" * (MAX_QUEUE_TEXT // 2))

    with pytest.raises(StorageFault):
        await queues.port.put(name, "é" * (MAX_QUEUE_TEXT // 2) + "x")
    assert [len(text) for text in await queues.held(name)] == [MAX_QUEUE_TEXT // 2]


@pytest.mark.parametrize("bad", ["a", "Upper-Case", "double--hyphen", "under_score"])
async def test_a_name_that_no_queue_has_is_a_fault_of_storage(queues, bad):
    with pytest.raises(StorageFault):
        await queues.port.put(bad, "x")


def test_the_host_reads_what_the_adapter_writes():
    assert HOST["extensions"]["queues"]["messageEncoding"] == "base64"


def test_the_client_is_opened_on_first_use():
    assert AzureQueues(lambda: 1 / 0)._service is None  # type: ignore[arg-type,return-value]
