"""How people see subscriptions: a list that fits 80 columns, and a plan as tools for infrastructure show theirs."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from pulse.output import table, text

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
COLUMNS = ("name", "state", "expires", "last_event")
RESET = "\033[0m"
LOOKS = {  # sign, colour, what the summary calls it
    "create": ("+", "\033[32m", "to create"),
    "adopt": ("=", "\033[32m", "to adopt"),
    "renew": ("~", "\033[33m", "to renew"),
    "recreate": ("-/+", "\033[33m", "to make anew"),
    "park": ("!", "\033[33m", "to park"),
    "remove": ("-", "\033[31m", "to remove"),
    "keep": ("", "", "as they are"),
}
FAILED = "\033[31m"
QUIET = ("live", "")  # of one that is kept, what goes without saying


def listed(subscriptions: Iterable[Mapping[str, Any]]) -> list[str]:
    """A heading for what each entry watches, a line for each of its subscriptions, its note below it. Times in UTC."""
    lines: list[str] = []
    for heading, some in groupby(sorted(subscriptions, key=lambda row: (_entry(row), row["name"])), key=_heading):
        rows = list(some)
        shown = [
            dict(row) | {"expires": _minute(row["expires_at"]), "last_event": _minute(row["last_event_at"])}
            for row in rows
        ]
        first, *rest = table(shown, COLUMNS)
        lines += ["", heading] if lines else [heading]
        lines.append(f"  {first}")
        for row, line in zip(rows, rest, strict=True):
            lines += [f"  {line}", *([f"      {row['note']}"] if row.get("note") else [])]
    return lines or ["Nothing is watched."]


def planned(actions: Sequence[Mapping[str, Any]], *, coloured: bool) -> list[str]:
    """What differs, why, and what came of it; then how many of each kind."""
    lines = [line for action in actions if _is_news(action) for line in _action(action, coloured)]
    return [*lines, *([""] if lines else []), _summary(actions)]


def _action(action: Mapping[str, Any], coloured: bool) -> list[str]:
    sign, colour, _ = LOOKS[str(action["action"])]
    head = _painted(f"{sign:>3} {action['name']}", colour, coloured)
    fault = [_painted(f"      failed: {action['fault']}", FAILED, coloured)] if action.get("fault") else []
    return [head, f"      {text(action['resource'])}", f"      {text(action['why'])}", *fault]


def _is_news(action: Mapping[str, Any]) -> bool:
    return action["action"] != "keep" or bool(action.get("fault")) or action.get("why") not in QUIET


def _summary(actions: Sequence[Mapping[str, Any]]) -> str:
    """`done` is null as long as it is a plan."""
    failed = sum(bool(action.get("fault")) for action in actions)
    counts = Counter(str(action["action"]) for action in actions)
    parts = [f"{counts[act]} {words}" for act, (_, _, words) in LOOKS.items() if counts[act]]
    if any(action.get("done") is not None for action in actions):
        return f"Done: {len(actions) - failed} of {len(actions)}" + (f"; {failed} failed." if failed else ".")
    if set(counts) <= {"keep"}:
        return f"No changes: {counts['keep']} subscriptions are as they should be."
    return f"Plan: {', '.join(parts)}."


def _painted(line: str, colour: str, coloured: bool) -> str:
    return f"{colour}{line}{RESET}" if coloured and colour else line


def _heading(row: Mapping[str, Any]) -> str:
    change_types = ",".join(row["change_types"]) if isinstance(row["change_types"], list) else text(row["change_types"])
    resource = str(row["resource"])
    for_each = re.sub(rf"^users/{GUID.pattern}/", "users/{user}/", resource, flags=re.IGNORECASE)
    return f"{_entry(row)}  {for_each}  {change_types}"


def _entry(row: Mapping[str, Any]) -> str:
    return str(row["name"]).partition("~")[0]


def _minute(instant: str | None) -> str:
    """`2026-11-28T20:53:24.668557+00:00` to the minute."""
    return instant[:16].replace("T", " ") if instant else "-"
