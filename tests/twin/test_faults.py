"""Every fault that people can name turns something that exists, and is found though it is misspelt."""

import pytest

from twin.faults import BY_NAME, FAULTS, Fault, UnknownFaultError, find_fault
from twin.outages import Outages
from twin.switches import Switches


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_something_that_the_twin_has(fault: Fault) -> None:
    switches, outages = Switches(), Outages(7)
    before = outages.as_json()

    switches.turn(dict(fault.switches))
    outages.turn(dict(fault.outages))

    assert fault.burst or switches != Switches() or outages.as_json() != before
    assert len(f"{fault.name:16}  {fault.about}") < 80


def test_names_are_their_own() -> None:
    assert len(BY_NAME) == len(FAULTS)
    assert find_fault("Graph-Down").name == "graph-down"


@pytest.mark.parametrize(
    ("name", "hint"), [("grph-down", "did you mean graph-down"), ("earthquake", "want one of graph-down, entra-down")]
)
def test_an_unknown_fault_is_told_what_there_is(name: str, hint: str) -> None:
    with pytest.raises(UnknownFaultError, match=hint):
        find_fault(name)
