"""Graph's `EventGrid:` URL. Source: learn.microsoft.com/graph/how-to-guide-subscribe-to-events (2024-05-22)."""

import pytest

from twin.event_grid.partner_url import read_partner_url
from twin.event_grid.refusal import Refused

PARTS = {
    "azuresubscriptionid": "8A8A8A8A-4B4B-4C4C-4D4D-12E12E12E12E",
    "resourcegroup": "rg-graph.pulse_(1)",
    "partnertopic": "graph-pulse",
    "location": "westeurope",
}


def url(**changes: str | None) -> str:
    parts = {name: value for name, value in (PARTS | changes).items() if value is not None}
    return "EventGrid:?" + "&".join(f"{name}={value}" for name, value in parts.items())


def test_the_documented_form_is_read() -> None:
    address = read_partner_url(url())

    assert address.azure_subscription_id == PARTS["azuresubscriptionid"]
    assert (address.resource_group, address.name, address.location) == tuple(PARTS.values())[1:]


def test_names_of_azure_resources_compare_ignoring_case() -> None:
    upper = read_partner_url(url(resourcegroup="RG-GRAPH.PULSE_(1)", partnertopic="Graph-Pulse"))

    assert upper.key == read_partner_url(url()).key


def test_parts_may_stand_in_any_order_and_case_and_be_percent_encoded() -> None:
    text = (
        "eventgrid:?Location=westus2&PartnerTopic=abc&ResourceGroup=rg%2D1&AzureSubscriptionId="
        + PARTS["azuresubscriptionid"]
    )

    assert read_partner_url(text).resource_group == "rg-1"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("azuresubscriptionid", "my-subscription"),
        ("azuresubscriptionid", None),
        ("resourcegroup", ""),
        ("resourcegroup", "ends-with."),
        ("partnertopic", "ab"),
        ("partnertopic", "a" * 51),
        ("partnertopic", "under_score"),
        ("location", "West Europe"),
        ("location", "West%20Europe"),
        ("location", "WestEurope"),
        ("location", None),
    ],
)
def test_a_bad_part_is_refused_by_name(part: str, value: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        read_partner_url(url(**{part: value}))

    assert refusal.value.status == 400
    assert part in refusal.value.message


def test_all_faults_are_told_together() -> None:
    with pytest.raises(Refused) as refusal:
        read_partner_url("EventGrid:?partnertopic=a&partnertopic=b")

    assert all(part in refusal.value.message for part in PARTS)


def test_another_scheme_is_refused() -> None:
    with pytest.raises(Refused):
        read_partner_url("https://example.com/?" + url().partition("?")[2])
