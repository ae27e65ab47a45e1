"""A drive tells only that something in it changed, never what: it is shown by its name and owner.

What changed is found by delta query. https://learn.microsoft.com/azure/event-grid/microsoft-graph-one-drive-events
"""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import Summary, one_line
from shared.ports import Heads

router = Router()


@router.describes("Microsoft.Graph.DriveItem*")
async def drive(notification: Notification, heads: Heads) -> Summary:
    """Its resource is a bare GUID in documented events: then there is no path to ask by."""
    if "/" not in notification.resource:
        return Summary()
    head = await heads.head(notification.resource, notification.version)
    return Summary(one_line(head.by, head.title))
