"""What people see and do to the service over the control API."""

import httpx
import pytest
import websockets

from twin.control import control_app


@pytest.fixture
async def control(service):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(control_app(service.world)), base_url="http://localhost"
    ) as client:
        yield client


async def test_the_counts_and_who_is_connected_are_told(service, control):
    async with service.client("ada") as ada, service.client(None):
        await service.send("users/ada/", 1)
        await ada.arguments()

        told = (await control.get("/signalr")).json()

    assert told == {
        "sent": 1,
        "dropped": 0,
        "delivered": 1,
        "negotiated": 2,
        "connected": 2,
        "cut": 0,
        "connections": 2,
        "hubs": {"feed": {"connections": 2, "users": ["ada"]}},
    }


async def test_sockets_are_cut_and_pushes_dropped(service, control):
    async with service.client() as client:
        await control.put("/switches", json={"signalr_drop_percent": 100})
        await service.send("", 1)

        answer = await control.post("/signalr/cut", json={})

        assert answer.json() == {"cut": 1}
        with pytest.raises(websockets.ConnectionClosedError):
            await client.socket.recv()
    told = (await control.get("/signalr")).json()
    assert (told["dropped"], told["delivered"], told["cut"], told["connections"]) == (1, 0, 1, 0)
    assert (await control.post("/signalr/cut", json={"hub": "feed"})).status_code == 400
