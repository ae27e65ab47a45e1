"""Where adapters meet flows. Built once, on first use, never at import: an import that fails hides every function."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Unpack

from shared.app import App
from shared.domain.events.routes import RouteRule, parse_routes
from shared.domain.watching.watch import Watch, parse_watch
from shared.outside import Outside, Ports
from shared.settings import Settings

__all__ = ["App", "app", "build", "in_place", "join"]
ROOT = Path(__file__).parent.parent

_app: App | None = None


def app() -> App:
    """The one of this process. Raises InvalidSettings, InvalidWatch or InvalidRoutes, and tries again next time."""
    global _app
    if _app is None:
        _app = build(os.environ)
    return _app


@contextmanager
def in_place(other: App) -> Iterator[None]:
    """Meanwhile `app()` gives this one: for whoever calls triggers over ports of their own."""
    global _app
    before, _app = _app, other
    try:
        yield
    finally:
        _app = before


def build(environ: Mapping[str, str], **given: Unpack[Ports]) -> App:
    """Tests give their own ports; what they leave out is the real one. Every fault of what is configured shows here."""
    settings = Settings.from_environ(environ)
    watch = parse_watch((ROOT / settings.subscriptions_file).read_text(encoding="utf-8"), environ)
    outside = Outside(settings, **given)
    _ = outside.clock, outside.certificates  # named or held by the settings
    built = App(settings, watch, outside, _rules(settings.routes_file))
    _ = built.router  # imports the handlers
    return built


def join(settings: Settings, watch: Watch, **given: Unpack[Ports]) -> App:
    """The flows over these ports, as one app, without routes."""
    return App(settings, watch, Outside(settings, **given))


def _rules(name: str) -> Sequence[RouteRule]:
    file = ROOT / name
    return parse_routes(file.read_text(encoding="utf-8")) if file.is_file() else ()
