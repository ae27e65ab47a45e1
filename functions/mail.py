"""Mail of the signed-in user, with no rights but their own: their access token is exchanged for one for Graph."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps

import azure.functions as func

from functions.answers import answer, for_signed_in, refusal
from functions.principal import Principal, access_token_of
from shared.composition import app
from shared.domain.events.client_state import subject_of_person
from shared.domain.outbox import InvalidItem, read_item
from shared.flows.mail import GraphFault, Mailbox, MailHead, Sending

type OfMailbox = Callable[[func.HttpRequest, Principal, Mailbox], Awaitable[func.HttpResponse]]

blueprint = func.Blueprint()
INBOX = "inbox"


def for_mailbox(handle: OfMailbox) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    """401 without a sign-in that can be passed on; Graph's own refusals with its status, 502 where it failed."""

    @for_signed_in
    @wraps(handle)
    async def guarded(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
        token, mailboxes = access_token_of(req), app().mailboxes
        if not token or mailboxes is None:
            return refusal(401, "no_token", "Sign in again: mail is read with your own rights.")
        try:
            return await handle(req, principal, mailboxes.of(token))
        except GraphFault as fault:
            return _told(fault)

    return guarded


@blueprint.route(route="api/mail/folders", methods=["GET"])
@for_mailbox
async def mail_folders(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    return answer({"folders": [asdict(folder) for folder in await mailbox.folders()]})


@blueprint.route(route="api/mail/messages", methods=["GET"])
@for_mailbox
async def mail(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    """A page of a `folder`, newest first; `next` leads on, null at the end."""
    page = await mailbox.page(req.params.get("folder", INBOX), req.params.get("next") or None)
    return answer({"messages": [_shown(head) for head in page.heads], "next": page.link or None})


@blueprint.route(route="api/mail/delta", methods=["GET"])
@for_mailbox
async def mail_delta(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    """What changed in a `folder` since the link `since`. 410: begin again without it."""
    page = await mailbox.delta(req.params.get("folder", INBOX), req.params.get("since") or None)
    heads = [_shown(head) for head in page.heads]
    return answer({"messages": heads, "removed": list(page.removed), "since": page.link, "more": not page.is_last})


@blueprint.route(route="api/mail/messages/{id}", methods=["GET"])
@for_mailbox
async def mail_message(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    message = await mailbox.message(req.route_params["id"])
    return answer({**_shown(message.head), "to": message.to, "cc": message.cc, "html": message.html})


@blueprint.route(route="api/mail/messages/{id}", methods=["PATCH"])
@for_mailbox
async def mail_mark(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    """`{"is_read": bool}`. The change is announced with the answer's version: so the page knows it as its own."""
    body = _body(req)
    if not isinstance(body, dict) or not isinstance(body.get("is_read"), bool):
        return refusal(400, "invalid_mark", 'Want {"is_read": true} or false.')
    return answer(_shown(await mailbox.mark(req.route_params["id"], is_read=body["is_read"])))


@blueprint.route(route="api/mail/outbox", methods=["POST"])
@for_mailbox
async def mail_outbox(req: func.HttpRequest, principal: Principal, mailbox: Mailbox) -> func.HttpResponse:
    """Sends an item of the browser's outbox, once: sent again with the same id, it answers as the first time did."""
    try:
        item = read_item(_body(req))
        sent = await app().outbox.send(subject_of_person(principal.object_id), item, mailbox)
    except InvalidItem as fault:
        return refusal(400, "invalid_item", str(fault))
    except Sending:
        return refusal(409, "sending", "It is being sent right now; ask again in a minute.")
    return answer({"outbox_id": item.id, "state": "sent", "id": sent})


def _told(fault: GraphFault) -> func.HttpResponse:
    """The page acts on the status: 401 signs in again, 404 is gone, 410 begins anew, 429 and 503 wait."""
    status = fault.status if fault.status in (400, 401, 403, 404, 409, 410, 413, 429, 503) else 502
    told = refusal(status, fault.code or "graph_failed", fault.message or "Graph could not be reached.")
    if fault.wait_s is not None:
        told.headers["Retry-After"] = str(int(fault.wait_s))
    return told


def _shown(head: MailHead) -> dict[str, object]:
    received = head.received_at.isoformat() if head.received_at else None
    sender = {"name": head.sender_name, "address": head.sender_address}
    plain = ("id", "version", "subject", "is_read", "is_draft", "preview", "conversation_id", "has_attachments")
    return {**{name: getattr(head, name) for name in plain}, "from": sender, "received_at": received}


def _body(req: func.HttpRequest) -> object:
    try:
        return req.get_json()
    except ValueError:
        return None
