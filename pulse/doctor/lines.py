"""Findings for people: a mark, the check, what was found; under it, in its own colour, what to do."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pulse.doctor.finding import Finding

WIDTH = 24  # of the names of checks
MARKS = {"good": ("✓", "green"), "note": ("·", "yellow"), "bad": ("✗", "bold red")}


class Lines:
    """On stdout, for they are the command's data."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def show(self, found: Finding) -> None:
        mark, style = MARKS[kind(found)]
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=1)
        grid.add_column(width=WIDTH, no_wrap=True)
        grid.add_column(ratio=1, overflow="fold")
        detail_style = "" if found.ok else "bold"
        grid.add_row(Text(mark, style=style), Text(found.check), Text(found.detail, style=detail_style))
        if found.fix:
            grid.add_row("", "", Text(f"→ {found.fix}", style="cyan" if not found.ok else "dim"))
        self._console.print(Padding(grid, (0, 0, 0, 1)))

    def sum_up(self, findings: Sequence[Finding]) -> None:
        faults = sum(not found.ok for found in findings)
        notes = sum(found.is_note for found in findings)
        told = f"{len(findings)} checks, {faults or 'no'} fault{'' if faults == 1 else 's'}"
        told += f", {notes} note{'' if notes == 1 else 's'}" if notes else ""
        self._console.print()
        self._console.print(Text(f" {told}", style="bold red" if faults else "bold green"))


def kind(found: Finding) -> str:
    return "bad" if not found.ok else "note" if found.is_note else "good"
