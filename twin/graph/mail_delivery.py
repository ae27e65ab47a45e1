"""A message goes out: from Drafts to Sent Items, and into the inbox of each recipient in the tenant.

Delivery is at once. Addresses outside the tenant take the mail and say nothing.
"""

from typing import TYPE_CHECKING, Any

from twin.graph.directory import User
from twin.graph.errors import GraphError
from twin.graph.mail import Mailbox, Message, recipient
from twin.graph.mail_body import Written, addresses_of

if TYPE_CHECKING:
    from twin.graph.tenant import Graph


def send_draft(graph: "Graph", user: User, message: Message, *, keep_id: bool) -> None:
    """GraphError 400 without a recipient, or for what was sent before."""
    if not message.is_draft:
        raise GraphError(400, "ErrorInvalidOperation", "The message isn't a draft: it was sent already.")
    _prepare(user, message.content)
    message.is_draft, message.received_at = False, graph.world.clock.now()
    graph.move_message(user, message, "sentitems", keep_id=keep_id)
    _deliver(graph, message)


def send_at_once(
    graph: "Graph", user: User, written: Written, *, save: bool = True, conversation_id: str | None = None
) -> None:
    """Without a draft. `save`: a copy stays in Sent Items."""
    content = {**written.content, "isRead": True}
    _prepare(user, content)
    if save:
        message = graph.create_message(
            user, content, folder="sentitems", extended=written.extended, conversation_id=conversation_id
        )
    else:
        now = graph.world.clock.now()
        message = Mailbox().add(content, folder="sentitems", at=now, conversation_id=conversation_id)
    _deliver(graph, message)


def own_address(user: User) -> str:
    return str(user.properties.get("mail") or user.properties["userPrincipalName"])


def _prepare(user: User, content: dict[str, Any]) -> None:
    """It is from whose mailbox it is sent. GraphError where nobody gets it, or it claims to be from another."""
    if not addresses_of(content):
        raise GraphError(400, "ErrorInvalidRecipients", "At least one recipient is required to send a message.")
    mine = recipient(str(user.properties["displayName"]), own_address(user))
    claimed = addresses_of({"from": [content["from"]]}, ("from",)) if content.get("from") else []
    if any(address != own_address(user).lower() for address in claimed):
        raise GraphError(403, "ErrorSendAsDenied", "The user account does not have the right to send as this address.")
    content["from"] = content["sender"] = mine


def _deliver(graph: "Graph", sent: Message) -> None:
    """Recipients see no bccRecipients, and the message as unread; what the sender filed it under stays with the
    sender."""
    private = ("bccRecipients", "categories", "flag", "isRead")
    content = {name: value for name, value in sent.content.items() if name not in private}
    content["internetMessageId"] = sent.internet_message_id
    for address in addresses_of(sent.content):
        if user := graph.directory.by_address(address):
            graph.create_message(user, dict(content), conversation_id=sent.conversation_id)
