import re

import pytest

from twin.switch_rules import RULES
from twin.switches import Switches


def test_switches_are_turned_by_name():
    switches = Switches()

    switches.turn({"graph_down": True, "duplicate_percent": 5})

    assert (switches.graph_down, switches.duplicate_percent) == (True, 5)


def test_all_faults_are_named_at_once_and_nothing_is_turned():
    switches = Switches()

    with pytest.raises(ValueError, match=r"warp: no such switch; announce: want bool; outlook_cap_minutes: want int"):
        switches.turn({"graph_down": True, "warp": 9, "announce": "no", "outlook_cap_minutes": 1.5})

    assert switches == Switches()


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("webhook_state", "ill", "webhook_state: want one of (empty), well, slow, drop, not 'ill'"),
        ("validation_tokens", "v3", "validation_tokens: want one of v2, v1, none, expired"),
        ("rich_over_event_grid", "yes", "rich_over_event_grid: want one of refused, plain, encrypted, with_tokens"),
        ("lifecycle_data_without", "tenantId,mood", "lifecycle_data_without: want names of"),
        ("duplicate_percent", 101, "duplicate_percent: want 0 to 100, not 101"),
        ("mail_sync_lost_status", 200, "mail_sync_lost_status: want 400 to 410, not 200"),
        ("partner_refusal_status", 500, "partner_refusal_status: want 0 or a status of 400 to 499"),
        ("subscriptions_page_size", 0, "subscriptions_page_size: want 1 to"),
        ("ghost_deliveries_s", -1, "ghost_deliveries_s: want 0 or more, not -1"),
        ("outlook_cap_minutes", True, "outlook_cap_minutes: want int"),
    ],
)
def test_a_value_that_means_nothing_is_refused_with_what_is_wanted(name: str, value: object, fault: str) -> None:
    switches = Switches()

    with pytest.raises(ValueError, match=re.escape(fault)):
        switches.turn({name: value})

    assert switches == Switches()


def test_every_rule_is_about_a_switch_and_lets_its_default_through() -> None:
    defaults = Switches().as_json()

    Switches().turn(defaults)

    assert RULES.keys() <= defaults.keys()
