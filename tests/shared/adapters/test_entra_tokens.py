"""Only tokens of our tenant's Entra count; keys are read when they are needed and no more often than they may."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import uvicorn
from builders import FixedClock
from free_ports import free_base

from lab.forgeries import EVENT_GRID, WRONG_CALLERS, EntraAtHand, an_entra, forged_tokens
from shared.adapters.entra_tokens import EntraTokens
from shared.domain.events.senders import KeysMissing
from twin.addresses import Addresses
from twin.entra.app import entra_app
from twin.listeners import close, listen
from twin.world import World

FORGED = [name for name in forged_tokens(an_entra(), audience="x", app_id="y") if name not in WRONG_CALLERS]
OURS = ("the-app", "api://the-app")


class House:
    def __init__(self) -> None:
        self.world, self.clock = an_entra(), FixedClock()
        self.entra = EntraAtHand(self.world)
        self.tokens = EntraTokens(
            self.world.addresses.entra,
            self.world.tenant_id,
            self.clock,
            open_session=lambda: self.entra,  # type: ignore[arg-type,return-value]
        )

    def token(self, audience: str = "the-app", **claims: object) -> str:
        return self.world.entra.issue(audience, subject="x", **claims)


@pytest.fixture
def house() -> House:
    return House()


async def test_tokens_of_both_versions_and_both_forms_of_the_audience_count(house):
    v2 = house.token("api://the-app", ver="2.0", iss=house.world.entra.v2_issuer, azp="a")

    assert (await house.tokens.claims(house.token(appid="b"), audiences=OURS))["appid"] == "b"
    assert (await house.tokens.claims(v2, audiences=OURS))["azp"] == "a"


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_says_nothing(house, name):
    forged = forged_tokens(house.world, audience="the-app", app_id=EVENT_GRID)[name]

    assert await house.tokens.claims(forged, audiences=OURS) is None


async def test_without_an_audience_no_token_is_for_us(house):
    assert await house.tokens.claims(house.token(), audiences=()) is None


async def test_clocks_may_differ_by_a_minute_and_no_more(house):
    now = int(time.time())

    late = await house.tokens.claims(house.token(exp=now - 30), audiences=OURS)
    too_late = await house.tokens.claims(house.token(exp=now - 90), audiences=OURS)

    assert late is not None
    assert too_late is None


async def test_keys_are_read_once_and_after_a_day_again(house):
    for _ in range(3):
        await house.tokens.claims(house.token(), audiences=OURS)
    first = len(house.entra.asked)
    house.clock.advance(timedelta(days=1, seconds=1))
    await house.tokens.claims(house.token(), audiences=OURS)

    assert (first, len(house.entra.asked)) == (4, 8)


async def test_a_new_key_is_found_at_once(house):
    await house.tokens.claims(house.token(), audiences=OURS)
    house.clock.advance(timedelta(minutes=2))
    house.world.entra.rotate()

    assert await house.tokens.claims(house.token(), audiences=OURS) is not None


async def test_a_key_that_entra_has_withdrawn_counts_no_longer_than_a_day(house):
    old = house.token()
    await house.tokens.claims(old, audiences=OURS)
    house.world.entra.rotate()
    house.world.entra.rotate()
    house.clock.advance(timedelta(days=1, seconds=1))

    assert await house.tokens.claims(old, audiences=OURS) is None


async def test_unknown_key_ids_make_us_ask_once_a_minute_and_the_answer_stays_open(house):
    forged = forged_tokens(house.world, audience="the-app", app_id=EVENT_GRID)["unknown key"]
    assert await house.tokens.claims(forged, audiences=OURS) is None
    asked = len(house.entra.asked)

    for _ in range(50):
        with pytest.raises(KeysMissing):
            await house.tokens.claims(forged, audiences=OURS)

    assert len(house.entra.asked) == asked
    assert await house.tokens.claims(house.token(), audiences=OURS) is not None


async def test_while_entra_is_out_of_reach_known_keys_serve_and_others_are_not_judged(house):
    await house.tokens.claims(house.token(), audiences=OURS)
    house.clock.advance(timedelta(days=2))
    house.entra.is_down = True

    assert await house.tokens.claims(house.token(), audiences=OURS) is not None
    house.world.entra.rotate()
    with pytest.raises(KeysMissing):
        await house.tokens.claims(house.token(), audiences=OURS)


async def test_the_first_reading_may_fail_and_is_tried_again_after_a_minute(house):
    house.entra.is_down = True
    with pytest.raises(KeysMissing):
        await house.tokens.claims(house.token(), audiences=OURS)
    house.entra.is_down = False

    with pytest.raises(KeysMissing):
        await house.tokens.claims(house.token(), audiences=OURS)
    house.clock.advance(timedelta(minutes=1))
    assert await house.tokens.claims(house.token(), audiences=OURS) is not None


async def test_discovery_can_t_send_us_elsewhere_for_the_keys(house):
    tokens = EntraTokens(
        f"{house.world.addresses.entra}/.",  # the same place under a name that discovery doesn't use
        house.world.tenant_id,
        house.clock,
        open_session=lambda: house.entra,  # type: ignore[arg-type,return-value]
    )

    with pytest.raises(KeysMissing):
        await tokens.claims(house.token(), audiences=OURS)


@pytest.fixture
async def served(authority) -> AsyncIterator[World]:
    """Entra over TLS."""
    world = an_entra()
    world.addresses = Addresses(free_base())
    config = uvicorn.Config(
        entra_app(world), ssl_certfile=authority.chain, ssl_keyfile=authority.key, log_level="error", lifespan="off"
    )
    sockets = listen(world.addresses.base + 2)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=sockets))
    yield world
    server.should_exit = True
    await serving
    close(sockets)


async def test_keys_come_over_tls_by_aiohttp(served, authority):
    context = ssl.create_default_context(cafile=str(authority.ca))

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))

    tokens = EntraTokens(served.addresses.entra, served.tenant_id, FixedClock(), open_session=session)
    nobody = EntraTokens(served.addresses.arm, served.tenant_id, FixedClock(), open_session=session)
    elsewhere = EntraTokens(served.addresses.entra, "no-such-tenant", FixedClock(), open_session=session)
    token = served.entra.issue("the-app", subject="x")

    assert await tokens.claims(token, audiences=OURS) is not None
    for unreachable in (nobody, elsewhere):
        with pytest.raises(KeysMissing):
            await unreachable.claims(token, audiences=OURS)


async def test_a_known_key_does_not_wait_for_somebody_s_unknown_one(house):
    await house.tokens.claims(house.token(), audiences=OURS)

    async with house.tokens._reading, asyncio.timeout(1):  # as while Entra is slow to name its keys
        claims = await house.tokens.claims(house.token(), audiences=OURS)

    assert claims is not None
