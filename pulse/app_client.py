"""The app's HTTP API, as the page uses it too. Here it belongs to the running demo, with --app URL to the cloud."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

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

    async def reauthorize(self, name: str) -> list[dict[str, Any]]:
        return await self._act(name, "reauthorize")

    async def delete(self, name: str) -> list[dict[str, Any]]:
        return await self._act(name, "delete")

    async def rotate(self, name: str, *, deny: bool) -> list[dict[str, Any]]:
        return await self._act(name, "rotate?deny=1" if deny else "rotate")

    async def rotation(self) -> list[dict[str, Any]]:
        """How far the rotation of keys is, as one row."""
        return [dict((await self.http.get("/api/manage/rotation"))["rotation"])]

    async def turn_rotation(self, *, on: bool) -> list[dict[str, Any]]:
        """Begin it, go on with it or stop it; how far it is."""
        return [dict((await self.http.post(f"/api/manage/rotation{'' if on else '?stop=1'}"))["rotation"])]

    async def _act(self, name: str, verb: str) -> list[dict[str, Any]]:
        path = f"/api/manage/subscriptions/{quote(name, safe='')}/{verb}"
        return list((await self.http.post(path, patience_s=None))["actions"])

    async def catch_up(self, name: str | None) -> list[dict[str, Any]]:
        path = f"/api/manage/catch-up?name={quote(name, safe='')}" if name else "/api/manage/catch-up"
        return list((await self.http.post(path, patience_s=None))["runs"])

    async def quarantine(self, day: str | None = None) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/manage/quarantine", day=day))["rejections"])

    async def state(self) -> dict[str, Any]:
        """What the doctor asks: timer, topic, entries, lives."""
        return dict(await self.http.get("/api/manage/state"))

    async def wind_down(self) -> dict[str, Any]:
        return dict(await self.http.post("/api/manage/wind-down", patience_s=None))

    async def rejection(self, event_id: str) -> dict[str, Any]:
        return dict(await self.http.get(f"/api/manage/quarantine/{quote(event_id, safe='')}"))

    async def replay_rejections(
        self, event_id: str | None, *, spec: str = "", reason: str = "", day: str = ""
    ) -> list[dict[str, Any]]:
        """One event, with `spec` on the operator's word; or all that have the reason and came on the day."""
        if event_id:
            path = f"/api/manage/quarantine/{quote(event_id, safe='')}/replay"
            return [dict(await self.http.post(f"{path}?{urlencode({'spec': spec})}", patience_s=None))]
        query = urlencode({"reason": reason, "day": day})
        return list((await self.http.post(f"/api/manage/quarantine/replay?{query}", patience_s=None))["replayed"])

    async def replay_event(self, event_id: str) -> list[dict[str, Any]]:
        return [dict(await self.http.post(f"/api/manage/events/{quote(event_id, safe='')}/replay", patience_s=None))]

    async def dead_letters(self) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/manage/dead-letters"))["dead_letters"])

    async def dead_letter(self, event_id: str) -> dict[str, Any]:
        return dict(await self.http.get(f"/api/manage/dead-letters/{quote(event_id, safe='')}"))

    async def replay_dead_letters(self, event_id: str | None) -> list[dict[str, Any]]:
        """One, or all without an id."""
        if event_id:
            path = f"/api/manage/dead-letters/{quote(event_id, safe='')}/replay"
            return [dict(await self.http.post(path, patience_s=None))]
        return list((await self.http.post("/api/manage/dead-letters/replay", patience_s=None))["replayed"])

    async def purge(self, person: str) -> dict[str, Any]:
        return dict(await self.http.post(f"/api/manage/purge?{urlencode({'user': person})}", patience_s=None))


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
