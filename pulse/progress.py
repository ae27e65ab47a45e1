"""Runs the long commands of the set-up and says on stderr how far they are. Standard library only."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

TAIL_LINES = 15  # of a failed command's output


class StepError(Exception):
    """A command ended badly. `printed` is all that it said."""

    def __init__(self, command: Sequence[str], printed: str) -> None:
        super().__init__(
            f"`{' '.join(Path(command[0]).name if not i else part for i, part in enumerate(command))}` failed"
        )
        self.printed = printed


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], label: str = "") -> str:
    """Run it to its end and return what it printed. Raises StepError."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise StepError(command, str(error)) from error
        watch(process, output, label)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode:
        raise StepError(command, printed)
    return printed


def watch(process: subprocess.Popen[bytes], output: IO[bytes], label: str) -> None:
    """Wait for it: a running clock in a terminal, a line every quarter of a minute elsewhere."""
    terminal = sys.stderr.isatty()
    started = time.monotonic()
    while True:
        try:
            process.wait(1 if terminal else 15)
        except subprocess.TimeoutExpired:
            tell(f"{label} … {time.monotonic() - started:.0f} s", terminal=terminal)
            continue
        except BaseException:
            process.kill()
            raise
        if terminal:
            sys.stderr.write("\r\033[K")
        return


def tell(text: str, *, terminal: bool) -> None:
    if terminal:
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()
    else:
        say(text)


def tail(printed: str) -> str:
    return "\n".join(f"    {line}" for line in printed.strip().splitlines()[-TAIL_LINES:])
