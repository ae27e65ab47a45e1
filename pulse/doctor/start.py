"""Where the doctor looks: at this machine and the demo that runs on it, or at a deployed app."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

from pulse.app_client import AppClient, client, demo_apps
from pulse.cloud import Place, demo_place, open_cloud, open_twin
from pulse.doctor import app_settings, machine
from pulse.doctor.finding import Finding, bad, note
from pulse.doctor.run import Patient, examine
from pulse.errors import PulseError
from pulse.running_demo import ROOT, RunningDemo, find_demo
from pulse.sign_in import cloud_token
from twin.addresses import Addresses

LOCAL = "local.settings.json"
NO_DEMO = "no demo is running, so the app, its timer and its topic were not looked at"
NO_APP = "the app was not named, so its timer and subscriptions were not looked at"


async def examine_here() -> AsyncIterator[Finding]:
    """Tools and ports, settings, and all of the running demo over the twin."""
    for found in machine.tools():
        yield found
    demo = _demo()
    for found in machine.ports(demo.base if demo else Addresses().base, running=demo is not None):
        yield found
    if demo is None:
        for found in _local_settings(ROOT):
            yield found
        yield note("demo", NO_DEMO, fix="pulse demo, in another terminal")
        return
    for found in app_settings.judge(demo.environment, root=ROOT, in_cloud=False):
        yield found
    async for found in examine_demo(demo):
        yield found


async def examine_demo(demo: RunningDemo) -> AsyncIterator[Finding]:
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(open_twin(demo, demo_place(demo)))
        [operator] = await demo_apps(stack, demo, [demo.operator])
        async for found in examine(Patient(cloud=cloud, root=ROOT, app=operator)):
            yield found


async def examine_azure(place: Place, app: str | None, client_id: str | None) -> AsyncIterator[Finding]:
    """`place` is wholly named, or that is the one finding."""
    names = ("azure_subscription_id", "resource_group", "topic", "function_app")
    missing = [name for name in names if not getattr(place, name)]
    if missing:
        fix = "set them by `azd env get-values`: AZURE_SUBSCRIPTION_ID, RESOURCE_GROUP, PARTNER_TOPIC, FUNCTION_APP"
        yield bad("place", f"{', '.join(missing)} not named", fix=fix)
        return
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(open_cloud(place))
        asked = (
            AppClient(await stack.enter_async_context(client(app, cloud_token(client_id))))
            if app and client_id
            else None
        )
        async for found in examine(Patient(cloud=cloud, root=ROOT, app=asked, why_no_app=NO_APP)):
            yield found


def _demo() -> RunningDemo | None:
    try:
        return find_demo()
    except PulseError:
        return None


def _local_settings(root: Path) -> list[Finding]:
    values, faults = app_settings.read_settings(root / LOCAL)
    return faults or app_settings.judge(values, root=root, in_cloud=False)
