"""Delta pages and collections as JSON: one reading for every kind of entity.

The SDK's typed delta builders are many (one a resource, each with its models), and say nothing that all do not share:
an id, an etag, two times, and whether it is gone. So requests are the SDK's, by path, and answers are read here.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.adapters.graph.requests import IMMUTABLE
from shared.domain.events.notifications import parse_time
from shared.ports import DeltaItem, DeltaPage, GraphFault

if TYPE_CHECKING:
    from kiota_abstractions.request_information import RequestInformation

PAGE = 200  # entities of a delta page that we ask for: a preference, Graph may give fewer
PREFER = f"{IMMUTABLE}, odata.maxpagesize={PAGE}"


def get_request(url: str) -> "RequestInformation":
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation

    request = RequestInformation()
    request.http_method = Method.GET
    request.url = url
    request.headers.try_add("Accept", "application/json")
    request.headers.try_add("Prefer", PREFER)
    return request


def body_from(answer: bytes | None) -> dict[str, Any]:
    try:
        body = json.loads(answer or b"")
    except ValueError as error:
        raise GraphFault(0, "unreadable", "Graph's answer is no JSON") from error
    if not isinstance(body, dict):
        raise GraphFault(0, "unreadable", "Graph's answer is no JSON object")
    return body


def delta_page(body: Mapping[str, Any]) -> DeltaPage:
    """A page has a link to the next one or to the future; without either it can't be gone on from."""
    onward = body.get("@odata.nextLink") or body.get("@odata.deltaLink")
    if not onward:
        raise GraphFault(0, "incomplete", "a delta page has neither nextLink nor deltaLink")
    items = tuple(map(delta_item, body.get("value") or ()))
    return DeltaPage(items=items, link=onward, is_last=not body.get("@odata.nextLink"))


def delta_item(row: Mapping[str, Any]) -> DeltaItem:
    """`@removed` says that it is gone, of drives a `deleted` facet, of chat messages their deletedDateTime."""
    removed = row.get("@removed")
    return DeltaItem(
        id=str(row["id"]),
        etag=str(row.get("@odata.etag") or row.get("eTag") or row.get("etag") or ""),
        created_at=parse_time(row.get("createdDateTime")),
        changed_at=parse_time(row.get("lastModifiedDateTime")),
        removed=removed is not None or "deleted" in row or row.get("deletedDateTime") is not None,
        is_restorable=isinstance(removed, dict) and removed.get("reason") == "changed",
        type="root" if "root" in row else str(row.get("type") or ""),
        digest=hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:32],
    )
