"""Mail over HTTP: the real runtime, App Service authentication by the twin, azure-identity on behalf of, the SDK."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_ports import free_base

from pulse.demo.opening import subscribe_and_link
from pulse.demo.stage import staged
from pulse.json_client import JsonClient
from twin.azurite.launch import SCRIPT

pytestmark = [
    pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`"),
    pytest.mark.timeout(120),
]


@dataclass(frozen=True, slots=True)
class House:
    http: httpx.AsyncClient
    tokens: dict[str, str]
    addresses: dict[str, str]

    async def call(self, user: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        return await self.http.request(method, f"/api/mail/{path}", json=body, headers=headers)

    async def inbox(self, user: str, subject: str) -> list[dict[str, Any]]:
        """Messages of that subject, once they are there."""
        while True:
            heads = (await self.call(user, "GET", "messages")).json()["messages"]
            if found := [head for head in heads if head["subject"] == subject]:
                return found
            await asyncio.sleep(0.05)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        await subscribe_and_link(stage)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=stage.demo.addresses["app"], timeout=30))
        tokens = {
            name: str((await twin.post("/sign-in", {"user": name}))["access_token"]) for name in stage.demo.aliases
        }
        yield House(http, tokens, {person["alias"]: person["mail"] for person in stage.people})


def letter(**changes: Any) -> dict[str, Any]:
    return {"outbox_id": str(uuid.uuid4()), "kind": "new", "subject": "Lunch?", "text": "At noon."} | changes


async def test_mail_is_read_answered_and_sent_once(house: House) -> None:
    """One demo for all of it: starting it takes longer than asking."""
    assert (await house.call("", "GET", "messages")).status_code == 401
    assert {folder["name"] for folder in (await house.call("ada", "GET", "folders")).json()["folders"]} >= {"Inbox"}

    asked = letter(to=[house.addresses["grace"]])
    tries = await asyncio.gather(*(house.call("ada", "POST", "outbox", asked) for _ in range(3)))
    while any(answer.status_code == 409 for answer in tries):
        tries = [await house.call("ada", "POST", "outbox", asked)]
    assert {answer.json()["state"] for answer in tries} == {"sent"}
    [head] = await house.inbox("grace", "Lunch?")

    marked = await house.call("grace", "PATCH", f"messages/{head['id']}", {"is_read": True})
    assert marked.json()["is_read"] is True
    assert marked.json()["version"] != head["version"]
    assert "At noon." in (await house.call("grace", "GET", f"messages/{head['id']}")).json()["html"]
    assert (await house.call("ada", "GET", f"messages/{head['id']}")).status_code == 404, "it is not in her mailbox"

    reply = letter(kind="reply", message_id=head["id"], text="Gladly.", subject="")
    answers = [await house.call("grace", "POST", "outbox", reply) for _ in range(2)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await house.inbox("ada", "RE: Lunch?")) == 1

    refused = await house.call("ada", "POST", "outbox", letter(to=["nobody"], colour="red"))
    assert refused.status_code == 400
    assert "colour" in refused.json()["error"]["message"]
    assert "nobody" in refused.json()["error"]["message"]

    delta = (await house.call("ada", "GET", "delta")).json()
    assert "since" in delta
    elsewhere = await house.call("ada", "GET", "delta?since=https://evil.example/v1.0/me")
    assert elsewhere.status_code == 502
