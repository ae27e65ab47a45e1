from pathlib import Path

import pytest

from pulse.checks import REGISTRY, lock_files, registry_addresses
from pulse.pins import PIN_FILES, pins
from pulse.setup import ROOT

REQUIREMENTS = """\
idna==3.20 \\
    --hash=sha256:aa \\
    # via httpx
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:bb
"""


def test_pins_are_names_versions_and_markers_without_hashes() -> None:
    assert pins(REQUIREMENTS) == {"idna==3.20", "colorama==0.4.6 ; sys_platform == 'win32'"}


def test_every_pin_file_exists_with_its_source() -> None:
    for file in PIN_FILES:
        assert pins((ROOT / file.output).read_text())
        assert (ROOT / file.source).is_file()


def test_the_bootstrap_has_the_same_uv_as_the_environment() -> None:
    bootstrap, packages = (pins((ROOT / name).read_text()) for name in ("pulse/bootstrap.txt", "requirements-dev.txt"))

    assert {pin for pin in bootstrap if pin.startswith("uv==")} <= packages


@pytest.mark.parametrize(
    "line",
    [
        '      "resolved": "https://npm.example/azurite-3.36.0.tgz",',
        "--index-url https://pypi.example/simple",
        "--find-links /somewhere",
        "thing @ https://example.org/thing.whl",
    ],
)
def test_addresses_of_registries_are_recognised(line: str) -> None:
    assert REGISTRY.search(line)


def test_lock_files_are_found_outside_installed_packages(tmp_path: Path) -> None:
    for name in ("a/package-lock.json", "node_modules/b/package-lock.json", "requirements.txt", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert {path.relative_to(tmp_path).as_posix() for path in lock_files(tmp_path)} == {
        "a/package-lock.json",
        "requirements.txt",
    }


def test_our_lock_files_hold_no_registry_address() -> None:
    assert registry_addresses() == []
