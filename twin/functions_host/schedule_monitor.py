"""When each timer last ran: what a host keeps in its storage account, so that another one can go on from there.

In a folder that several instances share, or in memory, where it ends with the host.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(slots=True)
class ScheduleMonitor:
    """Without a `folder` in memory. Instants are aware and in UTC."""

    folder: Path | None = None
    _last: dict[str, datetime] = field(default_factory=dict)

    def last(self, function: str) -> datetime | None:
        if self.folder is None:
            return self._last.get(function)
        try:
            return datetime.fromisoformat(json.loads(self._file(function).read_text())["Last"])
        except FileNotFoundError:
            return None

    def ran(self, function: str, at: datetime) -> None:
        self._last[function] = at
        if self.folder is not None:
            written = self._file(function).with_suffix(".new")
            written.write_text(json.dumps({"Last": at.isoformat()}))
            written.replace(self._file(function))  # whole or not at all: another instance may read just now

    def _file(self, function: str) -> Path:
        assert self.folder is not None  # noqa: S101  for the type checker
        return self.folder / f"{function}.json"
