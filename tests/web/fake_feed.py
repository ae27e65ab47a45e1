"""A stand-in for the app, for the page's tests: serves web/dist and a scripted feed, with its faults as plain fields.

The journal has several writers and a vector cursor, as the real one. The hub speaks as much of SignalR's serverless
protocol as the real client needs: negotiate twice, handshake, ping, one kind of message.
"""

import asyncio
import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fake_mail import FakeMailbox
from fake_operators import FakeOperators
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from functions.page import SAFETY

DIST = Path(__file__).parents[2] / "web" / "dist"
END = "\x1e"
PERSON = "c4a7e813-0b29-4f5d-a6c1-3e78d2f9054b"


@dataclass(slots=True)
class FakeFeed:
    """What the page sees, and what goes wrong."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by writer, each in its order
    user: str = "adele@contoso.example"  # empty: nobody is signed in
    sends_to_sign_in: bool = False  # by a redirect, as App Service does, instead of 401
    is_operator: bool = True
    fault: int = 0  # status that the feed answers with
    is_trimmed: bool = False  # every cursor is too old
    has_push: bool = True
    push_loss: float = 0.0
    delay_s: float = 0.0
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    operators: FakeOperators = field(default_factory=FakeOperators)
    pulls: int = 0
    seed: int = 7
    sockets: set[WebSocket] = field(default_factory=set)

    async def add(self, rows: list[dict[str, Any]], *, writer: str = "w1") -> None:
        self.rows.setdefault(writer, []).extend(rows)
        if random.Random(f"{self.seed} {self.count}").random() >= self.push_loss:
            await self.news(len(rows))

    async def news(self, count: int) -> None:
        text = json.dumps({"type": 1, "target": "news", "arguments": [{"rows": count}]}) + END
        for socket in list(self.sockets):
            await _sent(socket, text)

    async def cut_sockets(self) -> None:
        for socket in list(self.sockets):
            self.sockets.discard(socket)
            await socket.close(1011)

    @property
    def count(self) -> int:
        return sum(map(len, self.rows.values()))

    def app(self) -> Starlette:
        routes = [
            Route("/.auth/me", self._me),
            Route("/.auth/login/aad", self._login),
            Route("/.auth/logout", self._logout),
            Route("/api/feed", self._feed),
            Route("/api/feed/event/{id}", self._event),
            Route("/api/manage/subscriptions", self._subscriptions),
            Route("/api/manage/subscriptions/{name:path}/renew", self._renew, methods=["POST"]),
            Route("/api/manage/quarantine", self._quarantine),
            Route("/api/manage/quarantine/{id}", self._rejection),
            *self.mailbox.routes(),
            *self.operators.routes(),
            Route("/api/negotiate", self._negotiate, methods=["POST"]),
            Route("/client/negotiate", _negotiate_with_service, methods=["POST"]),
            WebSocketRoute("/client/", self._hub),
            Route("/", _page),
            Mount("/", StaticFiles(directory=DIST, check_dir=False)),
        ]
        return Starlette(routes=routes)

    async def _me(self, request: Request) -> Response:
        if not self.user:
            return Response(status_code=401)
        claims = [{"typ": "name", "val": self.user}]
        return JSONResponse([{"provider_name": "aad", "user_id": self.user, "user_claims": claims}])

    async def _login(self, request: Request) -> Response:
        self.user = "adele@contoso.example"
        return RedirectResponse(request.query_params["post_login_redirect_uri"], 302)

    async def _logout(self, request: Request) -> Response:
        self.user = ""
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)

    async def _feed(self, request: Request) -> Response:
        self.pulls += 1
        await asyncio.sleep(self.delay_s)
        since = request.query_params.get("since", "")
        if not self.user and self.sends_to_sign_in:
            return RedirectResponse("https://login.example/authorize", 302)
        if not self.user:
            return _refusal(401, "signed_out")
        if self.fault:
            return _refusal(self.fault, "fault")
        if since and self.is_trimmed:
            return _refusal(410, "trimmed")
        return JSONResponse(self._page_after(since, int(request.query_params["limit"])))

    def _page_after(self, since: str, limit: int) -> dict[str, Any]:
        cursor: dict[str, int] = json.loads(urlsafe_b64decode(since)) if since else {}
        rows: list[dict[str, Any]] = []
        for writer, written in self.rows.items():
            taken = written[cursor.get(writer, 0) :][: max(0, limit - len(rows))]
            cursor[writer] = cursor.get(writer, 0) + len(taken)
            rows += taken
        more = any(cursor[writer] < len(written) for writer, written in self.rows.items())
        rows.sort(key=lambda row: str(row["accepted_at"]))
        return {"rows": rows, "cursor": urlsafe_b64encode(json.dumps(cursor).encode()).decode(), "more": more}

    async def _event(self, request: Request) -> Response:
        rows = [row for written in self.rows.values() for row in written if row["id"] == request.path_params["id"]]
        return JSONResponse({**rows[0], "event": cloud_event(rows[0])}) if rows else _refusal(404, "no_such_event")

    async def _subscriptions(self, request: Request) -> Response:
        return (
            JSONResponse({"subscriptions": self.subscriptions}) if self.is_operator else _refusal(403, "not_operator")
        )

    async def _renew(self, request: Request) -> Response:
        name = request.path_params["name"]
        for known in self.subscriptions:
            if known["name"] == name:
                known |= subscription(name=name, resource=known["resource"])
        return JSONResponse({"actions": [{"action": "renew", "name": name, "done": True, "fault": None}]})

    async def _quarantine(self, request: Request) -> Response:
        return JSONResponse({"rejections": self.rejections}) if self.is_operator else _refusal(403, "not_operator")

    async def _rejection(self, request: Request) -> Response:
        found = [one for one in self.rejections if one["id"] == request.path_params["id"]]
        more = {"claimed_spec": "mail", "body": json.dumps({"type": "Microsoft.Graph.MessageCreated", "data": {}})}
        return JSONResponse(found[0] | more) if found else _refusal(404, "no_such_rejection")

    async def _negotiate(self, request: Request) -> Response:
        if not self.has_push:
            return _refusal(503, "no_push")
        return JSONResponse({"url": f"{request.base_url}client/?hub=feed", "accessToken": "a-token"})

    async def _hub(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()
        await socket.send_text("{}" + END)
        self.sockets.add(socket)
        try:
            while True:
                await socket.receive_text()  # the client's pings
                await socket.send_text('{"type":6}' + END)
        except (WebSocketDisconnect, RuntimeError):
            self.sockets.discard(socket)


def row(
    number: int, *, at: datetime | None = None, change: str = "created", noun: str = "Message", **more: Any
) -> dict[str, Any]:
    """Row `number` of a made-up day, accepted 400 ms after the change."""
    at = at or datetime.now(UTC)
    resource = (
        f"users/{PERSON}/messages/AAMkAGwJSkRjaxuUSvvUYSSoF0j8k{number:06}"
        if noun == "Message"
        else f"users/{number:08}-6c02-4a8e-b3f9-70d4a6158c2e"
    )
    return {
        "id": f"{at:%Y%m%d}.00.{number:032x}",
        "type": f"Microsoft.Graph.{noun}{change.capitalize()}",
        "subject": resource,
        "change_type": change,
        "resource": resource,
        "version": f'W/"{number}"',
        "reader": PERSON if noun == "Message" else "operators",
        "time": (at - timedelta(milliseconds=400)).isoformat(),
        "accepted_at": at.isoformat(),
        "recovered": False,
    } | more


def subscription(*, name: str = "people", resource: str = "users", **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "name": name,
        "id": "0d4e8b72-91a5-4c3f-b6d8-7e2f150c9a34",
        "resource": resource,
        "change_types": ["updated", "deleted"],
        "state": "live",
        "expires_at": (now + timedelta(days=5, hours=22)).isoformat(),
        "due_at": (now + timedelta(days=4)).isoformat(),
        "last_renewed_at": (now - timedelta(days=1)).isoformat(),
        "last_event_at": None,
        "note": "",
    } | more


def cloud_event(one: dict[str, Any]) -> dict[str, Any]:
    data = {
        "changeType": one["change_type"],
        "resource": one["resource"],
        "subscriptionExpirationDateTime": one["time"],
        "sequence": 17,
        "rich": False,
    }
    return {
        "id": one["id"],
        "type": one["type"],
        "source": "/tenants/t",
        "subject": one["subject"],
        "time": one["time"],
        "specversion": "1.0",
        "data": data,
    }


async def _page(request: Request) -> Response:
    return FileResponse(DIST / "index.html", headers=SAFETY | {"Cache-Control": "no-cache"})


async def _negotiate_with_service(request: Request) -> Response:
    transports = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
    return JSONResponse(
        {"negotiateVersion": 1, "connectionId": "c", "connectionToken": "t", "availableTransports": transports}
    )


async def _sent(socket: WebSocket, text: str) -> None:
    try:
        await socket.send_text(text)
    except (WebSocketDisconnect, RuntimeError):  # it went meanwhile
        return


def _refusal(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": f"The app says {code}."}}, status)
