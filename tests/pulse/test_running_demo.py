from pathlib import Path

import pytest

from pulse.errors import PulseError
from pulse.running_demo import FOLDER, RunningDemo, find_demo, forget_demo

DEMO = RunningDemo(
    base=7071,
    seed=7,
    ca="ca.pem",
    addresses={"app": "http://localhost:7071"},
    processes={"twin": 4711},
    people=[{"alias": "grace", "roles": []}, {"alias": "ada", "roles": ["Pulse.Operator"]}],
)


def test_a_demo_is_found_from_a_folder_below(tmp_path: Path) -> None:
    DEMO.write(tmp_path / FOLDER)
    below = tmp_path / "some" / "folder"
    below.mkdir(parents=True)

    assert find_demo(below) == DEMO


def test_the_settings_are_for_the_owner_alone(tmp_path: Path) -> None:
    DEMO.write(tmp_path)

    assert (tmp_path / "settings.json").stat().st_mode & 0o077 == 0


def test_a_demo_that_ended_is_forgotten(tmp_path: Path) -> None:
    DEMO.write(tmp_path / FOLDER)

    forget_demo(tmp_path / FOLDER)

    with pytest.raises(PulseError, match=r"No demo is running\. Start one with `pulse demo`"):
        find_demo(tmp_path, checkout=tmp_path)


def test_a_broken_settings_file_is_named(tmp_path: Path) -> None:
    DEMO.write(tmp_path / FOLDER)
    (tmp_path / FOLDER / "settings.json").write_text('{"base": 1')

    with pytest.raises(PulseError, match=r"settings\.json can't be read"):
        find_demo(tmp_path)


def test_the_operator_is_the_one_with_the_role() -> None:
    assert DEMO.operator == "ada"
    assert DEMO.aliases == ["grace", "ada"]
