"""What a deployment makes in a storage account, made in the emulated one, which begins empty."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob.aio import BlobServiceClient

from twin.addresses import Addresses
from twin.azurite.launch import ACCOUNT, ACCOUNT_KEY


async def make_container(addresses: Addresses, name: str, ca: Path) -> None:
    """Nothing happens when it exists. By the account's key: whoever deploys owns the account."""
    key = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
    options: dict[str, Any] = {"connection_verify": str(ca), "retry_total": 0}
    async with BlobServiceClient(addresses.storage("blob"), credential=key, **options) as service:
        with suppress(ResourceExistsError):
            await service.create_container(name)
