"""The page's own tests of its pure modules, by vitest."""

import os
import subprocess
from pathlib import Path

import pytest

from pulse.setup import VENV
from twin.azurite.node import find_node

WEB = Path(__file__).parents[2] / "web"


def test_the_pages_pure_modules_pass_their_own_tests() -> None:
    node = find_node(VENV)
    if not (node and (WEB / "node_modules" / "vitest").is_dir()):
        assert not os.environ.get("CI"), "node or web/node_modules is missing"
        pytest.skip("node or web/node_modules is missing")
    done = subprocess.run(  # noqa: S603 - our own npm script
        [*node.npm, "test"], cwd=WEB, env=node.environment(os.environ), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
