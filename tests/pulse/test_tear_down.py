"""The predown hook against a small app: repeatable, and it says what is left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from pulse.app_client import AppClient
from pulse.json_client import JsonClient
from pulse.tear_down import TRIES, main, tear_down


@dataclass
class FakeApp:
    """Removes `at_once` of its subscriptions each time it is asked."""

    specs: list[str] = field(default_factory=lambda: ["people~x", "mail~ada"])
    at_once: int = 9
    status: int = 200
    asked: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.status != 200:
            return httpx.Response(self.status, json={"error": {"code": "not_operator", "message": "needs the role"}})
        removed, self.specs = self.specs[: self.at_once], self.specs[self.at_once :]
        faults = [{"name": spec, "fault": "429"} for spec in self.specs]
        return httpx.Response(200, json={"removed": removed, "faults": faults, "left": self.specs})

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AppClient]:
        async with JsonClient("http://app", transport=httpx.MockTransport(self)) as client:
            yield AppClient(client)


async def torn_down(app: Any) -> bool:
    return await tear_down(app.open, pause_s=0)


async def test_all_are_removed_and_a_second_time_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    app = FakeApp()

    assert await torn_down(app)
    assert await torn_down(app)
    assert "2 Graph subscriptions removed" in capsys.readouterr().err


async def test_what_is_left_is_asked_for_again(capsys: pytest.CaptureFixture[str]) -> None:
    app = FakeApp(at_once=1)

    assert await torn_down(app)
    assert app.asked == 2
    assert "mail~ada: 429" in capsys.readouterr().err


async def test_what_stays_is_named_in_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    app = FakeApp(at_once=0)

    assert not await torn_down(app)
    assert app.asked == TRIES
    assert "2 left: people~x, mail~ada" in capsys.readouterr().err


async def test_an_app_that_refuses_is_told_with_what_stays_behind(capsys: pytest.CaptureFixture[str]) -> None:
    assert not await torn_down(FakeApp(status=403))

    told = capsys.readouterr().err
    assert "needs the role (403 not_operator)" in told
    assert "29 days" in told


def test_an_app_that_cannot_be_reached_stops_azd_unless_it_is_told_to_go_on() -> None:
    environ = {"PULSE_APP": "http://127.0.0.1:9", "PULSE_CLIENT_ID": ""}

    assert main(environ) == 1
    assert main({**environ, "LEAVE_SUBSCRIPTIONS": "true"}) == 0
    assert main({}) == 0
