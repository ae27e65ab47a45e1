"""What every demo begins with: the app makes its Graph subscriptions, the partner topic that appears is linked."""

from pulse.cloud import demo_place, open_twin
from pulse.demo.stage import Stage
from pulse.json_client import JsonClient
from pulse.link import make_link
from pulse.output import say


async def subscribe_and_link(stage: Stage) -> None:
    """Raises PulseError."""
    async with JsonClient(stage.demo.addresses["app"]) as app:
        await app.post("/admin/functions/keep_alive")
    say("  keep_alive      creates the Graph subscriptions")
    async with open_twin(stage.demo, demo_place(stage.demo)) as cloud:
        async for step in make_link(cloud):
            say(f"  {step['step']:<15} {step['detail']}")
