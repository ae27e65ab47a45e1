"""`.demo/settings.json`: what a running demo tells the commands in other terminals."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pulse.errors import PulseError

FOLDER = ".demo"
FILE = "settings.json"
ROOT = Path(__file__).resolve().parent.parent
OPERATOR = "Pulse.Operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDemo:
    """`addresses` by name (app, control, graph, …), `people` as the twin tells them, `environment` of the app."""

    base: int
    seed: int
    ca: str
    addresses: dict[str, str]
    processes: dict[str, int]  # pid by name
    people: list[dict[str, Any]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def operator(self) -> str:
        """Alias of the first person who may manage."""
        return next(str(person["alias"]) for person in self.people if OPERATOR in person.get("roles", ()))

    @property
    def aliases(self) -> list[str]:
        return [person["alias"] for person in self.people]

    def write(self, folder: Path) -> None:
        """For the owner's eyes only: it holds the keys of the demo."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{FILE}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
        draft.replace(folder / FILE)


def find_demo(start: Path | None = None, *, checkout: Path = ROOT) -> RunningDemo:
    """The demo of this folder, of one above it, or of the `checkout` that pulse belongs to. Raises PulseError."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, checkout):
        if (file := folder / FOLDER / FILE).is_file():
            return read_demo(file)
    raise PulseError(
        "No demo is running. Start one with `pulse demo` (or `make demo`) in another terminal, "
        "or name a deployed app with --app URL."
    )


def read_demo(file: Path) -> RunningDemo:
    try:
        return RunningDemo(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise PulseError(f"{file} can't be read ({fault}). Start `pulse demo` again.") from fault


def forget_demo(folder: Path) -> None:
    (folder / FILE).unlink(missing_ok=True)
