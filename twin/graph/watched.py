"""The `resource` of a subscription, read: which kind it is, whose, and which changes of mail it sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from twin.graph.limits import KINDS, Kind

KEY_IN_PARENTHESES = re.compile(r"\('?([^()']*)'?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`user`, `folder` and `item` are ids, or None where the path has none: then all are watched."""

    kind: Kind
    path: str  # as compared: keys as segments, literals and ids in lower case but for Outlook's
    user: str | None = None
    folder: str | None = None
    item: str | None = None

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


def read(resource: str, folder_id: Callable[[str, str], str]) -> Watched | None:
    """None where no documented kind has such a path. `folder_id(user, name)` resolves well-known folder names."""
    segments = segments_of(resource)
    for kind in KINDS:
        for path in kind.paths:
            keys = _keys(path.split("/"), segments)
            if keys is not None:
                return _watched(kind, path, keys, folder_id)
    return None


def _keys(want: list[str], have: list[str]) -> list[str] | None:
    if len(want) != len(have) or any(w not in ("{}", h.lower()) for w, h in zip(want, have, strict=True)):
        return None
    return [h for w, h in zip(want, have, strict=True) if w == "{}"]


def _watched(kind: Kind, path: str, keys: list[str], folder_id: Callable[[str, str], str]) -> Watched:
    user = keys[0].lower() if path.startswith("users/") else None
    folder = folder_id(keys[0].lower(), keys[1]) if user and "/mailfolders/" in path else None
    item = keys[1] if path == "users/{}/messages/{}" else None
    filled = iter([user or keys[0], folder or item or keys[1]] if len(keys) == 2 else [user or key for key in keys])
    text = "/".join(next(filled) if part == "{}" else part for part in path.split("/"))
    return Watched(kind=kind, path=text, user=user, folder=folder, item=item)
