"""What should be watched: subscriptions.toml read into SubscriptionSpecs, all faults named at once. Pure.

`%NAME%` in a text stands for the setting NAME, as in the bindings of Azure Functions.
"""

import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.domain.client_state import ENTRY, subject_of_person, subject_of_resource
from shared.domain.resources import Resource, resource_of
from shared.domain.topic import PartnerTopic

ENTRY_KEYS = {"name", "resource", "change_types", "for_each", "lifetime", "rich", "enabled"}
GROUP = "group:"
TOPIC_KEYS = ("azure_subscription_id", "resource_group", "name", "location")


class InvalidWatch(Exception):
    """subscriptions.toml is wrong; `faults` holds one sentence for each thing, with its line where it is known."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("subscriptions.toml: " + "; ".join(self.faults))


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSpec:
    """One Graph subscription that should live. `lifetime` is what is asked for at creation and renewal."""

    entry: str
    subject: str
    resource: str
    change_types: tuple[str, ...]
    lifetime: timedelta
    delta: str

    @property
    def key(self) -> str:
        return f"{self.entry}~{self.subject}"


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """An entry whose `for_each` is a group: it is expanded to the group's members whenever it is looked at."""

    name: str
    group_id: str
    table: Mapping[str, Any]

    def expanded(self, members: Iterable[str]) -> list[SubscriptionSpec]:
        return _expanded({**self.table, "for_each": list(members)})


@dataclass(frozen=True, slots=True)
class Watch:
    topic: PartnerTopic
    specs: Mapping[str, SubscriptionSpec]  # by key
    groups: tuple[GroupEntry, ...] = ()


def parse_watch(text: str, settings: Mapping[str, str]) -> Watch:
    """Raises InvalidWatch. `settings` fills `%NAME%`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise InvalidWatch([str(fault)]) from None
    faults: list[str] = []
    document = _filled(document, settings, faults)
    topic = _topic(document.get("topic"), faults)
    entries = _entries(document.get("subscription", []), _lines(text), faults)
    faults += [f"unknown table [{name}]" for name in document if name not in ("topic", "subscription")]
    faults += _doubles(entries)
    if faults or topic is None:
        raise InvalidWatch(faults)
    groups = tuple(GroupEntry(entry["name"], group, entry) for entry in entries if (group := _group(entry)))
    specs = [spec for entry in entries if not _group(entry) for spec in _expanded(entry)]
    return Watch(topic, {spec.key: spec for spec in specs}, groups)


def _filled(value: Any, settings: Mapping[str, str], faults: list[str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, settings, faults) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, settings, faults) for item in value]
    if not isinstance(value, str):
        return value
    missing = [name for name in re.findall(r"%(\w+)%", value) if name not in settings]
    faults += [f"setting {name} is missing (used as %{name}%)" for name in missing]
    return re.sub(r"%(\w+)%", lambda found: settings.get(found[1], found[0]), value)


def _topic(table: Any, faults: list[str]) -> PartnerTopic | None:
    if not isinstance(table, dict):
        faults.append(f"table [topic] with {', '.join(TOPIC_KEYS)} is missing")
        return None
    absent = [f"[topic] {key} is missing" for key in TOPIC_KEYS if not isinstance(table.get(key), str)]
    unknown = [f"[topic] {key}: unknown key" for key in table if key not in TOPIC_KEYS]
    faults += absent + unknown
    if absent:
        return None
    topic = PartnerTopic(**{key: table[key] for key in TOPIC_KEYS})
    faults += [f"[topic] {fault}" for fault in topic.faults()]
    return topic


def _entries(tables: Any, lines: list[int], faults: list[str]) -> list[Mapping[str, Any]]:
    """The entries that are right and enabled."""
    if not isinstance(tables, list) or len(tables) != len(lines):
        faults.append("write each subscription as [[subscription]]")
        return []
    seen: set[str] = set()
    entries: list[Mapping[str, Any]] = []
    for table, line in zip(tables, lines, strict=True):
        found = [f"line {line}: {fault}" for fault in _entry_faults(table, seen)]
        faults += found
        if not found and table.get("enabled", True):
            entries.append(table)
    return entries


def _entry_faults(entry: Mapping[str, Any], seen: set[str]) -> list[str]:
    name, path = entry.get("name"), entry.get("resource")
    if not isinstance(name, str) or not ENTRY.fullmatch(name):
        return [f"name {name!r}: 1-32 of a-z, 0-9 and hyphens"]
    faults = [f"{name}: {key}: unknown key" for key in entry if key not in ENTRY_KEYS]
    faults += [f"{name}: the name is used twice"] if name in seen else []
    seen.add(name)
    if not isinstance(entry.get("enabled", True), bool):
        faults.append(f"{name}: enabled: want true or false, without quotation marks")
    if entry.get("rich"):
        faults.append(f"{name}: rich notifications are not documented over Event Grid")
    if not isinstance(path, str):
        return [*faults, f"{name}: resource is missing"]
    faults += _for_each_faults(name, path, entry.get("for_each"))
    known = resource_of(path)
    if known is None:
        return [*faults, f"{name}: Graph has no resource {path!r} to watch through Event Grid"]
    if not known.permission:
        faults.append(f"{name}: only delegated permissions can watch {path!r}, and this app has none of its own")
    return faults + _change_type_faults(name, known, entry) + _lifetime_faults(name, known, entry.get("lifetime"))


def _for_each_faults(name: str, path: str, people: Any) -> list[str]:
    if ("{user}" in path) != (people is not None):
        return [f"{name}: for_each and {{user}} in resource belong together"]
    if re.match(r"/?users/(?!\{user\})[^/]+/", path, re.IGNORECASE):
        return [f"{name}: write users/{{user}}/… and for_each: the rows of a mailbox then belong to its owner"]
    if people is None:
        return []
    if not isinstance(people, str | list):
        return [f'{name}: for_each: want a list of object ids, or "group:<object id>"']
    named = [people.removeprefix(GROUP)] if isinstance(people, str) and people.startswith(GROUP) else _people(people)
    wrong = [one for one in named if not _is_guid(one)]
    return [f"{name}: for_each: {one!r} is not an object id (GUID)" for one in wrong]


def _change_type_faults(name: str, known: Resource, entry: Mapping[str, Any]) -> list[str]:
    wanted = entry.get("change_types")
    if not isinstance(wanted, list) or not wanted:
        return [f"{name}: change_types: want a list out of {', '.join(known.change_types)}"]
    return [
        f"{name}: change type {change!r}: this resource has {', '.join(known.change_types)}"
        for change in wanted
        if change not in known.change_types
    ]


def _lifetime_faults(name: str, known: Resource, minutes: Any) -> list[str]:
    if minutes is None or (isinstance(minutes, int) and 45 <= minutes <= known.max_minutes):
        return []
    return [f"{name}: lifetime {minutes!r}: want minutes, 45 to {known.max_minutes}"]


def _doubles(entries: list[Mapping[str, Any]]) -> list[str]:
    """Graph refuses a second subscription to the same changes of the same resource (409)."""
    first: dict[tuple[str, ...], str] = {}
    faults: list[str] = []
    for entry in entries:
        key = (entry["resource"].strip("/").lower(), *sorted(entry["change_types"]))
        if key in first:
            faults.append(f"{entry['name']}: watches the same as {first[key]}; Graph takes it once")
        first.setdefault(key, entry["name"])
    return faults


def _expanded(entry: Mapping[str, Any]) -> list[SubscriptionSpec]:
    path = entry["resource"].strip("/")
    if "{user}" not in path:
        return [_spec(entry, resource=path, subject=subject_of_resource(path))]
    return [
        _spec(entry, resource=path.replace("{user}", person.lower()), subject=subject_of_person(person))
        for person in dict.fromkeys(_people(entry["for_each"]))
    ]


def _spec(entry: Mapping[str, Any], *, resource: str, subject: str) -> SubscriptionSpec:
    known = resource_of(resource)
    assert known is not None  # noqa: S101 _entry_faults refused it otherwise
    minutes = entry.get("lifetime")
    return SubscriptionSpec(
        entry=entry["name"],
        subject=subject,
        resource=resource,
        change_types=tuple(change for change in known.change_types if change in entry["change_types"]),
        lifetime=timedelta(minutes=minutes) if minutes else known.lifetime,
        delta=known.delta,
    )


def _group(entry: Mapping[str, Any]) -> str | None:
    people = entry.get("for_each")
    return people.removeprefix(GROUP) if isinstance(people, str) and people.startswith(GROUP) else None


def _people(for_each: str | list[str]) -> list[str]:
    """A list of object ids, or one text with commas, which is how a setting holds several."""
    texts = for_each.split(",") if isinstance(for_each, str) else for_each
    return [str(text).strip() for text in texts if str(text).strip()]


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _lines(text: str) -> list[int]:
    """The line of each [[subscription]]: tomllib does not keep them."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(r"\s*\[\[\s*subscription\s*\]\]", line)
    ]
