"""A stand-in for the app's mail routes: one mailbox, with its faults as plain fields."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PAGE = 25
INBOX, SENT = "AQMkInbox", "AQMkSent"


@dataclass(slots=True)
class FakeMailbox:
    """`sent` is what went out, by outbox id; `tries` counts each try. `refusals` are answered first, one a call."""

    heads: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, str] = field(default_factory=dict)
    sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)  # of sending: status and code
    retry_after_s: int = 0
    token_is_old: bool = False
    refreshes: int = 0
    changes: list[tuple[str, str]] = field(default_factory=list)  # ("changed"|"removed", id), as delta tells them
    is_link_lost: bool = False
    deltas: int = 0
    versions: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # answers of sending wait for it

    def __post_init__(self) -> None:
        self.gate.set()

    def routes(self) -> list[Route]:
        return [
            Route("/.auth/refresh", self._refresh),
            Route("/api/mail/folders", self._folders),
            Route("/api/mail/messages", self._messages),
            Route("/api/mail/messages/{id}", self._message),
            Route("/api/mail/messages/{id}", self._mark, methods=["PATCH"]),
            Route("/api/mail/delta", self._delta),
            Route("/api/mail/outbox", self._outbox, methods=["POST"]),
        ]

    def add(self, heads: Iterable[dict[str, Any]]) -> None:
        for head in heads:
            self.heads = [head, *self.heads]
            self.changes.append(("changed", head["id"]))

    def remove(self, id_: str) -> None:
        self.heads = [head for head in self.heads if head["id"] != id_]
        self.changes.append(("removed", id_))

    def find(self, id_: str) -> dict[str, Any] | None:
        return next((head for head in self.heads if head["id"] == id_), None)

    async def _refresh(self, _: Request) -> Response:
        self.refreshes += 1
        self.token_is_old = False
        return Response(status_code=200)

    async def _folders(self, _: Request) -> Response:
        if self.token_is_old:
            return _refusal(401, "no_token")
        unread = sum(not head["is_read"] for head in self.heads)
        return JSONResponse(
            {
                "folders": [
                    {"id": INBOX, "name": "Inbox", "unread": unread, "total": len(self.heads)},
                    {"id": SENT, "name": "Sent Items", "unread": 0, "total": len(self.sent)},
                ]
            }
        )

    async def _messages(self, request: Request) -> Response:
        if self.token_is_old:
            return _refusal(401, "no_token")
        heads = self.heads if request.query_params["folder"] == "inbox" else []
        start = int(request.query_params.get("next", "0"))
        more = start + PAGE < len(heads)
        return JSONResponse({"messages": heads[start : start + PAGE], "next": str(start + PAGE) if more else None})

    async def _message(self, request: Request) -> Response:
        head = self.find(request.path_params["id"])
        if head is None:
            return _refusal(404, "ErrorItemNotFound")
        html = self.bodies.get(head["id"], f"<p>{head['preview']}</p>")
        return JSONResponse({**head, "to": ["adele@contoso.example", "alex@contoso.example"], "cc": [], "html": html})

    async def _mark(self, request: Request) -> Response:
        head = self.find(request.path_params["id"])
        if head is None:
            return _refusal(404, "ErrorItemNotFound")
        self.versions += 1
        head |= {"is_read": (await request.json())["is_read"], "version": f'W/"marked{self.versions}"'}
        self.changes.append(("changed", head["id"]))
        return JSONResponse(head)

    async def _delta(self, request: Request) -> Response:
        self.deltas += 1
        since = request.query_params.get("since", "")
        if since and self.is_link_lost:
            self.is_link_lost = False
            return _refusal(410, "SyncStateNotFound")
        if not since:
            heads, removed = self.heads, []
        else:
            told = self.changes[int(since) :]
            heads = [head for head in self.heads if ("changed", head["id"]) in told]
            removed = [id_ for kind, id_ in told if kind == "removed"]
        return JSONResponse({"messages": heads, "removed": removed, "since": str(len(self.changes)), "more": False})

    async def _outbox(self, request: Request) -> Response:
        item = await request.json()
        self.tries.append(item["outbox_id"])
        await self.gate.wait()
        if self.refusals:
            return _refusal(*self.refusals.pop(0), retry_after_s=self.retry_after_s)
        self.sent.setdefault(item["outbox_id"], item)
        return JSONResponse({"outbox_id": item["outbox_id"], "state": "sent", "id": f"sent-{item['outbox_id']}"})


def head(number: int, *, sender: str = "Megan Bowen", subject: str = "", **more: Any) -> dict[str, Any]:
    """Message `number` of a made-up day; a higher number is older."""
    at = datetime.now(UTC) - timedelta(minutes=7 * number)
    return {
        "id": f"AAkALgAAxNvbERkCy0Hq8mGdM7nQzRpTL4{number:06}=",
        "version": f'W/"{number}"',
        "subject": subject or f"Quarterly numbers, sheet {number}",
        "is_read": number > 2,
        "is_draft": False,
        "preview": "The last two sheets now agree with finance. Could you look at row 14 before noon?",
        "conversation_id": f"c{number}",
        "has_attachments": number % 9 == 4,
        "from": {"name": sender, "address": f"{sender.split()[0].lower()}@contoso.example"},
        "received_at": at.isoformat(),
    } | more


def some_mail() -> list[dict[str, Any]]:
    return [
        head(0, subject="Re: Quarterly numbers, final check before Friday"),
        head(1, sender="Alex Wilber", subject="Build 4821 is green again", preview="All 214 checks passed."),
        head(2, sender="Lee Gu", subject="Travel plans for the March review"),
        head(3, sender="Patti Fernandez", subject="Contract, signed copy attached", has_attachments=True),
        *(head(4 + n, sender=["Joni Sherman", "Diego Siciliani", "Megan Bowen"][n % 3]) for n in range(60)),
    ]


def _refusal(status: int, code: str, *, retry_after_s: int = 0) -> Response:
    headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
    return JSONResponse({"error": {"code": code, "message": f"The app says {code}."}}, status, headers=headers)
