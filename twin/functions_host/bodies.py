"""Reads request bodies up to the size that Azure takes."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

LIMIT = 104_857_600  # bytes: https://learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger#limits


async def read_body(request: Request) -> bytes:
    """Raises HTTPException 413 beyond the limit, before the rest is read."""
    if (declared := request.headers.get("content-length", "")).isdigit() and int(declared) > LIMIT:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise HTTPException(413)
    return bytes(body)
