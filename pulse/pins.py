"""Compiles the requirement files: `python -m pulse.pins [--upgrade]`, and tells whether they are in step.

Each file's present pins are preferred, so compiling changes nothing merely because a registry has newer releases.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pulse.progress import StepError, run, say, tail
from pulse.remedies import remedy
from pulse.setup import ROOT, UV

OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--python-version",
    "3.13",
    "--quiet",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinFile:
    """`output` is compiled from `source`, agreeing with `agrees_with`. Paths from the root."""

    output: str
    source: str
    agrees_with: str | None = None
    extra: str | None = None

    @property
    def options(self) -> list[str]:
        extra = ["--extra", self.extra] if self.extra else []
        return [*extra, *(["--constraint", self.agrees_with] if self.agrees_with else [])]


PIN_FILES = (  # in this order: the later ones agree with the earlier
    PinFile(output="requirements.txt", source="pyproject.toml"),
    PinFile(output="requirements-dev.txt", source="pyproject.toml", extra="dev", agrees_with="requirements.txt"),
    PinFile(output="pulse/bootstrap.txt", source="pulse/bootstrap.in", agrees_with="requirements-dev.txt"),
    PinFile(output="requirements-node.txt", source="pulse/node.in"),
)


def main() -> int:
    for file in PIN_FILES:
        say(f"compiling {file.output} from {file.source} …")
        try:
            compile_pins(file, ROOT / file.output, upgrade="--upgrade" in sys.argv[1:])
        except StepError as fault:
            say(f"{tail(fault.printed)}\n{fault}\n{remedy(fault.printed)}")
            return 1
    return 0


def compile_pins(file: PinFile, output: Path, *, upgrade: bool = False) -> None:
    """Write `output`, keeping the pins that it holds unless `upgrade`. Raises StepError."""
    command = [str(UV), "pip", "compile", file.source, *file.options, *OPTIONS, "--output-file", str(output)]
    run([*command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, env=os.environ)


def drift(file: PinFile) -> list[str]:
    """What compiling would change: `+name==1.0` and `-name==0.9`. Hashes don't count: a release may get more files."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "pins.txt"
        shutil.copyfile(ROOT / file.output, draft)
        compile_pins(file, draft)
        wanted, present = pins(draft.read_text()), pins((ROOT / file.output).read_text())
    return [f"+{pin}" for pin in sorted(wanted - present)] + [f"-{pin}" for pin in sorted(present - wanted)]


def pins(text: str) -> set[str]:
    """`name==version ; marker` of each line of a requirement file."""
    lines = (line.rstrip("\\ ") for line in text.splitlines())
    return {line for line in lines if "==" in line and not line.startswith((" ", "#"))}


if __name__ == "__main__":
    sys.exit(main())
