"""Remembers what each step of the set-up was done with, so that it is done again only when that changed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """The digests of the steps that are done, in one JSON file: {"packages": "<sha256>", …}."""

    file: Path

    def read(self) -> dict[str, str]:
        """Empty when there is no file or it is broken: then everything is done again."""
        try:
            known = json.loads(self.file.read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def holds(self, step: str, digest: str) -> bool:
        return self.read().get(step) == digest

    def write(self, step: str, digest: str) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.read() | {step: digest}, indent=2))


def digest(*, root: Path, files: Iterable[Path], also: Iterable[str] = ()) -> str:
    """sha256 over the names and contents of `files` (a missing one counts as such) and over the words in `also`."""
    taken = hashlib.sha256("\0".join(also).encode())
    for file in sorted(files):
        content = file.read_bytes() if file.is_file() else b"missing"
        taken.update(f"\0{file.relative_to(root).as_posix()}\0".encode() + hashlib.sha256(content).digest())
    return taken.hexdigest()


def sources(folder: Path, *, skip: frozenset[str] = frozenset({"node_modules", "dist"})) -> list[Path]:
    """Every file below `folder`, without those in folders named in `skip`."""
    return [
        path for path in folder.rglob("*") if path.is_file() and not skip.intersection(path.relative_to(folder).parts)
    ]
