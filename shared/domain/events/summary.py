"""What the feed shows of an event beside its type and resource: a line of text, read from Graph. Pure."""

import re
from dataclasses import dataclass

LONGEST = 200  # characters


@dataclass(frozen=True, slots=True)
class Summary:
    """`text` is one line, empty when nothing is known. `is_echo`: the change is our own write, come back."""

    text: str = ""
    is_echo: bool = False


NO_SUMMARY = Summary()


def one_line(*parts: str, between: str = ": ") -> str:
    """The parts that there are, in one line of at most LONGEST characters, without control characters."""
    line = between.join(part for part in (_plain(part) for part in parts) if part)
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _plain(text: str) -> str:
    """Also without characters that turn the direction of a line: a subject must not rewrite what stands beside it."""
    readable = text.encode("utf-8", "replace").decode()
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+", " ", readable).split())
