"""Which topic a URL names, and what people can do about each refusal of one."""

from dataclasses import replace

import pytest

from shared.domain.watching.topic import PartnerTopic, remedy_of, same_url, topic_name

TOPIC = PartnerTopic(
    azure_subscription_id="5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95",
    resource_group="rg-sample",
    name="pt-sample",
    location="westeurope",
)
AUTHORIZE, FEWER, RENAME, GONE = "pulse link", "at most 10 partner topics", "name in the region", "the topic is gone"


def test_a_topic_is_named_with_its_subscription_and_resource_group():
    assert topic_name(TOPIC.url.upper()) == "5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95/rg-sample/pt-sample"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("EventGrid:?partnertopic=a=b", "None/None/a=b"),
        ("EventGrid:?partnertopic=a?b", "None/None/a?b"),
        ("EventGrid:?partnertopic=", ""),
        ("EventGrid:?location=westeurope", ""),
        ("?partnertopic=a", ""),
        ("", ""),
    ],
)
def test_a_url_without_a_topic_names_none(url, name):
    assert topic_name(url) == name


def test_only_the_first_question_mark_divides_a_url():
    assert same_url("EventGrid:?a=1&b=?2", "eventgrid:?B=?2&A=1")
    assert not same_url("EventGrid:?a=1&b=?2", "EventGrid:?a=1&b=2")


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Partner is not authorised to create", AUTHORIZE),
        ("Not allowed to create an Event Grid resource", AUTHORIZE),
        ("There are already 10 partner topics", FEWER),
        ("The EventGrid quota is reached", FEWER),
        ("The partner topic already exists", RENAME),
        ("Partner topic name is in use", RENAME),
        ("The partner topic has EXPIRED", GONE),
        ("PartnerTopic does not exist", GONE),
        ("Partner topic doesn't exist", GONE),
    ],
)
def test_each_refusal_has_its_remedy_whatever_its_letters(said, remedy):
    for status in (400, 403, 499):
        assert remedy in remedy_of(status, said)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (399, "The partner topic already exists"),
        (500, "The partner topic already exists"),
        (403, "The user is not authorized"),
        (403, "The partner topic sings"),
    ],
)
def test_what_is_no_refusal_of_a_topic_or_says_nothing_known_has_no_remedy(status, said):
    assert remedy_of(status, said) == ""


@pytest.mark.parametrize(
    ("member", "text", "fault"),
    [
        ("azure_subscription_id", "x", "azure_subscription_id 'x' is not a GUID"),
        (
            "resource_group",
            "x.",
            "resource_group 'x.': 1-90 letters, digits, and ._()- are allowed, no dot at the end",
        ),
        ("name", "x", "name 'x': a partner topic's name has 3-50 letters, digits and hyphens"),
        (
            "location",
            "West Europe",
            "location 'West Europe': give the region's name (westeurope), not its display name (West Europe)",
        ),
    ],
)
def test_a_fault_says_what_is_allowed(member, text, fault):
    assert replace(TOPIC, **{member: text}).faults() == [fault]


@pytest.mark.parametrize(
    ("member", "texts"),
    [
        ("azure_subscription_id", ["5F0C7D3E-9B26-4A18-8E6D-B1A4C07F2D95"]),
        ("resource_group", ["x", "x" * 90, "A.b_c(d)-", "é"]),
        ("name", ["abc", "x" * 50, "A-9"]),
        ("location", ["abc", "x" * 40, "eastus2"]),
    ],
)
def test_what_azure_takes_is_no_fault(member, texts):
    assert [fault for text in texts for fault in replace(TOPIC, **{member: text}).faults()] == []
