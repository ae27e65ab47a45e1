"""A push is a hint: whatever keeps it from going out, the event that it tells of is taken in."""

import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.adapters.signalr import SignalRPush


class NoIdentity:
    """The identity's endpoint is away, or the port is shut."""

    asked = 0

    async def get_token(self, *_scopes: str, **_: object) -> object:
        self.asked += 1
        raise ClientAuthenticationError("no managed identity endpoint found")

    async def close(self) -> None:
        return None


async def test_without_a_token_nothing_is_raised_and_nobody_asks_again_at_once():
    identity = NoIdentity()
    push = SignalRPush(identity, "https://x.service.signalr.net")  # type: ignore[arg-type]

    await push.news({"operators": 1})
    await push.news({"operators": 1})

    assert identity.asked == 1


async def test_a_service_that_can_t_be_reached_raises_nothing(unused_tcp_port_url):
    class Known(NoIdentity):
        async def get_token(self, *_scopes: str, **_: object) -> object:
            return type("Token", (), {"token": "t"})

    push = SignalRPush(Known(), unused_tcp_port_url)  # type: ignore[arg-type]

    await push.news({"operators": 1})

    assert push._silent_until > 0
    await push._open().close()


@pytest.fixture
def unused_tcp_port_url() -> str:
    return "http://127.0.0.1:1"
