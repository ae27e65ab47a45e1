"""The partner topic: its URL, and what Graph or Azure would refuse."""

from dataclasses import replace

import pytest

from shared.domain.watching.topic import PartnerTopic, same_url

TOPIC = PartnerTopic(
    azure_subscription_id="5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95",
    resource_group="rg-sample",
    name="pt-sample",
    location="westeurope",
)


def test_the_url_is_written_as_graph_wants_it():
    assert TOPIC.url == (
        "EventGrid:?azuresubscriptionid=5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95"
        "&resourcegroup=rg-sample&partnertopic=pt-sample&location=westeurope"
    )
    assert TOPIC.faults() == []


@pytest.mark.parametrize(
    ("member", "text"),
    [
        *[("azure_subscription_id", text) for text in ("", "x", "{5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95}", "5f0c7d3e")],
        *[("resource_group", text) for text in ("", "ends.", "a b", "x" * 91, "a&b=c")],
        *[("name", text) for text in ("", "ab", "x" * 51, "under_score", "a&b")],
        *[("location", text) for text in ("", "West Europe", "WestEurope", "west-europe")],
    ],
)
def test_what_would_be_refused_is_named(member, text):
    (fault,) = replace(TOPIC, **{member: text}).faults()

    assert fault.startswith(member)


def test_all_faults_are_named_at_once():
    bad = PartnerTopic(azure_subscription_id="", resource_group="", name="", location="")

    assert len(bad.faults()) == 4


def test_the_same_topic_is_known_in_another_spelling():
    reordered = TOPIC.url.replace("?", "?location=westeurope&", 1).removesuffix("&location=westeurope")

    assert same_url(TOPIC.url.upper(), TOPIC.url)
    assert same_url(reordered, TOPIC.url)


@pytest.mark.parametrize("other", [None, "", TOPIC.url + "2", replace(TOPIC, name="pt-other").url])
def test_another_topic_is_another(other):
    assert not same_url(other, TOPIC.url)
