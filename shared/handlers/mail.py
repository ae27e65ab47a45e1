"""A message is shown by its sender and subject. One that we made for somebody's outbox is the echo of our own write."""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import Summary, one_line
from shared.ports import Heads

router = Router()


@router.describes("Microsoft.Graph.Message*")
async def subject(notification: Notification, heads: Heads) -> Summary:
    if notification.change_type == "deleted":
        return Summary()
    head = await heads.head(notification.resource, notification.version)
    is_echo = bool(head.outbox_id) and notification.change_type == "created"
    return Summary(one_line(head.by, head.title or "(no subject)"), is_echo)
