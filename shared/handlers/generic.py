"""Events, contacts, tasks and whatever Graph will come to announce: shown by name where the path leads to one.

A more particular file wins: the longest glob describes.
"""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import Summary, one_line
from shared.ports import Heads

router = Router()


@router.describes("Microsoft.Graph.*")
async def title(notification: Notification, heads: Heads) -> Summary:
    if notification.change_type == "deleted" or "/" not in notification.resource:
        return Summary()
    head = await heads.head(notification.resource, notification.version)
    return Summary(one_line(head.title))
