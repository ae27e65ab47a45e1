"""HTTP answers in one form: JSON, never cached; faults as {"error": {"code", "message"}}."""

import json
from collections.abc import Awaitable, Callable
from functools import wraps

import azure.functions as func

from functions.principal import Principal, principal_of

type Signed = Callable[[func.HttpRequest, Principal], Awaitable[func.HttpResponse]]
type Plain = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def answer(body: object, status: int = 200) -> func.HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json", headers=headers)


def refusal(status: int, code: str, message: str) -> func.HttpResponse:
    return answer({"error": {"code": code, "message": message}}, status)


def for_signed_in(handle: Signed) -> Plain:
    """401 for everybody else."""

    @wraps(handle)
    async def guarded(req: func.HttpRequest) -> func.HttpResponse:
        principal = principal_of(req)
        if principal is None:
            return refusal(401, "signed_out", "Sign in first: this needs an account of the organisation.")
        return await handle(req, principal)

    del guarded.__wrapped__  # the runtime reads the signature: it must see `req` alone
    return guarded


def for_operators(handle: Signed) -> Plain:
    """401 for who is not signed in, 403 for who lacks the role."""

    @for_signed_in
    @wraps(handle)
    async def guarded(req: func.HttpRequest, principal: Principal) -> func.HttpResponse:
        if not principal.is_operator:
            return refusal(403, "not_operator", "This needs the app role Pulse.Operator.")
        return await handle(req, principal)

    return guarded
