from collections.abc import AsyncIterator

import pytest
from receiver import Receiver, cloud

from twin.world import World


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
async def blobs() -> dict[tuple[str, str], bytes]:
    """Dead letters by container and name, instead of a storage account."""
    return {}


@pytest.fixture
async def world(receiver: Receiver, blobs: dict[tuple[str, str], bytes]) -> AsyncIterator[World]:
    async def write(container: str, name: str, body: bytes) -> None:
        blobs[container, name] = body

    world = cloud(receiver.port, write_blob=write, answer_timeout_s=0.3)
    world.switches.dead_letter_delay_minutes = 0
    yield world
    await world.event_grid.stop()
