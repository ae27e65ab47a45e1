"""What should be watched: subscriptions.toml read into SubscriptionSpecs, all faults named at once. Pure.

`%NAME%` in a text stands for the setting NAME, as in the bindings of Azure Functions.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.domain.events.client_state import subject_of_person, subject_of_resource
from shared.domain.watching.resources import resource_of
from shared.domain.watching.toml_lines import Section, line_with, sections
from shared.domain.watching.topic import PartnerTopic
from shared.domain.watching.watch_faults import GROUP, entry_faults, meant, people_of

TABLES = ("topic", "subscription")
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
    faults = _missing_settings(text, document, settings)
    document, parts = _filled(document, settings), sections(text)
    topic = _topic(document.get("topic"), parts, faults)
    entries = _entries(document.get("subscription", []), parts, faults)
    for name in (name for name in document if name not in TABLES):
        line = next((part.line for part in parts if part.name.partition(".")[0] == name), line_with(text, name))
        faults.append(f"line {line}: unknown table [{name}]{meant(name, TABLES)}")
    if faults or topic is None:
        raise InvalidWatch(faults)
    groups = tuple(GroupEntry(entry["name"], group, entry) for entry in entries if (group := _group(entry)))
    specs = [spec for entry in entries if not _group(entry) for spec in _expanded(entry)]
    return Watch(topic, {spec.key: spec for spec in specs}, groups)


def _missing_settings(text: str, document: Mapping[str, Any], settings: Mapping[str, str]) -> list[str]:
    named = dict.fromkeys(name for value in _texts(document) for name in re.findall(r"%(\w+)%", value))
    return [
        f"line {line_with(text, f'%{name}%')}: setting {name} is missing (used as %{name}%)"
        for name in named
        if name not in settings
    ]


def _texts(value: Any) -> list[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [text for item in inner for text in _texts(item)]


def _filled(value: Any, settings: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, settings) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, settings) for item in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"%(\w+)%", lambda found: settings.get(found[1], found[0]), value)


def _topic(table: Any, parts: list[Section], faults: list[str]) -> PartnerTopic | None:
    if not isinstance(table, dict):
        faults.append(f"table [topic] with {', '.join(TOPIC_KEYS)} is missing")
        return None
    part = next((part for part in parts if part.name == "topic"), Section("topic", 1, ()))
    absent = [
        f"line {part.line}: [topic] {key} is missing" for key in TOPIC_KEYS if not isinstance(table.get(key), str)
    ]
    unknown = [
        f"line {part.line_of(key)}: [topic] {key}: unknown key{meant(key, TOPIC_KEYS)}"
        for key in table
        if key not in TOPIC_KEYS
    ]
    faults += absent + unknown
    if absent:
        return None
    topic = PartnerTopic(**{key: table[key] for key in TOPIC_KEYS})
    faults += [f"line {part.line_of(fault.partition(' ')[0])}: [topic] {fault}" for fault in topic.faults()]
    return topic


def _entries(tables: Any, parts: list[Section], faults: list[str]) -> list[Mapping[str, Any]]:
    """The entries that are right and enabled."""
    mine = [part for part in parts if part.name == "subscription"]
    if not isinstance(tables, list) or len(tables) != len(mine):
        faults.append("write each subscription as [[subscription]]")
        return []
    seen: set[str] = set()
    first: dict[tuple[str, ...], str] = {}
    entries: list[Mapping[str, Any]] = []
    for table, part in zip(tables, mine, strict=True):
        name = table.get("name", "")
        found = [f"line {part.line_of(one.key, one.value)}: {name}: {one.text}" for one in entry_faults(table, seen)]
        if not found and table.get("enabled", True):
            found = [f"line {part.line_of('resource')}: {name}: {double}" for double in _doubles(table, first)]
            entries.append(table)
        faults += found
    return entries


def _doubles(entry: Mapping[str, Any], first: dict[tuple[str, ...], str]) -> list[str]:
    """Graph refuses a second subscription to the same changes of the same resource (409), by whatever entry.

    Lists may share the resource if they share nobody. Who is in a group may change, so a group shares it with no entry.
    """
    path, change_types = entry["resource"].strip("/").lower(), sorted(entry["change_types"])
    group, people = _group(entry), people_of(entry["for_each"]) if "for_each" in entry else []
    watched = [path] if group or not people else [path.replace("{user}", one.lower()) for one in people]
    mine = [(one, *change_types) for one in watched]
    others = mine if group is None else [key for key in first if key[1:] == tuple(change_types) and _fits(path, key[0])]
    for key in (*others, (path, *change_types)):
        if first.get(key, entry["name"]) != entry["name"]:
            return [f"watches the same as {first[key]}; Graph takes it once"]
    first.update(dict.fromkeys(mine, entry["name"]))
    return []


def _fits(path: str, other: str) -> bool:
    """`other` is what `path` becomes for somebody."""
    return re.fullmatch(re.escape(path).replace(re.escape("{user}"), "[^/]+"), other) is not None


def _expanded(entry: Mapping[str, Any]) -> list[SubscriptionSpec]:
    path = entry["resource"].strip("/")
    if "{user}" not in path:
        return [_spec(entry, resource=path, subject=subject_of_resource(path))]
    return [
        _spec(entry, resource=path.replace("{user}", person.lower()), subject=subject_of_person(person))
        for person in dict.fromkeys(people_of(entry["for_each"]))
    ]


def _spec(entry: Mapping[str, Any], *, resource: str, subject: str) -> SubscriptionSpec:
    known = resource_of(resource)
    assert known is not None  # noqa: S101 entry_faults refused it otherwise
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
