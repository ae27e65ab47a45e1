"""What is wrong with an entry of subscriptions.toml: all of it at once, with what was probably meant. Pure."""

import difflib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.events.client_state import ENTRY
from shared.domain.watching.resource import Resource
from shared.domain.watching.resources import resource_of, similar_path

ENTRY_KEYS = ("name", "resource", "change_types", "for_each", "lifetime", "rich", "enabled")
GROUP = "group:"
MIN_MINUTES = 45  # Graph raises less to that without a word


@dataclass(frozen=True, slots=True)
class Fault:
    """One sentence; the key that it is about, and the item of its value, where one is."""

    text: str
    key: str = ""
    value: str = ""


def entry_faults(entry: Mapping[str, Any], seen: set[str]) -> list[Fault]:
    """`seen` are the names of the entries before; this one's is added."""
    name = entry.get("name")
    faults = [Fault(f"{key}: unknown key{meant(key, ENTRY_KEYS)}", key) for key in entry if key not in ENTRY_KEYS]
    if not isinstance(name, str) or not ENTRY.fullmatch(name):
        faults.append(Fault(f"name {name!r}: 1-32 of a-z, 0-9 and hyphens", "name"))
    elif name in seen:
        faults.append(Fault(f"the name {name} is used twice", "name"))
    seen.add(str(name))
    if not isinstance(entry.get("enabled", True), bool):
        faults.append(Fault("enabled: want true or false, without quotation marks", "enabled"))
    if entry.get("rich"):
        faults.append(Fault("rich notifications are not documented over Event Grid", "rich"))
    return faults + _resource_faults(entry)


def meant(word: str, words: Iterable[str]) -> str:
    """` (did you mean …?)`, or nothing where none of the words is like it."""
    by_lower = {one.lower(): one for one in words}
    near = difflib.get_close_matches(word.lower(), by_lower)
    return f" (did you mean {by_lower[near[0]]}?)" if near else ""


def people_of(for_each: str | list[Any]) -> list[str]:
    """A list of object ids, or one text with commas, which is how a setting holds several."""
    texts = for_each.split(",") if isinstance(for_each, str) else for_each
    return [str(text).strip() for text in texts if str(text).strip()]


def _resource_faults(entry: Mapping[str, Any]) -> list[Fault]:
    path = entry.get("resource")
    if not isinstance(path, str):
        return [Fault("resource is missing" if path is None else f"resource {path!r}: want a text", "resource")]
    faults = _for_each_faults(path, entry.get("for_each"))
    known = resource_of(path)
    if known is None or (not known.event_grid and similar_path(path) not in (None, path.strip("/"))):
        return [*faults, Fault(f"Graph has no resource {path!r} to watch{_meant_path(path)}", "resource")]
    if why := _why_not(known):
        return [*faults, Fault(f"{path!r} can't be watched: {why}", "resource")]
    return faults + _change_type_faults(known, entry) + _lifetime_faults(known, entry.get("lifetime"))


def _meant_path(path: str) -> str:
    if re.match(r"/?me(/|$)", path, re.IGNORECASE):
        return f": an app on its own has no `me` (did you mean users/{{user}}{path.strip('/')[2:]} with for_each?)"
    near = similar_path(path)
    return f" (did you mean {near}?)" if near else ""


def _why_not(known: Resource) -> str:
    if known.application == ():
        needs = " or ".join(known.delegated or ())
        return f"only a signed-in user may (delegated {needs}), and this app acts on its own"
    if not known.event_grid:
        return "Event Grid does not deliver it (it is not in Graph's list of sources for partner topics)"
    return ""


def _for_each_faults(path: str, people: Any) -> list[Fault]:
    if ("{user}" in path) != (people is not None):
        key = "resource" if people is None else "for_each"
        return [Fault("for_each and {user} in resource belong together", key)]
    if re.match(r"/?users/(?!\{user\})[^/]+/", path, re.IGNORECASE):
        text = "write users/{user}/… and for_each: the rows of a mailbox then belong to its owner"
        return [Fault(text, "resource")]
    if people is None:
        return []
    if not isinstance(people, str | list):
        return [Fault('for_each: want a list of object ids, or "group:<object id>"', "for_each")]
    named = [people.removeprefix(GROUP)] if isinstance(people, str) and people.startswith(GROUP) else people_of(people)
    wrong = [one for one in named if not _is_guid(one)]
    return [Fault(f"for_each: {one!r} is not an object id (GUID)", "for_each", one) for one in wrong]


def _change_type_faults(known: Resource, entry: Mapping[str, Any]) -> list[Fault]:
    wanted = entry.get("change_types")
    if not isinstance(wanted, list) or not wanted:
        return [Fault(f"change_types: want a list out of {', '.join(known.change_types)}", "change_types")]
    return [_change_type_fault(known, change) for change in wanted if change not in known.change_types]


def _change_type_fault(known: Resource, change: Any) -> Fault:
    why = ""
    if change == "created" and known.change_types == ("updated", "deleted"):
        why = "; Graph announces what is created as updated"
    near = meant(change, known.change_types) if isinstance(change, str) and not why else ""
    text = f"change type {change!r}: this resource has {', '.join(known.change_types)}{why}{near}"
    return Fault(text, "change_types", str(change))


def _lifetime_faults(known: Resource, minutes: Any) -> list[Fault]:
    is_number = isinstance(minutes, int) and not isinstance(minutes, bool)
    if minutes is None or (is_number and MIN_MINUTES <= minutes <= known.max_minutes):
        return []
    return [Fault(f"lifetime {minutes!r}: want minutes, {MIN_MINUTES} to {known.max_minutes}", "lifetime")]


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
