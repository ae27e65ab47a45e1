import pytest

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
