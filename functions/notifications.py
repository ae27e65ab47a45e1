"""Graph's own way in: webhooks for changes and for lifecycle events, answered within its three seconds.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (2026-04-22)
"""

import logging

import azure.functions as func

from functions.answers import refusal
from shared.composition import app

blueprint = func.Blueprint()
MOST = 4 * 1024 * 1024  # bytes of a body
LONGEST_TOKEN = 2_048  # characters: Graph's have a few hundred
MARKUP = set("<>")
PLAIN = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
log = logging.getLogger("graph_pulse")


@blueprint.route(route="api/notifications", methods=["POST"])
async def receive_notifications(req: func.HttpRequest) -> func.HttpResponse:
    return await _receive(req)


@blueprint.route(route="api/lifecycle", methods=["POST"])
async def receive_lifecycle(req: func.HttpRequest) -> func.HttpResponse:
    return await _receive(req)


async def _receive(req: func.HttpRequest) -> func.HttpResponse:
    """202 whatever was in it: the answer tells nobody what was believed. 503 makes Graph send it again."""
    if "validationToken" in req.params:
        return _echo(req.params["validationToken"])
    body = req.get_body()
    if len(body) > MOST:
        log.error("notifications.too_large bytes=%d", len(body))
        return refusal(413, "too_large", f"At most {MOST} bytes.")
    from shared.flows.receive.arrivals import NotTaken

    try:
        await app().arrivals(body.decode("utf-8", "replace"))
    except NotTaken as fault:
        log.warning("notifications.not_taken fault=%s", fault)
        return refusal(503, "try_again", "Send it again.")
    return func.HttpResponse(status_code=202)


def _echo(token: str) -> func.HttpResponse:
    """The proof that we hold this URL. Anybody can ask: nothing comes back that a browser could take for a page."""
    if not token or len(token) > LONGEST_TOKEN or MARKUP & set(token) or not token.isprintable():
        return refusal(400, "invalid_token", "That is no validation token of Graph's.")
    return func.HttpResponse(token, status_code=200, mimetype="text/plain", headers=PLAIN)
