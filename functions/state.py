"""How the app is, and how it ends, for operators."""

import azure.functions as func

from functions.answers import answer, for_operators
from functions.principal import Principal
from shared.composition import app

blueprint = func.Blueprint()


@blueprint.route(route="api/manage/state", methods=["GET"])
@for_operators
async def manage_state(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    from shared.flows.keep_alive.state import state

    return answer(await state(app().fleet.tables, app().fleet, app().watch, app().clock))


@blueprint.route(route="api/manage/wind-down", methods=["POST"])
@for_operators
async def manage_wind_down(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Before `azd down`: deletes every Graph subscription of this app."""
    from shared.flows.keep_alive.wind_down import wind_down

    outcomes, left = await wind_down(app().keep_alive)
    removed = [one.step.spec for one in outcomes if not one.fault]
    faults = [{"name": one.step.spec, "fault": one.fault} for one in outcomes if one.fault]
    return answer({"removed": removed, "faults": faults, "left": left})
