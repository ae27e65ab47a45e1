"""The journal for those who may read it."""

import json

import azure.functions as func

from functions.answers import answer, for_signed_in, refusal
from functions.principal import Principal
from shared.composition import app
from shared.domain.journal.cursor import InvalidCursor, decode_cursor
from shared.flows.journal import Trimmed

blueprint = func.Blueprint()
PAGE, LARGEST_PAGE = 200, 1_000


@blueprint.route(route="api/feed", methods=["GET"])
@for_signed_in
async def feed(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """`since` is a cursor, `head` for only what comes from now on, or absent for all that is kept."""
    since, journal = req.params.get("since", ""), app().journal
    try:
        if since == "head":
            return answer({"rows": [], "cursor": (await journal.head()).encode(), "more": False})
        page = await journal.page(principal.readers, decode_cursor(since) if since else None, limit=_limit(req))
    except InvalidCursor as fault:
        return refusal(400, "invalid_cursor", str(fault))
    except Trimmed:
        return refusal(410, "trimmed", "Rows after this cursor are gone. Start anew without `since`.")
    rows = [row.as_json() for row in page.rows]
    return answer({"rows": rows, "cursor": page.cursor.encode(), "more": page.has_more})


@blueprint.route(route="api/feed/event/{id}", methods=["GET"])
@for_signed_in
async def feed_event(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """One row, with its CloudEvent as it came but for the clientState."""
    found = await app().journal.event(req.route_params["id"])
    if found is None or found[0].entity["reader"] not in principal.readers:
        return refusal(404, "no_such_event", "There is no such event, or it is not yours to read.")
    return answer({**found[0].as_json(), "event": json.loads(found[1] or "null")})


def _limit(req: func.HttpRequest) -> int:
    text = req.params.get("limit", "")
    return min(int(text), LARGEST_PAGE) if text.isdecimal() and len(text) < 10 and int(text) > 0 else PAGE
