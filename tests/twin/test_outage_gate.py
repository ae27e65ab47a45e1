"""The gate before a part of the twin, over a real connection."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from twin.listeners import listen
from twin.outage_gate import OutageGate
from twin.outages import Outages


@dataclass
class Served:
    """`done` holds what the part behind the gate has done."""

    outages: Outages
    url: str = ""
    done: list[str] = field(default_factory=list)


@pytest.fixture(params=["graph", "entra"])
def component(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def served(component: str) -> AsyncIterator[Served]:
    served = Served(Outages(7))

    async def act(request: Request) -> Response:
        served.done.append((await request.body()).decode())
        return PlainTextResponse("done")

    app = OutageGate(Starlette(routes=[Route("/", act, methods=["POST"])]), served.outages, component)
    sockets = listen(0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=sockets))
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.005)
    served.url = f"http://localhost:{sockets[0].getsockname()[1]}"
    yield served
    server.should_exit = True
    await serving


async def test_without_an_outage_the_call_goes_through(served: Served) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.post(served.url, content="1")).text == "done"

    assert served.done == ["1"]


async def test_a_refusal_says_so_and_nothing_is_done(served: Served, component: str) -> None:
    served.outages.turn({component: {"refused_percent": 100, "status": 429, "retry_after_s": 7}})

    async with httpx.AsyncClient() as client:
        answer = await client.post(served.url, content="1")

    assert (answer.status_code, answer.headers["retry-after"], served.done) == (429, "7", [])
    assert answer.json()["error"] == (
        "temporarily_unavailable"
        if component == "entra"
        else {"code": "TooManyRequests", "message": "The service is not available now."}
    )


async def test_what_is_done_may_never_be_answered(served: Served, component: str) -> None:
    served.outages.turn({component: {"unanswered_percent": 100}})

    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.TransportError):
            await client.post(served.url, content="1")

    assert served.done == ["1"]
