"""Makes package.zip, what `func azure functionapp publish` and azd deploy: the app and the built page, nothing else.

Packages are not in it: Azure installs requirements.txt where the app will run (remote build).
"""

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pulse.progress import say
from pulse.setup import ROOT

PACKAGE = ROOT / "package.zip"
FILES = ("function_app.py", "host.json", "requirements.txt", "routes.toml", "subscriptions.toml")
FOLDERS = {"functions": "*.py", "shared": "*.py", "web/dist": "*"}


def main() -> int:
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        say("The page is not built: run `make setup` first.")
        return 1
    with zipfile.ZipFile(PACKAGE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for path in deployed():
            package.write(path, path.relative_to(ROOT).as_posix())
    names = len(zipfile.ZipFile(PACKAGE).namelist())
    print(f"{PACKAGE.name}: {names} files, {PACKAGE.stat().st_size / 2**20:.2f} MiB")
    return 0


def deployed(root: Path = ROOT) -> Iterator[Path]:
    """Absolute paths. `.funcignore` has to leave the same files."""
    yield from (root / name for name in FILES)
    for folder, pattern in FOLDERS.items():
        yield from sorted(path for path in (root / folder).rglob(pattern) if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
