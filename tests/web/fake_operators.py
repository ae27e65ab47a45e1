"""A stand-in for what only operators see and do: dead letters, replay, rotation, the app's clock."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(slots=True)
class FakeOperators:
    """`replayed` holds what was replayed; `refuse` says why nothing is."""

    letters: list[dict[str, Any]] = field(default_factory=list)
    rotation: dict[str, Any] = field(default_factory=dict)
    replayed: list[str] = field(default_factory=list)
    refuse: str = ""

    def routes(self) -> list[Route]:
        return [
            Route("/api/manage/state", _state),
            Route("/api/manage/rotation", self._rotation),
            Route("/api/manage/dead-letters", self._letters),
            Route("/api/manage/dead-letters/replay", self._replay_letters, methods=["POST"]),
            Route("/api/manage/dead-letters/{id}", self._letter),
            Route("/api/manage/{kind}/{id}/replay", self._replay, methods=["POST"]),
        ]

    async def _rotation(self, _: Request) -> Response:
        course = {"to": 1, "state": "done", "why": "", "done": 3, "total": 3, "believed_until": {}}
        return JSONResponse({"rotation": course | self.rotation})

    async def _letters(self, _: Request) -> Response:
        return JSONResponse({"dead_letters": self.letters})

    async def _letter(self, request: Request) -> Response:
        found = next(one for one in self.letters if one["id"] == request.path_params["id"])
        return JSONResponse({**found, "outcome": "TimedOut", "body": {"type": found["type"], "data": {}}})

    async def _replay(self, request: Request) -> Response:
        name = request.path_params["id"]
        if self.refuse:
            return JSONResponse({"id": name, "done": False, "reason": self.refuse, "detail": ""})
        vouched = request.query_params.get("spec", "")
        self.replayed.append(" ".join(filter(None, [request.path_params["kind"], name, vouched])))
        self.letters = [one for one in self.letters if one["id"] != name]
        return JSONResponse({"id": name, "done": True, "reason": "", "detail": ""})

    async def _replay_letters(self, _: Request) -> Response:
        gone, self.letters = self.letters, []
        done = [{"id": one["id"], "done": True, "reason": "", "detail": ""} for one in gone]
        return JSONResponse({"replayed": done})


async def _state(_: Request) -> Response:
    return JSONResponse({"now": datetime.now(UTC).isoformat(), "ticked_at": None})


def dead_letter(number: int) -> dict[str, Any]:
    return {
        "id": f"5f2c9ab0.{number}",
        "reason": "max_delivery_attempts_exceeded",
        "type": "Microsoft.Graph.MessageCreated",
        "attempts": 30,
        "dead_since": datetime.now(UTC).isoformat(),
        "tries": 1,
    }
