"""What Event Grid gave up on, seen and replayed by operators; and the purge of a person."""

from dataclasses import asdict

import azure.functions as func

from functions.answers import answer, for_operators, refusal
from functions.principal import Principal
from shared.composition import app

blueprint = func.Blueprint()
NO_SUCH = "There is no such dead letter."


@blueprint.route(route="api/manage/dead-letters", methods=["GET"])
@for_operators
async def manage_dead_letters(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    return answer({"dead_letters": await app().dead_letters.listed()})


@blueprint.route(route="api/manage/dead-letters/{id}", methods=["GET"])
@for_operators
async def manage_dead_letter(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    found = await app().dead_letters.show(req.route_params["id"])
    return answer(found) if found else refusal(404, "no_such_dead_letter", NO_SUCH)


@blueprint.route(route="api/manage/dead-letters/{id}/replay", methods=["POST"])
@for_operators
async def manage_dead_letter_replay(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    outcome = await app().dead_letters.replay(req.route_params["id"])
    return answer(asdict(outcome)) if outcome else refusal(404, "no_such_dead_letter", NO_SUCH)


@blueprint.route(route="api/manage/dead-letters/replay", methods=["POST"])
@for_operators
async def manage_dead_letters_replay(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    return answer({"replayed": [asdict(outcome) for outcome in await app().dead_letters.replay_all()]})


@blueprint.route(route="api/manage/purge", methods=["POST"])
@for_operators
async def manage_purge(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
    """All that is kept of `user` (an object id)."""
    from shared.flows.upkeep.retention import StillWatched

    try:
        return answer(asdict(await app().retention.purge(req.params.get("user", ""))))
    except ValueError:
        return refusal(400, "invalid_user", "`user` is the object id of a person.")
    except StillWatched:
        remedy = "Take them out of subscriptions.toml, deploy, and let `pulse subscriptions apply` delete theirs first."
        return refusal(409, "still_watched", remedy)
