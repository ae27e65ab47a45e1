"""The real azure-identity, over TLS with the local authority, against the twin's Entra."""

import asyncio
import json
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from twin.certificates import local_authority
from twin.clocks import MovableClock
from twin.entra.app import entra_app, managed_identity_app
from twin.entra.tokens import Entra
from twin.world import World

PROGRAM = Path(__file__).with_name("credentials_in_use.py")


@asynccontextmanager
async def served(app, listener, **tls):
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", **tls))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await running


def listening():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener, listener.getsockname()[1]


class EphemeralAddresses:
    """Addresses with an Entra port that was free."""

    def __init__(self, port):
        self.entra = f"https://localhost:{port}"


async def collect(folder):
    authority = local_authority(folder)
    listener, port = listening()
    identity_listener, identity_port = listening()
    world = World(addresses=EphemeralAddresses(port), clock=MovableClock())
    world.entra = Entra(world)
    tls = {"ssl_certfile": authority.chain, "ssl_keyfile": authority.key}
    async with (
        served(entra_app(world), listener, **tls),
        served(managed_identity_app(world), identity_listener),
    ):
        return world, await use_credentials(world, authority, identity_port)


async def use_credentials(world, authority, identity_port):
    environment = authority.environment() | {
        "IDENTITY_ENDPOINT": f"http://localhost:{identity_port}/msi/token",
        "IDENTITY_HEADER": world.entra.identity_header,
    }
    given = {
        "authority": world.addresses.entra,
        "tenant_id": world.tenant_id,
        "app_id": world.app_id,
        "api_app_id": world.api_app_id,
        "client_secret": world.entra.client_secret,
        "user_assertion": world.entra.user_token(
            world.people[1], world.entra.api_audience, client_id=world.api_app_id, scopes="access_as_user"
        ),
    }
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    output, _ = await program.communicate(json.dumps(given).encode())
    assert program.returncode == 0
    return json.loads(output)


@pytest.fixture(scope="module")
def got(tmp_path_factory):
    return asyncio.run(collect(tmp_path_factory.mktemp("certificates")))


@pytest.mark.parametrize("credential", ["managed identity", "managed identity, aio"])
def test_the_managed_identity_reaches_storage(got, credential):
    world, tokens = got

    claims = world.entra.verify(tokens[credential], "https://storage.azure.com")

    assert (claims["oid"], claims["iss"]) == (world.principal_id, f"https://sts.windows.net/{world.tenant_id}/")


def test_the_default_credential_finds_the_managed_identity(got):
    world, tokens = got

    assert "Mail.Read" in world.entra.verify(tokens["default, aio"], "https://graph.microsoft.com")["roles"]


@pytest.mark.parametrize("credential", ["client secret", "client secret, aio"])
def test_a_client_secret_gives_an_app_token(got, credential):
    world, tokens = got

    assert world.entra.verify(tokens[credential], "https://graph.microsoft.com")["appid"] == world.api_app_id


@pytest.mark.parametrize("credential", ["on behalf of", "on behalf of, aio"])
def test_on_behalf_of_works_with_the_managed_identity_in_place_of_a_secret(got, credential):
    world, tokens = got

    claims = world.entra.verify(tokens[credential], "https://graph.microsoft.com")

    assert (claims["oid"], claims["scp"]) == (world.people[1].id, "Mail.Read")


def test_the_credentials_understand_the_refusals(got):
    _, tokens = got

    assert tokens["wrong secret, aio"].startswith("ClientAuthenticationError")
    assert "AADSTS7000215" in tokens["wrong secret, aio"]
    assert "No User Assigned or Delegated Managed Identity" in tokens["unknown identity, aio"]
