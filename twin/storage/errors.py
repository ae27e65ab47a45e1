"""How the storage services say no: tables in OData's JSON, blobs and queues in XML; the code stands in a header too.

https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
"""

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from starlette.responses import Response


def storage_error(
    kind: str, *, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """`kind`: table, blob or queue."""
    if kind == "table":
        text = json.dumps({"odata.error": {"code": code, "message": {"lang": "en-US", "value": message}}})
    else:
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        text = f'<?xml version="1.0" encoding="utf-8"?>{error}'
    return Response(
        text,
        status_code=status,
        media_type="application/json" if kind == "table" else "application/xml",
        headers={"x-ms-error-code": code, **(headers or {})},
    )
