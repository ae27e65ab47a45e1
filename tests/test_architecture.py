"""The house holds: who may import whom, what shared/ holds, and what happens (nothing) when the host loads us."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"function_app", "functions", "shared", "pulse", "twin", "tests", "bench", "lab"}
PURE = {"os", "random", "secrets", "logging", "socket", "time", "asyncio", "pathlib", "subprocess", "urllib.request"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}

# who: (which of our own modules it may import, may it import what is not of the standard library?)
MAY_IMPORT = {
    "function_app.py": (("functions",), True),
    # settings: health names the faults that composition.app() raises
    "functions": (("functions", "shared.composition", "shared.flows", "shared.domain", "shared.settings"), True),
    "shared/composition.py": (("shared",), True),
    "shared/app.py": (
        ("shared.domain", "shared.flows", "shared.handlers", "shared.outside", "shared.ports", "shared.settings"),
        False,
    ),
    "shared/outside.py": (("shared.adapters", "shared.ports", "shared.settings"), True),
    "shared/settings.py": (("shared.domain",), False),
    "shared/ports": (("shared.ports", "shared.domain"), False),
    "shared/flows": (("shared.flows", "shared.domain", "shared.ports"), False),
    "shared/handlers": (("shared.domain", "shared.ports"), False),
    "shared/adapters": (("shared.domain", "shared.ports"), True),  # never each other; but some take several files
    "shared/adapters/graph": (("shared.adapters.graph", "shared.domain", "shared.ports"), True),
    "shared/adapters/storage": (("shared.adapters.storage", "shared.domain", "shared.ports"), True),
    "shared/domain": (("shared.domain",), False),
    "pulse": (("pulse", "twin"), True),
    "twin": (("twin",), True),
}


def files_of(place: str) -> list[Path]:
    """Those of a place that has no line of its own further down the table."""
    path = ROOT / place
    apart = [ROOT / other for other in MAY_IMPORT if other.startswith(f"{place}/")] if place in MAY_IMPORT else []
    found = [path] if path.suffix else sorted(path.rglob("*.py"))
    return [file for file in found if not any(file.is_relative_to(other) for other in apart)]


DEPLOYED = [file for place in ("function_app.py", "functions", "shared") for file in files_of(place)]


def imports_of(file: Path) -> Iterator[str]:
    """Modules and names, `package.module.name`, also those within functions; no relative ones are used."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def is_within(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_who_may_import_whom(place):
    ours, third_party = MAY_IMPORT[place]
    for file in files_of(place):
        for name in imports_of(file):
            top = name.partition(".")[0]
            if top in OURS:
                assert is_within(name, ours), f"{file.relative_to(ROOT)} imports {name}"
            elif top not in sys.stdlib_module_names:
                assert third_party, f"{file.relative_to(ROOT)} imports {name}"


def test_the_rules_touch_nothing_outside():
    found = {(file.name, name) for file in files_of("shared/domain") for name in imports_of(file)}

    assert not {(file, name) for file, name in found if is_within(name, tuple(PURE))}


def test_only_the_house_s_own_rooms_are_in_shared():
    rooms = {path.name for path in (ROOT / "shared").iterdir() if path.name != "__pycache__"}

    assert rooms == {
        *(
            "__init__.py",
            "domain",
            "handlers",
            "flows",
            "adapters",
            "ports",
            "settings.py",
            "outside.py",
            "app.py",
            "composition.py",
        )
    }


def test_there_is_exactly_one_function_app():
    made = [file.name for file in DEPLOYED for name in attributes_of(file) if name.endswith("FunctionApp")]

    assert made == ["function_app.py"]
    assert len((ROOT / "function_app.py").read_text(encoding="utf-8").splitlines()) <= 20


def test_only_composition_reads_the_environment():
    def reads(file: Path) -> bool:
        return bool({"os.environ", "os.getenv", "os.environb"} & (attributes_of(file) | set(imports_of(file))))

    assert [file.name for file in DEPLOYED if reads(file)] == ["composition.py"]


def test_only_the_clock_s_adapter_reads_the_clock():
    reading = [file.name for file in DEPLOYED if CLOCKS & (attributes_of(file) | set(imports_of(file)))]

    assert reading == ["clock.py"]


def test_the_application_does_not_know_that_it_runs_in_functions():
    assert not [file.name for file in files_of("shared") for name in imports_of(file) if "azure.functions" in name]


@pytest.mark.parametrize("name", ["shared", "functions"])
def test_no_dependency_ships_a_package_that_would_hide_ours(name):
    assert name not in packages_distributions()


LOAD = """
import sys
def refuse(event, args):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        raise RuntimeError(event)
sys.addaudithook(refuse)
import function_app
assert [name for name, value in vars(function_app).items() if type(value).__name__ == "FunctionApp"] == ["app"]
heavy = ("msgraph", "azure.identity", "azure.data.tables", "azure.storage.blob", "azure.storage.queue")
heavy += ("aiohttp", "jwt", "cryptography")
print(*[name for name in heavy if name in sys.modules])
"""


def test_loading_the_app_needs_no_settings_opens_nothing_and_imports_no_sdk():
    loaded = subprocess.run(  # noqa: S603 our own text
        [sys.executable, "-c", LOAD], cwd=ROOT, env={}, capture_output=True, text=True, timeout=60, check=False
    )

    assert (loaded.returncode, loaded.stdout.strip()) == (0, ""), loaded.stderr
