"""Calls of a JSON API that answers errors as {"error": {"code", "message"}}: the app's and the twin's alike."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

import httpx

from pulse.errors import PulseError, RefusedError

type Token = Callable[[], Awaitable[str]]

PATIENCE_S = 60


class JsonClient:
    """`what` names the other side in messages; `token` gives a Bearer token for each call. Use it as `async with`."""

    def __init__(
        self,
        url: str,
        *,
        what: str = "the app",
        token: Token | None = None,
        headers: dict[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url, self.what, self._token = url.rstrip("/"), what, token
        self._http = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=PATIENCE_S, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **parameters: Any) -> Any:
        """Parameters that are None are left out. Raises RefusedError, PulseError."""
        return await self._call(
            "GET", path, params={key: value for key, value in parameters.items() if value is not None}
        )

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, patience_s: float | None = PATIENCE_S
    ) -> Any:
        """Raises RefusedError, PulseError. `patience_s` None: wait as long as it takes."""
        return await self._call("POST", path, json=body or {}, timeout=patience_s)

    async def put(self, path: str, body: dict[str, Any]) -> Any:
        """Raises RefusedError, PulseError."""
        return await self._call("PUT", path, json=body)

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {await self._token()}"} if self._token else {}
        try:
            answer = await self._http.request(method, path, headers=headers, **options)
        except httpx.HTTPError as fault:
            reason = str(fault) or type(fault).__name__
            raise PulseError(f"{self.what} at {self.url} doesn't answer: {reason}. Is `pulse demo` running?") from fault
        return read(answer)


def read(answer: httpx.Response) -> Any:
    """The body of a good answer, {} when it has none. Raises RefusedError."""
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {}
    if answer.is_success:
        return body
    raise refusal(answer, body if isinstance(body, dict) else {})


def refusal(answer: httpx.Response, body: dict[str, Any]) -> RefusedError:
    """The app says {"error": {"code", "message"}}, the twin {"error": message}, a proxy anything."""
    error = body.get("error")
    named = error if isinstance(error, dict) else {"message": error}
    message = named.get("message") or f"{answer.request.method} {answer.request.url.path} failed"
    return RefusedError(answer.status_code, str(named.get("code") or answer.reason_phrase), str(message), body)
