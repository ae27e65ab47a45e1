"""`pulse link` with the real management client over the twin: from nothing, twice, and after each partial failure."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure_house import AzureHouse, azure_house

from pulse.errors import PulseError
from pulse.link import TRIES, Patience, make_link
from pulse.topic_clocks import topic_clocks
from twin.event_grid.partner_configuration import PartnerConfiguration, graph_authorized

QUICK = Patience(topic_s=0, pause_s=0.001)
STEPS = ["partner topic", "identity", "activation", "event subscription", "alerts", "clocks"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[AzureHouse]:
    async with azure_house(tmp_path) as house:
        yield house


async def linked(house: AzureHouse, **options: Any) -> list[dict[str, Any]]:
    return [row async for row in make_link(house.cloud, patience=QUICK, **options)]


async def rows_until_refused(house: AzureHouse) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    async def collect() -> None:
        async for row in make_link(house.cloud, patience=QUICK):
            rows.append(row)  # noqa: PERF401  what came before the fault counts

    with pytest.raises(PulseError, match="Not linked"):
        await collect()
    return rows


def is_linked(house: AzureHouse) -> bool:
    key = (house.place.azure_subscription_id.lower(), house.place.resource_group.lower(), house.place.topic.lower())
    [lane] = house.world.event_grid.event_subscriptions(key)
    topic = house.world.event_grid.topic(key)
    resources = house.landscape.resources
    alerts = [path for path in resources if "metricalerts" in path]
    diagnostics = [path for path in resources if "diagnosticsettings" in path]
    wanted = lane.event_subscription
    return (
        topic.activation_state == "Activated"
        and wanted.properties["destination"]["properties"]["maxEventsPerBatch"] == 50
        and wanted.dead_letter_container == "deadletter"
        and (len(alerts), len(diagnostics)) == (3, 1)
    )


async def test_from_nothing_everything_is_there(house: AzureHouse) -> None:
    house.make_topic()

    rows = await linked(house)

    assert [row["step"] for row in rows] == STEPS
    assert all(row["done"] for row in rows)
    assert is_linked(house)


async def test_a_second_time_everything_is_there_once(house: AzureHouse) -> None:
    house.make_topic()
    await linked(house)

    rows = await linked(house)

    assert all(row["done"] for row in rows)
    assert "was activated before" in rows[2]["detail"]
    assert is_linked(house)


async def test_the_last_line_tells_the_clocks_that_run_at_azure(house: AzureHouse) -> None:
    house.make_topic()
    key = (house.place.azure_subscription_id.lower(), house.place.resource_group.lower())
    house.world.event_grid.put_partner_configuration(key, graph_authorized(datetime(2031, 5, 7, tzinfo=UTC)))

    [*_, last] = await linked(house)

    assert last["detail"] == f"{house.place.topic} is activated, so it stays; Graph's authorization ends on 2031-05-07"


async def test_without_an_authorization_the_last_line_says_so(house: AzureHouse) -> None:
    house.make_topic()
    key = (house.place.azure_subscription_id.lower(), house.place.resource_group.lower())
    house.world.event_grid.put_partner_configuration(key, PartnerConfiguration(partners=()))

    [*_, last] = await linked(house)

    assert last["detail"].endswith("; Graph is not an authorized partner")


async def test_a_topic_that_nobody_activated_has_a_day_on_which_it_goes(house: AzureHouse) -> None:
    house.make_topic()

    detail = await topic_clocks(house.cloud)

    assert detail.startswith(f"{house.place.topic} is NeverActivated, and deleted on 2")


async def test_without_a_topic_it_says_who_makes_it(house: AzureHouse) -> None:
    rows = await rows_until_refused(house)

    assert [(row["step"], row["done"]) for row in rows] == [("partner topic", False)]
    assert "Graph makes it with the app's first subscription" in rows[0]["detail"]


async def test_a_topic_that_appears_late_is_waited_for(house: AzureHouse) -> None:
    steps = make_link(house.cloud, patience=Patience(topic_s=30, pause_s=0.01))

    first = asyncio.ensure_future(anext(steps))
    while len(house.gate.calls) < 3:  # noqa: ASYNC110  it has looked in vain
        await asyncio.sleep(0.005)
    house.make_topic()

    assert (await first)["done"]
    await steps.aclose()


@pytest.mark.parametrize("fate", [403, 409, 429, 500, 503, "lost"])
async def test_each_call_fails_once_and_it_is_linked_in_the_end(house: AzureHouse, fate: int | str) -> None:
    """A fault that may pass is overcome at once; after a refusal the next run does the rest."""
    house.make_topic()
    await linked(house)
    number = len(house.gate.calls)

    for failing in range(number):
        house.forget()
        house.make_topic()
        house.gate.failing = {failing: fate}
        if fate == 403:
            rows = await rows_until_refused(house)
            assert not rows[-1]["done"]
            assert "EventGrid Contributor" in rows[-1]["detail"]
        rows = await linked(house)

        assert all(row["done"] for row in rows), (failing, rows)
        assert is_linked(house), failing


@pytest.mark.parametrize(
    ("call", "step"),
    [
        ("GET Microsoft.EventGrid/partnerTopics", "partner topic"),
        ("PATCH", "identity"),
        ("POST", "activation"),
        ("PUT Microsoft.EventGrid", "event subscription"),
        ("PUT Microsoft.Insights/metricAlerts", "alerts"),
    ],
)
async def test_a_step_that_is_refused_for_good_is_named_with_its_advice(
    house: AzureHouse, call: str, step: str
) -> None:
    house.make_topic()
    house.gate.always = {call: 409}

    rows = await rows_until_refused(house)

    assert rows[-1]["step"] == step
    assert "azd hooks run postdeploy" in rows[-1]["detail"]
    assert sum(call in each for each in house.gate.calls) >= TRIES


async def test_code_that_is_not_deployed_yet_is_told(house: AzureHouse) -> None:
    house.make_topic()
    house.app.functions = []

    rows = await rows_until_refused(house)

    assert "the code is not deployed yet" in rows[-1]["detail"]


async def test_native_routes_become_event_subscriptions(house: AzureHouse, tmp_path: Path) -> None:
    routes = tmp_path / "routes.toml"
    house.app.functions.append("other")
    target = house.place.function_id.replace("receive_graph_event", "other")
    routes.write_text(
        f'[[route]]\nname = "To other"\ntypes = ["Microsoft.Graph.User*"]\nresource = "users/*"\n'
        f'to = "event-subscription:{target}"\n\n[[route]]\nname = "off"\nto = "event-subscription:x"\nenabled = false\n'
        '[[route]]\nname = "queue"\nto = "queue:x"\n'
    )
    house.make_topic()

    rows = await linked(house, routes=routes)

    key = (house.place.azure_subscription_id.lower(), house.place.resource_group.lower(), house.place.topic.lower())
    names = {lane.event_subscription.name for lane in house.world.event_grid.event_subscriptions(key)}
    assert [row["step"] for row in rows] == [*STEPS[:-2], "route To other", *STEPS[-2:]]
    assert names == {"graph-pulse", "route-To-other"}
