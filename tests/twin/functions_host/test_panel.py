"""The page's way to the twin: only what its panel does, only for a page of this host, and both clocks move together."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from twin.addresses import Addresses
from twin.clocks import MovableClock
from twin.control import control_app
from twin.entra.tokens import Entra
from twin.functions_host.panel import panel_routes
from twin.world import World

PAGE = "http://localhost:7071"
JSON = {"Origin": PAGE, "Content-Type": "application/json"}


class Quiet:
    def tick(self) -> None:
        return


@pytest.fixture
async def control() -> AsyncIterator[str]:
    """The switchboard of a twin in which nothing falls due."""
    world = World(Addresses(), seed=7)
    world.entra, world.graph = Entra(world), Quiet()  # type: ignore[assignment]
    world.event_grid = Quiet()  # type: ignore[assignment]
    server = uvicorn.Server(uvicorn.Config(control_app(world), port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


def page_of(control: str, clock: MovableClock | None = None) -> httpx.AsyncClient:
    app = Starlette(routes=panel_routes({"TWIN_CONTROL": control}, clock or MovableClock()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PAGE)


async def test_the_panel_reads_people_and_turns_switches(control: str) -> None:
    async with page_of(control) as page:
        people = (await page.get("/twin/panel/people")).json()
        turned = await page.put("/twin/panel/switches", json={"graph_down": True}, headers=JSON)

    assert "ada" in {person["alias"] for person in people}
    assert turned.json()["graph_down"] is True


async def test_both_clocks_move_together(control: str) -> None:
    clock = MovableClock()
    async with page_of(control, clock) as page:
        await page.post("/twin/panel/clock", json={"advance_s": 3_600}, headers=JSON)

    assert clock.offset == timedelta(hours=1)


async def test_what_the_twin_refuses_is_told_in_its_words(control: str) -> None:
    async with page_of(control) as page:
        answer = await page.put("/twin/panel/switches", json={"no_such": 1}, headers=JSON)

    assert answer.status_code == 400
    assert "no_such" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["sign-in", "entra/x", "ledger", "../admin/functions", ""])
async def test_nothing_else_of_the_switchboard_is_reached(control: str, path: str) -> None:
    async with page_of(control) as page:
        assert (await page.get(f"/twin/panel/{path}")).status_code == 404
        assert (await page.post(f"/twin/panel/{path}", json={}, headers=JSON)).status_code in (404, 405)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/json", "Origin": "http://evil.example"},
        {"Content-Type": "text/plain", "Origin": PAGE},
    ],
)
async def test_another_page_turns_nothing(control: str, headers: dict[str, str]) -> None:
    async with page_of(control) as page:
        answer = await page.post("/twin/panel/signalr/cut", content="{}", headers=headers)

    assert answer.status_code == 403


async def test_without_a_switchboard_there_is_no_panel() -> None:
    assert panel_routes({}, MovableClock()) == []
