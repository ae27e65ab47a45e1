"""What the clock starts."""

import azure.functions as func

from shared.composition import app

blueprint = func.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False)
async def keep_alive(timer: func.TimerRequest) -> None:
    """Renew what is due, then take up what deliveries left behind, then tend the day tables."""
    await app().keep_alive.tick()
    await app().handling.sweep()
    await app().days.tidy()
