"""What `make check` does: each check is named, all run, and the exit code is 1 when one failed."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pulse.pins import PIN_FILES, drift
from pulse.progress import StepError, run, say
from pulse.remedies import remedy
from pulse.setup import PYTHON, ROOT, VENV

REGISTRY = re.compile(r'"resolved"\s*:|registry|--(?:extra-)?index-url|--find-links|@ (?:https?|file):', re.IGNORECASE)
SKIPPED_FOLDERS = {"node_modules", VENV.name, ".git", ".demo"}


def main() -> int:
    failed = [name for name, check in checks() if not passes(name, check)]
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


def checks() -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Name and check; a check gives its faults."""
    yield "lint (ruff check)", lambda: tool("ruff", "check", "--quiet", ".")
    yield (
        "format (ruff format --check; `ruff format` cures it)",
        lambda: tool("ruff", "format", "--check", "--quiet", "."),
    )
    yield "types (mypy --strict)", lambda: tool("mypy")
    if (ROOT / "tests" / "test_architecture.py").is_file():
        yield "who may import whom", lambda: tool("pytest", "-q", "tests/test_architecture.py")
    for file in PIN_FILES:
        yield f"pins of {file.output} (`make pins` cures it)", partial(drift, file)
    yield "no registry address in a lock file", registry_addresses


def passes(name: str, check: Callable[[], list[str]]) -> bool:
    started = time.monotonic()
    try:
        faults = check()
    except StepError as fault:
        faults = [*fault.printed.strip().splitlines(), str(fault), remedy(fault.printed)]
    say("\n".join([f"{'FAILED' if faults else 'ok':6} {name} ({time.monotonic() - started:.1f} s)", *faults]))
    return not faults


def tool(module: str, *arguments: str) -> list[str]:
    try:
        run([str(PYTHON), "-m", module, *arguments], cwd=ROOT, env=os.environ, label=module)
    except StepError as fault:
        return fault.printed.strip().splitlines() or [str(fault)]
    return []


def registry_addresses() -> list[str]:
    """Lines of lock and requirement files that name where a package was fetched from."""
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:120]}"
        for path in lock_files(ROOT)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if REGISTRY.search(line)
    ]


def lock_files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED_FOLDERS]
        yield from (
            Path(folder) / name
            for name in names
            if name == "package-lock.json" or (name.startswith(("requirements", "bootstrap")) and name.endswith(".txt"))
        )


if __name__ == "__main__":
    sys.exit(main())
