"""What operators see and do: subscriptions and catching up."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import azure.functions as func

from functions.answers import answer, for_operators, refusal
from functions.principal import Principal
from shared.composition import app
from shared.domain.watching.silence import heard, is_measurable, shown_note
from shared.domain.watching.subscriptions import Act, Step, Subscription, shown_state

if TYPE_CHECKING:
    from shared.flows.keep_alive.readers import Outcome

blueprint = func.Blueprint()


@blueprint.route(route="api/manage/subscriptions", methods=["GET"])
@for_operators
async def manage(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    known, last = await app().fleet.all(), await app().heard.all()
    return answer({"subscriptions": [_shown(heard(one, last.get(spec))) for spec, one in known.items()]})


@blueprint.route(route="api/manage/subscriptions/plan", methods=["GET"])
@for_operators
async def manage_plan(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    steps = await app().keep_alive.plan()
    return answer({"actions": [_action(step, step.resource, None, None) for step in steps]})


@blueprint.route(route="api/manage/subscriptions/apply", methods=["POST"])
@for_operators
async def manage_apply(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Also frees what is held: deleted by hand, or stranded at a topic that was over."""
    return _actions(await app().by_hand.apply())


@blueprint.route(route="api/manage/subscriptions/{name}/renew", methods=["POST"])
@for_operators
async def manage_renew(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """`name` is an entry, which renews all that it expands to, or one subscription's own name."""
    named = await _named(req)
    return _actions(await app().by_hand.renew(named)) if named else _nobody(req)


@blueprint.route(route="api/manage/subscriptions/{name}/reauthorize", methods=["POST"])
@for_operators
async def manage_reauthorize(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    named = await _named(req)
    return _actions(await app().by_hand.reauthorize(named)) if named else _nobody(req)


@blueprint.route(route="api/manage/subscriptions/{name}/delete", methods=["POST"])
@for_operators
async def manage_delete(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """What subscriptions.toml still wants stays away until `apply`."""
    named = await _named(req)
    return _actions(await app().by_hand.delete(named)) if named else _nobody(req)


@blueprint.route(route="api/manage/subscriptions/{name}/rotate", methods=["POST"])
@for_operators
async def manage_rotate(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Made anew with the newest key, now; with `deny=1` their older states are believed no more."""
    named, deny = await _named(req), req.params.get("deny") == "1"
    return _actions(await app().by_hand.rotate(named, deny=deny)) if named else _nobody(req)


@blueprint.route(route="api/manage/rotation", methods=["GET", "POST"])
@for_operators
async def manage_rotation(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """How far it is. POST begins it or goes on with it; with `stop=1` it stops."""
    rotation = app().rotation
    if req.method == "POST":
        await (rotation.stop() if req.params.get("stop") == "1" else rotation.begin())
    return answer({"rotation": asdict(await rotation.progress())})


@blueprint.route(route="api/manage/catch-up", methods=["POST"])
@for_operators
async def manage_catch_up(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """Read what was missed, now: of one `name` (an entry, or a subscription's own), or of all that have delta."""
    wanted, known = req.params.get("name", ""), (await app().fleet.all()).values()
    named = [one for one in known if one.delta and wanted in ("", one.entry, one.spec)]
    if wanted and not named:
        return refusal(404, "nothing_to_read", f"There is no subscription {wanted} with delta; see the list.")
    return answer({"runs": [{"name": one.spec, **asdict(await app().catch_up.run(one))} for one in named]})


async def _named(req: func.HttpRequest) -> list[Subscription]:
    """Those of the entry, or the one subscription, that the route names."""
    wanted = req.route_params["name"]
    return [known for known in (await app().fleet.all()).values() if wanted in (known.entry, known.spec)]


def _nobody(req: func.HttpRequest) -> func.HttpResponse:
    text = f"There is no subscription {req.route_params['name']}; see the list."
    return refusal(404, "no_such_subscription", text)


def _actions(outcomes: "Iterable[Outcome]") -> func.HttpResponse:
    return answer({"actions": [_done(outcome) for outcome in outcomes]})


def _shown(known: Subscription) -> dict[str, object]:
    now = app().clock.now()

    def moment(value: object) -> str | None:
        return value.isoformat() if hasattr(value, "isoformat") else None

    return {
        "name": known.spec,
        "id": known.id or None,
        "resource": known.resource,
        "change_types": list(known.change_types),
        "state": shown_state(known, now=now),
        "expires_at": moment(known.expires_at),
        "due_at": moment(known.due_at),
        "last_renewed_at": moment(known.renewed_at),
        "last_event_at": moment(known.heard_at),
        "note": shown_note(known, now=now),
        "audited_at": moment(known.audited_at),
        "changes": known.changes,
        "lost": known.lost if is_measurable(known) else None,
    }


def _done(outcome: "Outcome") -> dict[str, object]:
    return _action(outcome.step, outcome.resource, not outcome.fault, outcome.fault or None)


def _action(step: Step, resource: str, done: bool | None, fault: str | None) -> dict[str, object]:
    word = Act.KEEP.value if step.act is Act.RESYNC else step.act.value  # it stays; catching up shows in `why`
    return {"action": word, "name": step.spec, "resource": resource, "why": step.why, "done": done, "fault": fault}
