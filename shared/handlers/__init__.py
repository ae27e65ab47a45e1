"""What each notification means: one file per family. Files are found by themselves; each has a `router` of its own.

Write yours as a file here: see docs/handlers.md.
"""

import importlib
import pkgutil

from shared.domain.events.router import Router


def find_handlers() -> Router:
    """The handlers of every file in this folder, by file name, then in the order in which they are registered."""
    found = Router()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        found.include(importlib.import_module(f"{__name__}.{module.name}").router)
    return found
