"""What was not believed or not readable: seen and replayed by operators."""

from dataclasses import asdict
from datetime import timedelta

import azure.functions as func

from functions.answers import answer, for_operators, refusal
from functions.principal import Principal
from shared.composition import app
from shared.domain.journal.log_layout import day_of
from shared.domain.journal.retention import QUARANTINE_DAYS

blueprint = func.Blueprint()
NO_DAY = "`day` is written YYYYMMDD."
NO_SUCH = "There is no such event in quarantine."


@blueprint.route(route="api/manage/quarantine", methods=["GET"])
@for_operators
async def manage_quarantine(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Of one `day` (YYYYMMDD), or of all days that are kept."""
    days = _days(req)
    if days is None:
        return refusal(400, "invalid_day", NO_DAY)
    return answer({"rejections": [row for day in days for row in await app().quarantine.list(day)]})


@blueprint.route(route="api/manage/quarantine/{id}", methods=["GET"])
@for_operators
async def manage_rejection(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    found = await app().quarantine.show(req.route_params["id"])
    return answer(found) if found else refusal(404, "no_such_rejection", NO_SUCH)


@blueprint.route(route="api/manage/quarantine/{id}/replay", methods=["POST"])
@for_operators
async def manage_rejection_replay(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """With `spec` (entry~subject) the operator vouches for where the event came from, in place of a proof."""
    outcome = await app().replay.rejection(req.route_params["id"], spec=req.params.get("spec", ""))
    return answer(asdict(outcome)) if outcome else refusal(404, "no_such_rejection", NO_SUCH)


@blueprint.route(route="api/manage/quarantine/replay", methods=["POST"])
@for_operators
async def manage_rejections_replay(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """All that prove themselves now, of one `day` or of all; with one `reason` or any."""
    days = _days(req)
    if days is None:
        return refusal(400, "invalid_day", NO_DAY)
    outcomes = await app().replay.rejections(days, reason=req.params.get("reason", ""))
    return answer({"replayed": [asdict(outcome) for outcome in outcomes]})


@blueprint.route(route="api/manage/events/{id}/replay", methods=["POST"])
@for_operators
async def manage_event_replay(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Run the handlers of a journaled event again."""
    outcome = await app().replay.event(req.route_params["id"])
    return answer(asdict(outcome)) if outcome else refusal(404, "no_such_event", "There is no such event.")


def _days(req: func.HttpRequest) -> list[str] | None:
    """None for a day that is none."""
    day, now = req.params.get("day", ""), app().clock.now()
    if day:
        return [day] if len(day) == 8 and day.isdecimal() else None
    return [day_of(now - timedelta(days=age)) for age in range(QUARANTINE_DAYS, -1, -1)]
