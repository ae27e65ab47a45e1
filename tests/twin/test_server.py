"""The twin as a process of its own, on a free block of ports, and the parts of its server."""

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from twin.addresses import Addresses
from twin.server import PARTS, StartError, keep_ticking, load
from twin.world import World

ROOT = Path(__file__).parents[2]


def free_port_base():
    """A base whose whole block was free a moment ago."""
    for base in range(21_000 + os.getpid() % 500 * 20, 60_000, 20):
        if all(is_free(base + offset) for offset in range(13)):
            return base
    raise AssertionError("no free block of ports")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def start(base, folder):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "twin",
        *("--port-base", str(base), "--folder", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def end(process):
    if process.returncode is None:
        process.kill()
    await process.communicate()


@pytest.fixture
def base():
    return free_port_base()


@pytest.fixture
async def twin(base, tmp_path):
    process = await start(base, tmp_path)
    yield process
    await end(process)


async def first_line(process):
    async with asyncio.timeout(60):
        return json.loads(await process.stdout.readline())


async def test_the_first_line_says_where_everything_answers(twin, base):
    ready = await first_line(twin)

    assert ready["ready"] is True
    assert ready["signalr"] == f"http://localhost:{base + 5}"
    assert ready["azurite"]["table"] == f"https://localhost:{base + 12}/devstoreaccount1"
    trusted = ssl.create_default_context(cafile=ready["ca"])
    async with httpx.AsyncClient(verify=trusted) as client:
        answers = {
            part.address: (await client.get(ready[part.address])).status_code
            for part in PARTS
            if "proxy" not in part.address
        }
        identity = await client.get(ready["managed_identity"], headers={"X-IDENTITY-HEADER": ready["identity_header"]})
        health = await client.get(ready["control"] + "/health")
    assert all(status < 500 for status in answers.values())
    assert answers["managed_identity"] == 401
    assert identity.status_code == 400  # past the header, which was right
    assert health.json() == {"ok": True}


async def test_the_app_can_sign_in_and_be_believed_by_graph(twin):
    ready = await first_line(twin)
    world = World()
    query = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com", "client_id": world.app_id}

    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=ready["ca"])) as client:
        token = await client.get(
            ready["managed_identity"], params=query, headers={"X-IDENTITY-HEADER": ready["identity_header"]}
        )
        bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        subscriptions = await client.get(ready["graph"] + "/v1.0/subscriptions", headers=bearer)

    assert subscriptions.status_code == 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking them")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_when_asked_to(twin, number):
    await first_line(twin)

    twin.send_signal(number)
    async with asyncio.timeout(30):
        _, stderr = await twin.communicate()

    assert (twin.returncode, stderr) == (0, b"")


async def test_taken_ports_are_all_named_and_nothing_is_started(base, tmp_path):
    taken = [socket.create_server(("127.0.0.1", base + offset)) for offset in (1, 6)]

    process = await start(base, tmp_path)
    stdout, stderr = await process.communicate()
    for each in taken:
        each.close()

    assert (process.returncode, stdout) == (1, b"")
    assert f"{base + 1} (graph), {base + 6} (control)" in stderr.decode()
    assert "--port-base" in stderr.decode()


def test_a_part_that_is_missing_is_named():
    with pytest.raises(StartError, match=r"twin\.nowhere:app cannot be loaded"):
        load("twin.nowhere:app")


def test_every_part_has_a_port_of_its_own():
    ports = [part.port(World(Addresses(20_000))) for part in PARTS]

    assert len(set(ports)) == len(PARTS)
    storage = {World(Addresses(20_000)).addresses.storage_port(kind) for kind in ("table", "blob", "queue")}
    assert all(20_000 < port <= 20_015 for port in ports)
    assert not storage & set(ports)


async def test_a_tick_that_fails_does_not_end_the_ticking(caplog):
    class Graph:
        ticks = 0

        def tick(self):
            self.ticks += 1
            if self.ticks == 3:
                raise asyncio.CancelledError
            raise RuntimeError("the tenant stumbled")

    world = World()
    world.graph = Graph()

    with pytest.raises(asyncio.CancelledError):
        await keep_ticking(world, every_s=0)

    assert world.graph.ticks == 3
    assert [record.message for record in caplog.records] == ["graph.tick_failed"] * 2
