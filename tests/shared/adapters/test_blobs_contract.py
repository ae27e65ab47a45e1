"""What the port Blobs promises, kept alike by memory and by Azure's client against Azurite in both forms."""

import uuid

import pytest
from azure.storage.blob.aio import BlobServiceClient

from shared.adapters.storage.blobs import AzureBlobs
from shared.ports import StorageFault


async def test_a_text_comes_back(blobs):
    name, text = f"20260616/{uuid.uuid4().hex}.json", "é \U0001f600\n" * 50_000

    await blobs.put(name, text)

    assert await blobs.get(name) == text


async def test_a_second_text_of_a_name_replaces_the_first(blobs):
    name = uuid.uuid4().hex
    await blobs.put(name, "a longer text")
    await blobs.put(name, "")

    assert await blobs.get(name) == ""


async def test_a_text_that_is_not_there_is_none(blobs):
    assert await blobs.get(f"none/{uuid.uuid4().hex}") is None


async def test_blobs_are_listed_by_how_their_names_begin_in_order(blobs):
    folder = uuid.uuid4().hex
    for name in (f"{folder}/b", f"{folder}/a/1", f"{folder}x"):
        await blobs.put(name, "text")

    assert [name async for name in blobs.list(f"{folder}/")] == [f"{folder}/a/1", f"{folder}/b"]
    assert [name async for name in blobs.list(uuid.uuid4().hex)] == []


async def test_a_deleted_blob_is_gone_and_deleting_it_again_is_nothing(blobs):
    name = uuid.uuid4().hex
    await blobs.put(name, "text")

    await blobs.delete(name)
    await blobs.delete(name)

    assert await blobs.get(name) is None
    assert [found async for found in blobs.list(name)] == []


async def test_the_client_is_opened_on_first_use():
    opened = []

    def open_service() -> BlobServiceClient:
        opened.append(1)
        raise ValueError

    blobs = AzureBlobs(open_service)

    assert opened == []
    with pytest.raises(ValueError):  # noqa: PT011
        await blobs.get("x")
    assert opened == [1]


async def test_what_azure_says_no_to_is_a_fault_of_storage():
    nowhere = "http://127.0.0.1:1/x"
    service = BlobServiceClient(nowhere, credential="eA==", retry_total=0)
    blobs = AzureBlobs(lambda: service)

    async with service:
        for call in (blobs.put("a", "b"), blobs.get("a"), blobs.delete("a"), anext(blobs.list(""))):
            with pytest.raises(StorageFault):
                await call
