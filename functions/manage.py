"""What operators see and do: subscriptions and quarantine."""

from dataclasses import asdict
from datetime import timedelta

import azure.functions as func

from functions.answers import answer, for_operators, refusal
from functions.principal import Principal
from shared.composition import app
from shared.domain.log_layout import KEPT_DAYS, day_of
from shared.domain.subscriptions import Act, Step, Subscription, shown_state
from shared.flows.readers import Outcome

blueprint = func.Blueprint()


@blueprint.route(route="api/manage/subscriptions", methods=["GET"])
@for_operators
async def manage(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    return answer({"subscriptions": [_shown(known) for known in (await app().fleet.all()).values()]})


@blueprint.route(route="api/manage/subscriptions/plan", methods=["GET"])
@for_operators
async def manage_plan(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    specs, known = await app().keep_alive.specs(), await app().fleet.all()
    steps = await app().keep_alive.plan()
    return answer({"actions": [_action(step, _resource(step, specs, known), None, None) for step in steps]})


@blueprint.route(route="api/manage/subscriptions/apply", methods=["POST"])
@for_operators
async def manage_apply(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    await app().keep_alive.reconcile()
    return answer({"actions": [_done(outcome) for outcome in await app().keep_alive.work()]})


@blueprint.route(route="api/manage/subscriptions/{name}/renew", methods=["POST"])
@for_operators
async def manage_renew(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """`name` is an entry, which renews all that it expands to, or one subscription's own name."""
    wanted = req.route_params["name"]
    named = [known for known in (await app().fleet.all()).values() if wanted in (known.entry, known.spec)]
    if not named:
        return refusal(404, "no_such_subscription", f"There is no subscription {wanted}; see the list.")
    outcomes = await app().keep_alive.renew([known.spec for known in named])
    return answer({"actions": [_done(outcome) for outcome in outcomes]})


@blueprint.route(route="api/manage/catch-up", methods=["POST"])
@for_operators
async def manage_catch_up(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Read what was missed, now: of one `name` (an entry, or a subscription's own), or of all that have delta."""
    wanted, known = req.params.get("name", ""), (await app().fleet.all()).values()
    named = [one for one in known if one.delta and wanted in ("", one.entry, one.spec)]
    if wanted and not named:
        return refusal(404, "nothing_to_read", f"There is no subscription {wanted} with delta; see the list.")
    return answer({"runs": [{"name": one.spec, **asdict(await app().catch_up.run(one))} for one in named]})


@blueprint.route(route="api/manage/quarantine", methods=["GET"])
@for_operators
async def manage_quarantine(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Of one `day` (YYYYMMDD), or of all days that are kept."""
    now = app().clock.now()
    kept = [day_of(now - timedelta(days=age)) for age in range(KEPT_DAYS, -1, -1)]
    day = req.params.get("day", "")
    if day and not (len(day) == 8 and day.isdecimal()):
        return refusal(400, "invalid_day", "`day` is written YYYYMMDD.")
    return answer({"rejections": [row for one in ([day] if day else kept) for row in await app().quarantine.list(one)]})


@blueprint.route(route="api/manage/quarantine/{id}", methods=["GET"])
@for_operators
async def manage_rejection(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    found = await app().quarantine.show(req.route_params["id"])
    return answer(found) if found else refusal(404, "no_such_rejection", "There is no such event in quarantine.")


def _shown(known: Subscription) -> dict[str, object]:
    def moment(value: object) -> str | None:
        return value.isoformat() if hasattr(value, "isoformat") else None

    return {
        "name": known.spec,
        "id": known.id or None,
        "resource": known.resource,
        "change_types": list(known.change_types),
        "state": shown_state(known, now=app().clock.now()),
        "expires_at": moment(known.expires_at),
        "due_at": moment(known.due_at),
        "last_renewed_at": moment(known.renewed_at),
        "last_event_at": None,
        "note": known.note,
    }


def _done(outcome: Outcome) -> dict[str, object]:
    return _action(outcome.step, outcome.resource, not outcome.fault, outcome.fault or None)


def _action(step: Step, resource: str, done: bool | None, fault: str | None) -> dict[str, object]:
    word = Act.KEEP.value if step.act is Act.RESYNC else step.act.value  # it stays; catching up shows in `why`
    return {"action": word, "name": step.spec, "resource": resource, "why": step.why, "done": done, "fault": fault}


def _resource(step: Step, *found: object) -> str:
    for by_key in found:
        if isinstance(by_key, dict) and step.spec in by_key:
            return str(by_key[step.spec].resource)
    return ""
