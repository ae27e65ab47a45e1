"""A chat message is shown by who wrote it and its first words."""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import Summary, one_line
from shared.ports import Heads

router = Router()


@router.describes("Microsoft.Graph.ChatMessage*")
async def words(notification: Notification, heads: Heads) -> Summary:
    if notification.change_type == "deleted":
        return Summary()
    head = await heads.head(notification.resource, notification.version)
    return Summary(one_line(head.by, head.title))
