"""A small app and twin, to be served on a real port."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PEOPLE = [
    {"alias": "ada", "id": "id-of-ada", "name": "Ada", "roles": ["Pulse.Operator"]},
    {"alias": "grace", "id": "id-of-grace", "name": "Grace", "roles": []},
]
TIMES = {"time": "2026-11-21T12:00:00Z", "recovered": False, "version": "1"}


def row(number: int, reader: str, *, type: str = "Microsoft.Graph.MessageCreated") -> dict[str, Any]:  # noqa: A002
    return {
        "id": f"event-{number}",
        "type": type,
        "subject": f"Users/{reader}/Messages/{number}",
        "change_type": "created",
        "resource": f"Users/{reader}/Messages/{number}",
        "reader": reader,
        "accepted_at": f"2026-11-21T12:00:{number:02}Z",
        "cursor": f"after-{number}",
        **TIMES,
    }


@dataclass
class SmallApp:
    """What the real app answers, from lists; `asked` is what it was asked, with the person who asked."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    actions: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    replayed: list[dict[str, Any]] = field(default_factory=list)
    refusal: tuple[int, dict[str, Any]] | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/api/feed", self.feed),
            Route("/api/feed/event/{id}", self.event),
            Route("/api/manage/subscriptions", self.subscriptions),
            Route("/api/manage/subscriptions/plan", self.plan),
            Route("/api/manage/subscriptions/apply", self.plan, methods=["POST"]),
            Route("/api/manage/subscriptions/{name}/{verb}", self.plan, methods=["POST"]),
            Route("/api/manage/rotation", self.rotation, methods=["GET", "POST"]),
            Route("/api/manage/catch-up", self.catch_up, methods=["POST"]),
            Route("/api/manage/quarantine", self.quarantine),
            Route("/api/manage/dead-letters", self.dead_letters),
            Route("/api/manage/purge", self.purge, methods=["POST"]),
            Route("/api/manage/{kind}/replay", self.replay_all, methods=["POST"]),
            Route("/api/manage/{kind}/{id}/replay", self.replay, methods=["POST"]),
            Route("/twin/clock", self.clock, methods=["GET", "POST"]),
            Route("/clock", self.clock, methods=["GET", "POST"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/trigger", self.trigger, methods=["POST"]),
        ]

    def note(self, request: Request) -> str:
        user = request.headers.get("authorization", "").removeprefix("Bearer token-of-")
        self.asked.append((user, f"{request.method} {request.url.path}"))
        return user

    async def feed(self, request: Request) -> Response:
        user, since = self.note(request), request.query_params.get("since")
        if self.refusal:
            return JSONResponse(self.refusal[1], status_code=self.refusal[0])
        rows = [each for each in self.rows.get(user, []) if since is None or each["cursor"] > since]
        return JSONResponse({"rows": rows, "cursor": rows[-1]["cursor"] if rows else since, "more": False})

    async def event(self, request: Request) -> Response:
        user = self.note(request)
        for each in self.rows.get(user, []):
            if each["id"] == request.path_params["id"]:
                return JSONResponse(each | {"event": {"id": each["id"]}})
        return JSONResponse({"error": {"code": "notFound", "message": "No such event"}}, status_code=404)

    async def subscriptions(self, request: Request) -> Response:
        self.note(request)
        names = ("name", "id", "resource", "change_types", "state", "expires_at", "due_at", "last_renewed_at")
        return JSONResponse({"subscriptions": [dict.fromkeys(names, "x") | {"secret": "not for --json"}]})

    async def plan(self, request: Request) -> Response:
        self.note(request)
        return JSONResponse({"actions": self.actions})

    async def rotation(self, request: Request) -> Response:
        self.note(request)
        row = {"to": 2, "state": "stopped" if "stop" in request.query_params else "running", "done": 1, "total": 3}
        return JSONResponse({"rotation": row | {"why": "", "believed_until": {}}})

    async def catch_up(self, request: Request) -> Response:
        self.note(request)
        run = {"name": "mail-ada", "pages": 5, "changes": 2, "recovered": 1, "already_seen": 1, "full_resync": False}
        return JSONResponse({"runs": [run]})

    async def quarantine(self, request: Request) -> Response:
        self.note(request)
        rejection = {"id": "e1", "reason": "client_state", "type": "t", "accepted_at": "2026-11-21T12:00:00Z"}
        return JSONResponse({"rejections": [rejection]})

    async def dead_letters(self, request: Request) -> Response:
        self.note(request)
        letter = {"id": "d1", "reason": "MaxDeliveryAttemptsExceeded", "type": "t", "attempts": 30, "dead_since": "x"}
        return JSONResponse({"dead_letters": [letter | {"tries": 1}]})

    async def purge(self, request: Request) -> Response:
        self.note(request)
        return JSONResponse({"rows": 3, "dead_letters": 1})

    async def replay(self, request: Request) -> Response:
        self.note(request)
        return JSONResponse(self.replayed[0])

    async def replay_all(self, request: Request) -> Response:
        self.note(request)
        self.sent.append(dict(request.query_params))
        return JSONResponse({"replayed": self.replayed})

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            self.sent.append(await request.json())
        return JSONResponse({"now": "2026-11-21T12:00:00+00:00", "offset_s": 0})

    async def sign_in(self, request: Request) -> Response:
        user = (await request.json())["user"]
        return JSONResponse({"access_token": f"token-of-{user}", "expires_on": 4_000_000_000})

    async def trigger(self, request: Request) -> Response:
        self.sent.append(await request.json())
        return JSONResponse({"changes": 2, "events": 4})


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Its URL; on a thread of its own because the commands under test run their own loop."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
