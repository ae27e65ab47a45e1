"""Makes everything that the demo and the tests need: `python3.13 -m pulse.setup` (Windows: `py -3.13 -m pulse.setup`).

Standard library only, for it runs before anything is installed. Each step is stamped with the files that it was done
with: a second run finds every stamp and does nothing. A step may be repeated at any time.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pulse.progress import StepError, run, say, tail
from pulse.remedies import remedy
from pulse.stamps import Stamps, digest, sources
from twin.azurite.node import Node, find_node, system_node

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
UV = BIN / ("uv.exe" if os.name == "nt" else "uv")
BOOTSTRAP = ROOT / "pulse" / "bootstrap.txt"
REQUIREMENTS = ROOT / "requirements-dev.txt"
NODE_REQUIREMENTS = ROOT / "requirements-node.txt"
AZURITE = ROOT / "twin" / "azurite"
WEB = ROOT / "web"
CLIENTS = ROOT / "tests" / "twin" / "clients"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`act` makes `made` out of `inputs`."""

    name: str
    label: str
    inputs: tuple[Path, ...]
    made: Path
    act: Callable[[str], None]  # takes the label to show while it goes on

    @property
    def digest(self) -> str:
        """The folder counts: scripts in a .venv hold its path."""
        return digest(root=ROOT, files=self.inputs, also=(str(ROOT), self.name))


def main() -> int:
    """0 when all is there, 1 after a message that says what is missing and what to do."""
    if sys.version_info[:2] != (3, 13):
        say(f"Graph Pulse needs Python 3.13; this is {sys.version.split()[0]}. {how_to_get_python()}")
        return 1
    stamps = Stamps(file=VENV / "setup.json")
    todo = [step for step in steps() if not (step.made.exists() and stamps.holds(step.name, step.digest))]
    if not todo:
        say("Set up: nothing to do (.venv is in step with the requirement files).")
        return 0
    return carry_out(todo, stamps)


def how_to_get_python() -> str:
    return "Get it from python.org, `uv python install 3.13`, `pyenv install 3.13`, brew or apt, and start again."


def steps() -> list[Step]:
    azurite_files = (AZURITE / "package.json", AZURITE / "package-lock.json")
    wheel = () if system_node() else (NODE_REQUIREMENTS,)
    return [
        Step(name="venv", label="Python environment .venv", inputs=(), made=PYTHON, act=make_venv),
        Step(name="uv", label="uv, the installer", inputs=(BOOTSTRAP,), made=UV, act=install_uv),
        Step(
            name="packages",
            label=f"Python packages of {REQUIREMENTS.name}{' and a node' if wheel else ''}",
            inputs=(BOOTSTRAP, REQUIREMENTS, *wheel),
            made=PYTHON,
            act=install_packages,
        ),
        Step(
            name="pulse",
            label="the command `pulse`",
            inputs=(BOOTSTRAP, REQUIREMENTS, *wheel, ROOT / "pyproject.toml"),  # a sync takes it away
            made=PYTHON,
            act=install_pulse,
        ),
        Step(
            name="azurite",
            label="Azurite, the storage emulator (npm)",
            inputs=azurite_files,
            made=AZURITE / "node_modules" / "azurite",
            act=install_azurite,
        ),
        *client_steps(),
        *web_steps(),
    ]


def client_steps() -> Iterable[Step]:
    """Microsoft's JavaScript client, with which a test tries the twin."""
    if (CLIENTS / "package.json").is_file():
        locks = (CLIENTS / "package.json", CLIENTS / "package-lock.json")
        label = "the JavaScript client of Graph that a test uses (npm)"
        yield Step(name="clients", label=label, inputs=locks, made=CLIENTS / "node_modules", act=install_clients)


def web_steps() -> Iterable[Step]:
    if not (WEB / "package.json").is_file():
        return
    locks = (WEB / "package.json", WEB / "package-lock.json")
    modules = WEB / "node_modules"
    yield Step(name="web", label="packages of the page (npm)", inputs=locks, made=modules, act=install_web)
    yield Step(name="page", label="the page", inputs=(*locks, *sources(WEB)), made=modules, act=build_web)


def carry_out(todo: list[Step], stamps: Stamps) -> int:
    for number, step in enumerate(todo, 1):
        label = f"[{number}/{len(todo)}] {step.label}"
        say(f"{label} …")
        started = time.monotonic()
        try:
            step.act(label)
        except (StepError, OSError) as fault:
            printed = fault.printed if isinstance(fault, StepError) else ""
            say("\n".join(part for part in (tail(printed), f"{label}: {fault}", remedy(f"{printed}\n{fault}")) if part))
            return 1
        stamps.write(step.name, step.digest)
        say(f"{label}: done in {time.monotonic() - started:.1f} s")
    return 0


def make_venv(label: str) -> None:
    """Without `ensurepip` this fails, which on Debian means that python3.13-venv is missing."""
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", str(VENV)], cwd=ROOT, env=os.environ, label=label)


def install_uv(label: str) -> None:
    """pip is asked for one thing: uv and the build backend, by hash."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(BOOTSTRAP)]
    run([*command, "--disable-pip-version-check"], cwd=ROOT, env=os.environ, label=label)


def install_packages(label: str) -> None:
    files = [BOOTSTRAP, REQUIREMENTS, *([] if system_node() else [NODE_REQUIREMENTS])]
    command = ["pip", "sync", "--require-hashes", *map(str, files)]
    run([str(UV), *command], cwd=ROOT, env=environment(), label=label)


def install_pulse(label: str) -> None:
    """The build backend stands in the environment already: no isolated build, hence no network."""
    command = ["pip", "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run([str(UV), *command], cwd=ROOT, env=environment(), label=label)


def install_azurite(label: str) -> None:
    npm(AZURITE, ["ci"], label)


def install_clients(label: str) -> None:
    npm(CLIENTS, ["ci"], label)


def install_web(label: str) -> None:
    npm(WEB, ["ci"], label)


def build_web(label: str) -> None:
    npm(WEB, ["run", "build"], label)


def npm(folder: Path, command: list[str], label: str) -> None:
    node = the_node()
    run([*node.npm, *command], cwd=folder, env=node.environment(os.environ), label=label)


def the_node() -> Node:
    if node := find_node(VENV):
        return node
    raise StepError(["node"], "neither the system nor .venv has a node new enough")


def environment() -> dict[str, str]:
    return {**os.environ, "VIRTUAL_ENV": str(VENV)}


if __name__ == "__main__":
    sys.exit(main())
