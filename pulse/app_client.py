"""The app's HTTP API, as the page uses it too. Here it belongs to the running demo, with --app URL to the cloud."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pulse.json_client import JsonClient, Token
from pulse.running_demo import RunningDemo, find_demo
from pulse.sign_in import cloud_token, demo_token

PAGE = 200  # rows of a pull


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which app to talk to: the demo unless `app` is a URL. `user` is a person of the demo."""

    app: str | None = None
    client_id: str | None = None
    user: str | None = None


class AppClient:
    """The app for one signed-in person. Every call raises RefusedError and PulseError."""

    def __init__(self, http: JsonClient) -> None:
        self.http = http

    async def feed(self, since: str | None = None, limit: int = PAGE) -> dict[str, Any]:
        """{"rows", "cursor", "more"}; RefusedError 410 with a cursor in its body when `since` is too old."""
        return dict(await self.http.get("/api/feed", since=since, limit=limit))

    async def event(self, event_id: str) -> dict[str, Any]:
        return dict(await self.http.get(f"/api/feed/event/{quote(event_id, safe='')}"))

    async def subscriptions(self) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/manage/subscriptions"))["subscriptions"])

    async def plan(self) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/manage/subscriptions/plan"))["actions"])

    async def apply(self) -> list[dict[str, Any]]:
        return list((await self.http.post("/api/manage/subscriptions/apply", patience_s=None))["actions"])

    async def renew(self, name: str) -> list[dict[str, Any]]:
        return list((await self.http.post(f"/api/manage/subscriptions/{quote(name, safe='')}/renew"))["actions"])

    async def catch_up(self, name: str | None) -> list[dict[str, Any]]:
        path = f"/api/manage/catch-up?name={quote(name, safe='')}" if name else "/api/manage/catch-up"
        return list((await self.http.post(path, patience_s=None))["runs"])

    async def quarantine(self, day: str | None = None) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/manage/quarantine", day=day))["rejections"])

    async def rejection(self, event_id: str) -> dict[str, Any]:
        return dict(await self.http.get(f"/api/manage/quarantine/{quote(event_id, safe='')}"))


@asynccontextmanager
async def open_app(target: Target) -> AsyncIterator[AppClient]:
    """The app for one person: `user`, or in the demo the operator."""
    async with open_apps(target, everyone=False) as apps:
        yield apps[0]


@asynccontextmanager
async def open_apps(target: Target, *, everyone: bool = True) -> AsyncIterator[list[AppClient]]:
    """The app once for every person whose feed is meant: all of the demo's, or the one who is named or signed in."""
    async with AsyncExitStack() as stack:
        if target.app:
            yield [AppClient(await stack.enter_async_context(client(target.app, cloud_token(target.client_id))))]
            return
        demo = find_demo()
        users = [target.user] if target.user else demo.aliases if everyone else [demo.operator]
        yield await demo_apps(stack, demo, users)


async def demo_apps(stack: AsyncExitStack, demo: RunningDemo, users: Sequence[str]) -> list[AppClient]:
    control = await stack.enter_async_context(JsonClient(demo.addresses["control"], what="the twin"))
    url = demo.addresses["app"]
    return [AppClient(await stack.enter_async_context(client(url, demo_token(control, user)))) for user in users]


def client(url: str, token: Token) -> JsonClient:
    return JsonClient(url, token=token)
