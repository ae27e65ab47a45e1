import httpx
import pytest

from twin.clocks import MovableClock
from twin.entra.app import entra_app, managed_identity_app
from twin.entra.tokens import Entra
from twin.world import World


@pytest.fixture
def world():
    world = World(clock=MovableClock())
    world.entra = Entra(world)
    return world


@pytest.fixture
async def entra(world):
    """A browser's and a client's view of Entra, without sockets."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(entra_app(world)), base_url=world.addresses.entra
    ) as client:
        yield client


@pytest.fixture
async def managed_identity(world):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(managed_identity_app(world)), base_url="http://localhost"
    ) as client:
        yield client


@pytest.fixture
def ask_token(world, entra):
    async def ask(**form):
        form = {"client_id": world.api_app_id, "client_secret": world.entra.client_secret} | form
        return await entra.post(
            f"/{world.tenant_id}/oauth2/v2.0/token", data={k: v for k, v in form.items() if v is not None}
        )

    return ask
