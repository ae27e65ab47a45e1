"""For probes: does the app run, and are its settings right?"""

import logging

import azure.functions as func

from functions.answers import answer
from shared.composition import app
from shared.domain.events.routes import InvalidRoutes
from shared.domain.watching.watch import InvalidWatch
from shared.settings import InvalidSettings

blueprint = func.Blueprint()
log = logging.getLogger("graph_pulse")


@blueprint.route(route="api/health", methods=["GET"])
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """503 while the app can't work; what is wrong stands in the log, not in an answer that anybody can read."""
    try:
        app()
    except (InvalidSettings, InvalidWatch, InvalidRoutes) as fault:
        log.error("app.misconfigured %s", fault)
        return answer({"status": "misconfigured", "remedy": "see the app's log: it lists every fault"}, 503)
    return answer({"status": "ok"})
