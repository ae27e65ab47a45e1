"""What one check found. A note is a good finding that has an advice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor. `fix` is what to do; empty when there is nothing to do."""

    check: str
    ok: bool
    detail: str
    fix: str = ""

    @property
    def is_note(self) -> bool:
        return self.ok and bool(self.fix)


def good(check: str, detail: str) -> Finding:
    return Finding(check=check, ok=True, detail=detail)


def note(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, ok=True, detail=detail, fix=fix)


def bad(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, ok=False, detail=detail, fix=fix)
