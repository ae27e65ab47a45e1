"""Replying, forwarding and sending: https://learn.microsoft.com/graph/api/user-sendmail and message-createreply.

The parameters of actions are read ignoring case: msgraph-sdk writes Comment, Message, SaveToSentItems.
"""

from typing import TYPE_CHECKING, Any

from twin.graph.callers import SEND_MAIL, WRITE_MAIL
from twin.graph.calls import Action, Answer, Call, Routes
from twin.graph.directory import User
from twin.graph.errors import GraphError, bad_request
from twin.graph.mail import Mailbox, Message
from twin.graph.mail_body import Written, read_message, recipients
from twin.graph.mail_delivery import own_address, send_at_once, send_draft
from twin.graph.mail_replies import forward, reply
from twin.graph.mail_routes import mailbox_of, message_of, on_message, one

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()


@routes("POST", "users/{}/sendMail")
def send_mail(graph: "Graph", call: Call, user_id: str) -> Answer:
    user, _ = mailbox_of(graph, call, user_id, SEND_MAIL)
    parameters = call.parameters()
    save = parameters.get("savetosentitems")
    send_at_once(graph, user, read_message(_message(parameters, required=True)), save=save is not False)
    return Answer(202)


@on_message(routes, "POST", "send")
def send(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, SEND_MAIL)
    send_draft(graph, user, message_of(mailbox, keys), keep_id=call.prefers_immutable_ids)
    return Answer(202)


def _answering(kind: str) -> tuple[Action, Action]:
    """Two actions of one kind: the draft, and sending at once."""

    def draft(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
        user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
        written, original = _written(call, user, mailbox, keys, kind)
        message = graph.create_message(
            user,
            written.content,
            folder="drafts",
            is_draft=True,
            extended=written.extended,
            conversation_id=original.conversation_id,
        )
        return one(call, user, message, status=201)

    def at_once(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
        user, mailbox = mailbox_of(graph, call, user_id, SEND_MAIL)
        written, original = _written(call, user, mailbox, keys, kind)
        send_at_once(graph, user, written, conversation_id=original.conversation_id)
        return Answer(202)

    return draft, at_once


for name, as_draft in (("reply", "createReply"), ("replyAll", "createReplyAll"), ("forward", "createForward")):
    draft, at_once = _answering(name)
    on_message(routes, "POST", as_draft)(draft)
    on_message(routes, "POST", name)(at_once)


def _written(call: Call, user: User, mailbox: Mailbox, keys: tuple[str, ...], kind: str) -> tuple[Written, Message]:
    """What Graph proposes, and over it what the caller's `message` says. GraphError 404 without the original."""
    original, parameters = message_of(mailbox, keys), call.parameters()
    own = read_message(_message(parameters))
    comment = parameters.get("comment")
    if comment is not None and "body" in own.content:
        raise bad_request("Specify either a comment or the body of the message, not both.", "ErrorInvalidRequest")
    if kind == "forward":
        proposed = forward(original, to=recipients(parameters.get("torecipients") or []), comment=comment or "")
    else:
        me = own_address(user).lower()
        proposed = reply(original, me=me, to_all=kind == "replyAll", comment=comment or "")
    return Written(proposed | own.content, own.extended), original


def _message(parameters: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    message = parameters.get("message")
    if message is None and not required:
        return {}
    if not isinstance(message, dict):
        raise GraphError(400, "ErrorInvalidRequest", "The parameter Message is missing or no object.")
    return message
