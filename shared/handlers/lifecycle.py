"""Graph says that a subscription nears its end, was removed, or missed notifications: it is mended at once.

Names for removed and missed over Event Grid are not documented, hence the globs: any spelling with these words.
https://learn.microsoft.com/graph/change-notifications-lifecycle-events
"""

from shared.domain.events.notifications import Notification
from shared.domain.events.router import Router
from shared.ports import HandlerContext

router = Router()


@router.on("*reauthorizationRequired")
async def reauthorize(notification: Notification, context: HandlerContext) -> None:
    await context.subscriptions.reauthorize(context.spec, notification.subscription_id)


@router.on("*subscriptionRemoved")
async def recreate(notification: Notification, context: HandlerContext) -> None:
    await context.subscriptions.recreate(context.spec, notification.subscription_id)


@router.on("*missed")
async def catch_up(notification: Notification, context: HandlerContext) -> None:
    await context.subscriptions.catch_up(context.spec, notification.subscription_id)
