"""Who speaks, by their claims; and how much of what anybody may send is kept."""

from datetime import timedelta

import pytest
from builders import NOW

from shared.domain.events.allowance import Allowance
from shared.domain.events.senders import app_of, audiences_of, bearer_of

APP = "4962773b-9cdb-44cf-a8bf-237846a00ab7"


@pytest.mark.parametrize(
    ("claims", "app"),
    [
        ({"ver": "1.0", "appid": APP.upper()}, APP),
        ({"ver": "2.0", "azp": APP}, APP),
        ({"ver": "1.0", "azp": APP}, ""),
        ({"ver": "2.0", "appid": APP}, ""),
        ({"appid": APP}, APP),
        ({"ver": "2.0", "azp": APP, "scp": "access"}, ""),
        ({"ver": "2.0", "azp": [APP]}, ""),
        ({}, ""),
    ],
)
def test_the_app_is_named_where_its_version_of_the_token_names_it(claims, app):
    assert app_of(claims) == app


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("Bearer", ""), ("", ""), ("abc", "")],
)
def test_a_bearer_token_stands_in_its_header(header, token):
    assert bearer_of(header) == token


def test_without_a_registration_no_audience_is_ours():
    assert audiences_of("") == ()
    assert audiences_of("x") == ("x", "api://x")


def test_so_many_a_minute_and_the_next_minute_again():
    allowance = Allowance(2)

    first = [allowance.spend(NOW + timedelta(seconds=second)) for second in range(4)]
    refused = allowance.refused
    next_minute = allowance.spend(NOW + timedelta(seconds=60))

    assert (first, refused) == ([True, True, False, False], 2)
    assert (next_minute, allowance.refused) == (True, 0)


def test_a_clock_that_is_set_back_blocks_nobody():
    allowance = Allowance(1)
    allowance.spend(NOW)

    assert allowance.spend(NOW - timedelta(days=1))
