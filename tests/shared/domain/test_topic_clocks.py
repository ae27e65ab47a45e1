"""When a partner topic is over, which one a URL names, and what a refusal of it means."""

from datetime import timedelta

import pytest
from builders import NOW, WATCH

from shared.domain.watching.topic import REUSABLE_FOR, is_over, remedy_of, topic_name
from shared.domain.watching.watch import parse_watch

URL = parse_watch(WATCH, {}).topic.url
SECOND = timedelta(seconds=1)


def test_a_topic_is_over_30_days_after_the_end_of_its_last_subscription():
    last = NOW - REUSABLE_FOR

    assert is_over([last, last - timedelta(days=9)], now=NOW)
    assert not is_over([last + SECOND, last - timedelta(days=9)], now=NOW)
    assert not is_over([], now=NOW)


def test_a_url_names_its_topic_in_any_spelling_and_others_name_none():
    assert topic_name(URL) == topic_name(URL.upper()) != ""
    assert topic_name(URL) != topic_name(URL.replace("rg-sample", "rg-other"))
    assert topic_name("https://example.com/api?x=1") == ""


@pytest.mark.parametrize("status", [0, 200, 429, 500, 503])
def test_only_a_refusal_has_a_remedy_here(status):
    said = "The partner is not authorized"

    assert remedy_of(403, said)
    assert (remedy_of(status, said) == "") is (status != 429)
