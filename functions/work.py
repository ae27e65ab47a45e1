"""What the queue hands out: notifications that were proven when they arrived."""

import azure.functions as func

from shared.composition import app
from shared.domain.events.work import POISON, QUEUE

blueprint = func.Blueprint()
CONNECTION = "AzureWebJobsStorage"


@blueprint.queue_trigger(arg_name="message", queue_name=QUEUE, connection=CONNECTION)
async def work_notifications(message: func.QueueMessage) -> None:
    await app().work(message.get_body().decode("utf-8", "replace"))


@blueprint.queue_trigger(arg_name="message", queue_name=POISON, connection=CONNECTION)
async def quarantine_notifications(message: func.QueueMessage) -> None:
    """What failed as often as host.json allows. A poison queue has none of its own: failing here, it comes again."""
    await app().work.give_up(message.get_body().decode("utf-8", "replace"))
