"""The small app as a running demo."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_app import PEOPLE, SmallApp, served
from starlette.applications import Starlette

from pulse.running_demo import FOLDER, RunningDemo


@pytest.fixture
def small_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallApp]:
    """Running, and found as a demo from the working folder."""
    app = SmallApp()
    with served(Starlette(routes=app.routes())) as url:
        addresses = {"app": url, "control": url}
        demo = RunningDemo(base=1, seed=7, ca="", addresses=addresses, processes={}, people=PEOPLE)
        demo.write(tmp_path / FOLDER)
        monkeypatch.chdir(tmp_path)
        yield app
