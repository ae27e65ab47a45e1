"""The page's way to the twin's switchboard: /twin/panel/*, passed on to it, as it listens at another origin.

Only what the page's panel does, and only for a page of this very host: a browser names the origin of what it posts.
Nothing of it exists where the app is deployed.
"""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from twin.clocks import MovableClock
from twin.functions_host.admin import move

PATIENCE_S = 60  # for a burst
CALLS = {
    "people": "GET",
    "switches": "GET PUT",
    "outages": "GET PUT",
    "trigger": "POST",
    "lifecycle": "POST",
    "signalr/cut": "POST",
    "clock": "GET POST",
}


class Panel:
    """`control` is the switchboard's address."""

    def __init__(self, control: str, clock: MovableClock) -> None:
        self._control = control.rstrip("/")
        self._clock = clock

    def routes(self) -> list[Route]:
        return [Route("/twin/panel/{path:path}", self._pass_on, methods=["GET", "POST", "PUT"])]

    async def _pass_on(self, request: Request) -> Response:
        path, body = request.path_params["path"], await request.body()
        if request.method not in CALLS.get(path, "").split():
            return _refused(404, "The panel has no such switch.")
        if request.method != "GET" and not _is_ours(request):
            return _refused(403, "Only the page of this host may turn the twin's switches.")
        answer = await asyncio.to_thread(_ask, request.method, f"{self._control}/{path}", body)
        if path == "clock" and request.method == "POST" and answer.status_code == 200:
            move(self._clock, json.loads(body))  # both clocks move together
        return answer


def panel_routes(settings: Mapping[str, str], clock: MovableClock) -> list[Route]:
    """None where no switchboard is named."""
    control = settings.get("TWIN_CONTROL", "")
    return Panel(control, clock).routes() if control else []


def _is_ours(request: Request) -> bool:
    """A form of another page can't send JSON, and a script of it names its own origin."""
    origin = request.headers.get("origin", "")
    is_json = request.headers.get("content-type", "").startswith("application/json")
    return is_json and origin == f"{request.url.scheme}://{request.url.netloc}"


def _ask(method: str, url: str, body: bytes) -> Response:
    asked = urllib.request.Request(url, data=body or None, method=method)  # noqa: S310 - the twin's own address
    asked.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            return Response(answer.read(), media_type="application/json")
    except urllib.error.HTTPError as fault:
        said = json.loads(fault.read() or b"{}").get("error", "")
        return _refused(fault.code, str(said) or f"The twin answered {fault.code}.")
    except OSError:
        return _refused(502, "The twin does not answer.")


def _refused(status: int, message: str) -> Response:
    return JSONResponse({"error": {"code": "twin", "message": message}}, status_code=status)
