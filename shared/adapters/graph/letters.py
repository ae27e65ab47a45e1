"""Messages of the SDK as the values of our ports, and what we write as the SDK's messages."""

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from shared.ports import MailHead, MailMessage, MailPage

if TYPE_CHECKING:
    from msgraph.generated.models.message import Message

# A named property of our own: the GUID is our namespace. It holds the id of the outbox item, and marks what we wrote.
# https://learn.microsoft.com/graph/api/resources/extended-properties-overview
OUTBOX = "String {5f3c1f0e-6a2b-4d0c-9a53-0a6c7c1b8e44} Name GraphPulseOutboxId"


def page_of(page: Any) -> MailPage:
    items = page.value or ()
    return MailPage(
        heads=tuple(head_of(item) for item in items if "@removed" not in item.additional_data),
        removed=tuple(item.id for item in items if "@removed" in item.additional_data),
        link=page.odata_next_link or getattr(page, "odata_delta_link", None) or "",
        is_last=not page.odata_next_link,
    )


def head_of(message: Any) -> MailHead:
    sender = message.from_.email_address if message.from_ else None
    received = message.received_date_time
    return MailHead(
        id=message.id,
        version=str(message.additional_data.get("@odata.etag") or ""),
        subject=message.subject or "",
        sender_name=(sender and sender.name) or "",
        sender_address=(sender and sender.address) or "",
        received_at=received.astimezone(UTC) if received else None,
        is_read=bool(message.is_read),
        is_draft=bool(message.is_draft),
        preview=message.body_preview or "",
        conversation_id=message.conversation_id or "",
        has_attachments=bool(message.has_attachments),
    )


def message_of(message: Any) -> MailMessage:
    return MailMessage(
        head=head_of(message),
        to=_addresses(message.to_recipients),
        cc=_addresses(message.cc_recipients),
        html=_safe(message.body),
    )


def text_body(text: str, *, to: Sequence[str], subject: str) -> "Message":
    from msgraph.generated.models.body_type import BodyType
    from msgraph.generated.models.email_address import EmailAddress
    from msgraph.generated.models.item_body import ItemBody
    from msgraph.generated.models.message import Message
    from msgraph.generated.models.recipient import Recipient

    return Message(
        subject=subject,
        body=ItemBody(content_type=BodyType.Text, content=text),
        to_recipients=[Recipient(email_address=EmailAddress(address=one)) for one in to],
    )


def marked(message: "Message", outbox_id: str) -> "Message":
    from msgraph.generated.models.single_value_legacy_extended_property import SingleValueLegacyExtendedProperty

    message.single_value_extended_properties = [SingleValueLegacyExtendedProperty(id=OUTBOX, value=outbox_id)]
    return message


def reply_body(text: str, outbox_id: str, *, to_all: bool) -> Any:
    """`comment` stands above the message that is answered, which Graph quotes."""
    from msgraph.generated.models.message import Message
    from msgraph.generated.users.item.messages.item.create_reply.create_reply_post_request_body import (
        CreateReplyPostRequestBody,
    )
    from msgraph.generated.users.item.messages.item.create_reply_all.create_reply_all_post_request_body import (
        CreateReplyAllPostRequestBody,
    )

    kind = CreateReplyAllPostRequestBody if to_all else CreateReplyPostRequestBody
    return kind(comment=text, message=marked(Message(), outbox_id))


def _addresses(recipients: Any) -> tuple[str, ...]:
    return tuple(one.email_address.address for one in recipients or () if one.email_address)


def _safe(body: Any) -> str:
    """HTML without scripts, forms and styles; pictures from elsewhere would tell the sender who reads, and go too."""
    import html

    import nh3

    content = (body and body.content) or ""
    if not body or body.content_type is None or body.content_type.value != "html":
        return f"<pre>{html.escape(content)}</pre>"
    return nh3.clean(
        content,
        tags=nh3.ALLOWED_TAGS - {"img", "map", "area"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
