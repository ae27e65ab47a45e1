"""The `resource` of a subscription, read: which kind it is, whose, and which changes of mail it sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twin.graph.kinds import KINDS
from twin.graph.limits import Kind

PATHS = sorted(  # teams/getallchannels before teams/{}
    ((kind, path) for kind in KINDS for path in kind.paths), key=lambda pair: pair[1].count("{}")
)
KEY_IN_PARENTHESES = re.compile(r"\('?([^()]*?)'?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`user`, `folder` and `item` are ids, or None where the path has none: then all are watched."""

    kind: Kind
    path: str  # as compared: keys as segments, literals and ids in lower case but for Outlook's
    has_id: bool = False  # the path names one chat, team, channel …
    query: tuple[tuple[str, str], ...] = ()  # $select, $filter …, names in lower case
    user: str | None = None
    folder: str | None = None
    item: str | None = None

    @property
    def selected(self) -> tuple[str, ...]:
        """The property names of $select."""
        chosen = dict(self.query).get("$select", "")
        return tuple(name.strip() for name in chosen.split(",") if name.strip())

    def change_type(self, *, before: str | None, after: str | None) -> str | None:
        """How a watcher of this folder (or of the mailbox) sees an item go from folder `before` to `after`.

        None stands for not there; a result of None for not seen.
        """
        was = before is not None and self.folder in (None, before)
        is_there = after is not None and self.folder in (None, after)
        return {(False, True): "created", (True, True): "updated", (True, False): "deleted"}.get((was, is_there))


def segments_of(resource: str) -> list[str]:
    """users('x')/mailFolders('inbox')/messages?$select=… → [users, x, mailFolders, inbox, messages]."""
    path = resource.partition("?")[0].strip().strip("/")
    return KEY_IN_PARENTHESES.sub(lambda key: f"/{key[1]}" if key[1] else "", path).split("/")


def query_of(resource: str) -> tuple[tuple[str, str], ...]:
    pairs = parse_qsl(resource.partition("?")[2], keep_blank_values=True)
    return tuple((name.strip().lower(), value.strip()) for name, value in pairs)


def read(resource: str, folder_id: Callable[[str, str], str]) -> Watched | None:
    """None where no documented kind has such a path. `folder_id(user, name)` resolves well-known folder names."""
    segments = segments_of(resource)
    for kind, path in PATHS:
        keys = _keys(path.split("/"), segments)
        if keys is not None:
            return _watched(kind, path, keys, query_of(resource), folder_id)
    return None


def _keys(want: list[str], have: list[str]) -> list[str] | None:
    if len(want) != len(have) or any(w not in ("{}", h.lower()) for w, h in zip(want, have, strict=True)):
        return None
    return [h for w, h in zip(want, have, strict=True) if w == "{}"]


def _watched(
    kind: Kind,
    path: str,
    keys: list[str],
    query: tuple[tuple[str, str], ...],
    folder_id: Callable[[str, str], str],
) -> Watched:
    user = keys[0].lower() if path.startswith(("users/", "copilot/users/")) else None
    folder = folder_id(keys[0].lower(), keys[1]) if user and "/mailfolders/" in path else None
    item = keys[1] if path == "users/{}/messages/{}" else None
    named = [user or keys[0], *keys[1:]] if keys else []
    if folder:
        named[1] = folder
    filled = iter(named)
    text = "/".join(next(filled) if part == "{}" else part for part in path.split("/"))
    return Watched(kind=kind, path=text, has_id=bool(keys), query=query, user=user, folder=folder, item=item)
