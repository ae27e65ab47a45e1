"""The checks in the order in which they build on each other. A check that can't look says so as a finding."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from pulse.app_client import AppClient
from pulse.cloud import Cloud
from pulse.doctor import event_grid, function_app, permissions, running_app
from pulse.doctor.finding import Finding, bad, good, note
from pulse.errors import PulseError, RefusedError

SIGN_IN = "azd auth login or az login, in the right tenant"
NO_RIGHT = "ask for the role Reader on the resource group (docs/deploy.md); the check itself was not made"
APP_DOWN = "see the app's log: `az functionapp log tail`, or .demo/logs; its settings first"

type Check = Callable[[], Awaitable[list[Finding]]]


@dataclass(slots=True, kw_only=True)
class Patient:
    """`app` is None where nobody can ask the app; `why_no_app` says why."""

    cloud: Cloud
    root: Path
    app: AppClient | None
    why_no_app: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    for name, check in _checks(patient).items():
        for finding in await guarded(name, check):
            yield finding


def _checks(patient: Patient) -> dict[str, Check]:
    cloud = patient.cloud
    return {
        "provider": lambda: event_grid.provider(cloud),
        "partner authorized": lambda: event_grid.partner(cloud, patient.clock),
        "function app": lambda: function_app.identity(cloud),
        "settings": lambda: function_app.settings(cloud, patient.root),
        "grants": lambda: function_app.data_roles(cloud),
        "signalr": lambda: function_app.signalr(cloud),
        "app": lambda: _app(patient),
        "permissions": lambda: _permissions(patient),
        "topic": lambda: event_grid.topic(cloud),
        "event subscription": lambda: event_grid.event_subscription(cloud),
        "dead letters": lambda: function_app.dead_letters(cloud),
    }


async def guarded(name: str, check: Check) -> list[Finding]:
    """What keeps a check from looking is a finding of that check."""
    try:
        return await check()
    except ClientAuthenticationError as fault:
        return [bad(name, f"nobody is signed in: {_first_line(fault.message)}", fix=SIGN_IN)]
    except ResourceNotFoundError:
        return [bad(name, "what it looks at is not there", fix="cure what is named above first")]
    except HttpResponseError as fault:
        return [_refused(name, int(fault.status_code or 0), fault.message)]
    except RefusedError as refusal:
        return [_refused(name, refusal.status, str(refusal))]
    except (PulseError, AzureError) as fault:
        return [bad(name, _first_line(str(fault)), fix="see that the network lets this machine through, then repeat")]


async def _app(patient: Patient) -> list[Finding]:
    """Its health first: without it nothing else of it can be asked."""
    if patient.app is None:
        return [note("app", patient.why_no_app, fix="name it: PULSE_APP and PULSE_CLIENT_ID, from azd env get-values")]
    try:
        health = await patient.app.http.get("/api/health")
    except RefusedError as refusal:
        told = refusal.body.get("status") or f"{refusal.status}"
        return [bad("app", f"it answers, but is {told}", fix=APP_DOWN)]
    patient.state = await patient.app.state()
    found = running_app.judge(patient.state, now=patient.clock(), place=patient.cloud.place)
    return [good("app", str(health["status"])), *found]


async def _permissions(patient: Patient) -> list[Finding]:
    if not patient.state:
        return [note("permissions", "only the app tells what its entries need", fix="cure `app` first")]
    return permissions.judge(patient.state["entries"], await permissions.granted(patient.cloud))


def _refused(name: str, status: int, message: str) -> Finding:
    told = f"refused with {status}: {_first_line(message)}"
    return bad(name, told, fix=SIGN_IN if status == 401 else NO_RIGHT if status == 403 else "repeat in a minute")


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:160]
