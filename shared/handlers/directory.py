"""Directory objects are shown by their names. One that is gone after `updated` was deleted softly: Graph says `deleted`
only of a permanent deletion. https://learn.microsoft.com/azure/event-grid/azure-active-directory-events
"""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.domain.events.summary import Summary, one_line
from shared.ports import GraphFault, Heads

router = Router()


@router.describes("Microsoft.Graph.User*", "Microsoft.Graph.Group*")
async def name(notification: Notification, heads: Heads) -> Summary:
    if notification.change_type == "deleted":
        return Summary("deleted for good")
    try:
        head = await heads.head(notification.resource, notification.version)
    except GraphFault as fault:
        if fault.status == 404 and notification.change_type == "updated":
            return Summary("deleted, can be restored for 30 days")
        raise
    return Summary(one_line(head.title))
