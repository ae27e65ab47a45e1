"""The browser app: files that Vite built into web/dist, served with the headers that keep a page safe.

Assets carry a hash in their names and never change; everything else is asked for anew and answered 304 by its ETag.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import azure.functions as func

blueprint = func.Blueprint()
DIST = Path(__file__).parent.parent / "web" / "dist"
PUSH = "https://*.service.signalr.net wss://*.service.signalr.net http://localhost:* ws://localhost:*"
SAFETY = {
    "Content-Security-Policy": (
        f"default-src 'self'; connect-src 'self' {PUSH}; img-src 'self' data:; style-src 'self'; script-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@blueprint.route(route="{*path}", methods=["GET", "HEAD"])
async def page(req: func.HttpRequest) -> func.HttpResponse:
    name = req.route_params.get("path", "") or "index.html"
    file = _files().get(name)
    if file is None:
        return func.HttpResponse("There is no such page.", status_code=404, mimetype="text/plain", headers=SAFETY)
    is_hashed = name.startswith("assets/")
    headers = SAFETY | {
        "ETag": _etag(name),
        "Cache-Control": "public, max-age=31536000, immutable" if is_hashed else "no-cache",
    }
    if req.headers.get("if-none-match") == _etag(name):
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(_content(name), mimetype=_type(name), headers=headers)


@cache
def _files() -> dict[str, Path]:
    """Every file that may be asked for, by its path in the URL: nothing else can be reached."""
    return {path.relative_to(DIST).as_posix(): path for path in DIST.rglob("*") if path.is_file()}


@cache
def _content(name: str) -> bytes:
    return _files()[name].read_bytes()


@cache
def _etag(name: str) -> str:
    return f'"{hashlib.sha256(_content(name)).hexdigest()[:32]}"'


def _type(name: str) -> str:
    known = {"webmanifest": "application/manifest+json", "js": "text/javascript", "svg": "image/svg+xml"}
    return known.get(name.rpartition(".")[2]) or mimetypes.guess_type(name)[0] or "application/octet-stream"
