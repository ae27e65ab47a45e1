"""Event Grid's other way in: batches of CloudEvents by HTTP, each with an Entra token in place of a key in the URL.

https://learn.microsoft.com/azure/event-grid/secure-webhook-delivery and end-point-validation-cloud-events-schema
"""

import azure.functions as func

from functions.answers import refusal
from shared.composition import app
from shared.domain.events.senders import KeysMissing

blueprint = func.Blueprint()
ORIGINS = ("eventgrid.azure.net", "eventgrid.azure.us", "eventgrid.azure.cn")
TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json")
MOST = 1024 * 1024 + 64 * 1024  # bytes: Event Grid posts 1 MB at most


@blueprint.route(route="api/events", methods=["OPTIONS", "POST"])
async def receive_event_batch(req: func.HttpRequest) -> func.HttpResponse:
    """202 once all is in the journal or in quarantine; what fails for a fault of ours is raised, and comes again."""
    if req.method == "OPTIONS":
        return _handshake(req)
    try:
        if not await app().senders.may_deliver(req.headers.get("authorization", "")):
            return refusal(401, "not_believed", "This takes a token of Entra's, of Event Grid for this app.")
    except KeysMissing:
        return refusal(503, "try_again", "The token can't be judged now.")
    if req.headers.get("content-type", "").partition(";")[0].strip().lower() not in TYPES:
        return refusal(415, "not_cloud_events", f"This takes {' or '.join(TYPES)}.")
    body = req.get_body()
    if len(body) > MOST:
        return refusal(413, "too_large", f"At most {MOST} bytes.")
    await app().receive(body.decode("utf-8", "replace"))
    return func.HttpResponse(status_code=202)


def _handshake(req: func.HttpRequest) -> func.HttpResponse:
    """Abuse protection of CloudEvents webhooks: who asks first may deliver, if we name them in the answer."""
    origin = req.headers.get("webhook-request-origin", "")
    if origin.lower() not in ORIGINS:
        return refusal(403, "foreign_origin", "Only Event Grid may deliver here.")
    headers = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "OPTIONS, POST"}
    return func.HttpResponse(status_code=200, headers=headers)
