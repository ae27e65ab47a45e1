"""The HTTP side of the app under the runtime, with the twin's App Service authentication in front of it."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from azure.functions.decorators.http import HttpTrigger
from free_ports import free_base

import function_app
from pulse.demo.opening import subscribe_and_link
from pulse.demo.run import page_is_built
from pulse.demo.stage import staged
from pulse.json_client import JsonClient
from twin.azurite.launch import SCRIPT

pytestmark = [
    pytest.mark.skipif(not SCRIPT.is_file(), reason="Azurite is not installed: `make setup`"),
    pytest.mark.timeout(120),
]
PARTS = {"name": "mail", "id": "20260101.a"}


def routes_under(prefix: str) -> list[tuple[str, str]]:
    """Method and path of every HTTP function there: a new one is asked for without anybody's thinking of it."""
    triggers = [builder._function.get_trigger() for builder in function_app.app._function_builders]
    found = [one for one in triggers if isinstance(one, HttpTrigger) and str(one.route).startswith(prefix)]
    return sorted((method.value, f"/{one.route}".format(**PARTS)) for one in found for method in one.methods)


OPERATORS_ONLY = routes_under("api/manage/")
SIGNED_IN_ONLY = [*routes_under("api/mail"), *routes_under("api/feed")]  # negotiate: its binding refuses before us


@dataclass(frozen=True, slots=True)
class House:
    http: httpx.AsyncClient
    tokens: dict[str, str]
    ids: dict[str, str]

    async def call(self, method: str, path: str, *, user: str = "", **headers: str) -> httpx.Response:
        signed = {"Authorization": f"Bearer {self.tokens[user]}"} if user else {}
        return await self.http.request(method, path, headers=signed | headers)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A demo in which Ada (operator), Grace and Alan have a mail each."""
    async with staged(tmp_path, port_base=free_base(), seed=7) as stage, AsyncExitStack() as stack:
        await subscribe_and_link(stage)
        twin = await stack.enter_async_context(JsonClient(stage.demo.addresses["control"], what="the twin"))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=stage.demo.addresses["app"], timeout=30))
        tokens = {
            name: str((await twin.post("/sign-in", {"user": name}))["access_token"]) for name in stage.demo.aliases
        }
        for name in stage.demo.aliases:
            await twin.post("/trigger", {"type": "message.created", "user": name})
        yield House(http, tokens, {str(person["alias"]): str(person["id"]) for person in stage.people})


async def rows_of(house: House, user: str) -> list[dict[str, object]]:
    """The mailbox rows that a person sees, once they are there."""
    while True:
        rows = (await house.call("GET", "/api/feed", user=user)).json()["rows"]
        if found := [row for row in rows if "messages" in row["resource"]]:
            return found


async def test_who_sees_what_and_who_may_do_what(house: House) -> None:
    """One demo for all of it: starting it takes longer than asking."""
    adas, graces = await rows_of(house, "ada"), await rows_of(house, "grace")
    assert {row["reader"] for row in adas} == {house.ids["ada"]}
    assert {row["reader"] for row in graces} == {house.ids["grace"]}

    shown = await house.call("GET", f"/api/feed/event/{graces[0]['id']}", user="grace")
    assert shown.json()["event"]["data"]["ChangeType"] == "created"
    assert "clientState" not in shown.text
    assert (await house.call("GET", f"/api/feed/event/{graces[0]['id']}", user="ada")).status_code == 404

    for method, path in (*SIGNED_IN_ONLY, *OPERATORS_ONLY):
        assert (await house.call(method, path)).status_code == 401, path
        forged = await house.call(method, path, **{"x-ms-client-principal": principal(house.ids["ada"])})
        assert forged.status_code == 401, path
    for method, path in OPERATORS_ONLY:
        assert (await house.call(method, path, user="grace")).status_code == 403, path
    listed = (await house.call("GET", "/api/manage/subscriptions", user="ada")).json()["subscriptions"]
    assert {row["state"] for row in listed} == {"live"}

    await operators_act_on_single_subscriptions(house)

    read = (await house.call("POST", "/api/manage/catch-up", user="ada")).json()["runs"]
    assert {(run["recovered"], run["full_resync"]) for run in read} == {(0, False)}  # all was announced
    assert {run["name"] for run in read} == {row["name"] for row in listed}

    assert (await house.call("GET", "/api/feed?since=nonsense", user="ada")).status_code == 400
    assert (await house.call("GET", "/api/manage/quarantine?day=x", user="ada")).status_code == 400
    assert (await house.call("GET", "/api/feed", Authorization="Bearer nonsense")).status_code == 401
    assert (await house.call("GET", "/api/health")).json() == {"status": "ok"}


async def operators_act_on_single_subscriptions(house: House) -> None:
    async def act(method: str, path: str) -> dict[str, object]:
        answer = await house.call(method, f"/api/manage/{path}", user="ada")
        assert answer.status_code == 200, answer.text
        return answer.json()

    listed = (await act("GET", "subscriptions"))["subscriptions"]
    one = next(row["name"] for row in listed if "messages" in row["resource"])
    (touched,) = (await act("POST", f"subscriptions/{one}/reauthorize"))["actions"]
    assert (touched["done"], touched["fault"]) == (True, None)
    (again,) = (await act("POST", f"subscriptions/{one}/reauthorize"))["actions"]
    assert "ten minutes" in again["fault"]

    (gone,) = (await act("POST", f"subscriptions/{one}/delete"))["actions"]
    assert (gone["action"], gone["done"]) == ("remove", True)
    planned = {step["name"]: step for step in (await act("GET", "subscriptions/plan"))["actions"]}
    assert (planned[one]["action"], "by hand" in planned[one]["why"]) == ("create", True)
    await act("POST", "subscriptions/apply")
    assert {row["state"] for row in (await act("GET", "subscriptions"))["subscriptions"]} == {"live"}

    rotation = (await act("POST", "rotation"))["rotation"]
    assert rotation["done"] == rotation["total"] == len(listed)
    assert (await act("POST", "rotation?stop=1"))["rotation"]["state"] == "stopped"
    (same,) = (await act("POST", f"subscriptions/{one}/rotate"))["actions"]
    assert "newest key" in same["why"]
    assert (await house.call("POST", "/api/manage/subscriptions/nobody/delete", user="ada")).status_code == 404


@pytest.mark.skipif(not page_is_built(), reason="the page is not built: `make setup`")
async def test_the_page_is_served_safely_and_only_it(house: House) -> None:
    page = await house.call("GET", "/")
    again = await house.call("GET", "/", **{"If-None-Match": page.headers["etag"]})
    asset = "/" + page.text.split('src="/')[1].split('"')[0]

    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert again.status_code == 304
    assert "immutable" in (await house.call("GET", asset)).headers["cache-control"]
    for path in ("/../host.json", "/%2e%2e/host.json", "/assets/../../host.json", "/shared/settings.py"):
        assert (await house.call("GET", path)).status_code == 404, path


def principal(object_id: str) -> str:
    claims = [{"typ": "oid", "val": object_id}, {"typ": "roles", "val": "Pulse.Operator"}]
    return base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
