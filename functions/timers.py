"""What the clock starts."""

import azure.functions as func

from shared.composition import app
from shared.flows.upkeep.timers import run_all

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False)
async def keep_alive(timer: func.TimerRequest) -> None:
    """Renew what is due, then take up what deliveries left behind, then tend the day tables."""
    await run_all(app().keep_alive.tick, app().handling.sweep, app().days.tidy, app().heard.write)


@blueprint.timer_trigger(arg_name="timer", schedule="0 17 3 * * *", run_on_startup=False)
async def audit(timer: func.TimerRequest) -> None:
    """Daily: are changes announced, and is anything silent that was not before?"""
    await app().audit()


@blueprint.timer_trigger(arg_name="timer", schedule="0 */15 * * * *", run_on_startup=False)
async def redrive(timer: func.TimerRequest) -> None:
    """Take in what Event Grid gave up on, then drop what is kept no longer."""
    await run_all(app().dead_letters.redrive, app().retention.tidy)
