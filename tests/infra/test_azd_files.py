"""azure.yaml, its hooks, .funcignore and the workflows: what they name exists."""

import ast
import importlib.util
import json
import re
import subprocess

import pathspec
import pytest
import yaml_ft as yaml
from bicep_files import INFRA, MAIN, ROOT, outputs

from infra import entra
from pulse.package import deployed

AZURE_YAML = (ROOT / "azure.yaml").read_text(encoding="utf-8")
CI = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
AZURE_DEV = (ROOT / ".github/workflows/azure-dev.yml").read_text(encoding="utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
AZD_KNOWS = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_SUBSCRIPTION_ID"}
HOOKS = {"preprovision", "postprovision", "postdeploy", "predown"}
DEPLOYED = {
    "function_app.py",
    "functions",
    "host.json",
    "requirements.txt",
    "routes.toml",
    "shared",
    "subscriptions.toml",
    "web",
}
BUILT = ("web/dist/index.html", "web/dist/assets/app-1a2b.js")
LEFT_OUT = (
    ".venv/lib/x.py",
    ".demo/settings.json",
    ".azure/env/.env",
    "local.settings.json",
    "web/node_modules/lit/index.js",
    "twin/azurite/node_modules/x.js",
    "shared/domain/__pycache__/x.cpython-313.pyc",
    "package.zip",
)


def environment_read(source: str) -> set[str]:
    """Names that Python source takes from an environment, or typer for an option."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Subscript(value=ast.Name("environ"), slice=ast.Constant(str(name))):
                names.add(name)
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(str(name)), *_]) if name.isupper():
                names.add(name)
            case ast.keyword(arg="envvar", value=ast.Constant(str(name))):
                names.add(name)
    return names


def test_what_the_hooks_read_is_put_out_or_known_to_azd_or_told_to_the_reader():
    files = [*INFRA.glob("*.py"), *(ROOT / "pulse/commands" / name for name in ("link.py", "doctor.py", "options.py"))]
    files.append(ROOT / "pulse/tear_down.py")
    read = {name for file in files for name in environment_read(file.read_text(encoding="utf-8"))}

    unknown = read - set(outputs(MAIN)) - AZD_KNOWS

    assert {"PARTNER_TOPIC", "KEY_VAULT_URI", "TOPIC_IDENTITY_ID"} <= read
    assert {name for name in unknown if f"`{name}`" not in DEPLOY} == set()


def test_no_output_shadows_what_azure_identity_reads_of_the_deployer():
    assert not {"AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"} & set(outputs(MAIN))


def test_every_variable_of_the_parameters_file_is_known_to_azd_set_by_a_hook_or_told_to_the_reader():
    values = json.loads((INFRA / "main.parameters.json").read_text())["parameters"].values()
    names = {re.match(r"\$\{(\w+)", value["value"])[1] for value in values}

    assert {name for name in names - AZD_KNOWS if f"`{name}`" not in DEPLOY} == set()


def test_the_service_is_the_app():
    assert re.search(r"services:\n  api:\n    project: \.\n    language: python\n    host: function\n", AZURE_YAML)


def test_every_hook_is_there_for_both_shells_and_does_the_same():
    hooks = dict(re.findall(r"^  (\w+): #.*\n((?:    .*\n)+)", AZURE_YAML.partition("hooks:\n")[2], re.MULTILINE))

    assert set(hooks) == HOOKS
    for hook in hooks.values():
        posix, windows = hook.split("    windows:\n")
        assert "shell: sh\n" in posix
        assert "shell: pwsh\n" in windows
        assert re.findall(r"-m ([\w.]+(?: \w+)?)|(pulse link)", posix) == re.findall(
            r"-m ([\w.]+(?: \w+)?)|(pulse link)", windows
        )


def test_every_module_that_a_hook_starts_exists():
    modules = set(re.findall(r"-m ([\w.]+)", AZURE_YAML))

    assert modules == {"pulse.setup", "pulse.tear_down", "infra.entra", "infra.client_state_key"}
    assert all(importlib.util.find_spec(module) for module in modules)


def test_a_wrong_word_for_the_entra_script_is_wrong_usage():
    assert entra.main(["other"], {}) == 2
    assert entra.main(["register"], {}) == 2  # without the azd environment


def test_only_what_the_app_needs_is_deployed_whoever_deploys(tmp_path):
    """`func` and azd leave out what .funcignore names; `make package` takes what it names. Both give one list."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    for name in checkout() | {*BUILT, *LEFT_OUT}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}

    uploaded = {name for name in files if not ignored.match_file(name)}
    packed = {path.relative_to(tmp_path).as_posix() for path in deployed(tmp_path)}

    assert uploaded == packed
    assert set(BUILT) <= packed
    assert {name.partition("/")[0] for name in packed} == DEPLOYED
    assert not packed & set(LEFT_OUT)


def checkout() -> set[str]:
    """Every file of the project that git knows or would take."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in told.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?:tests/\w+|infra/main\.bicep|\.ci/run)", CI))))
def test_every_path_of_the_workflow_exists(path):
    assert (ROOT / path).exists()


def test_the_pipeline_stores_no_secret():
    assert "secrets." not in CI + AZURE_DEV
    assert "id-token: write" in AZURE_DEV


@pytest.mark.parametrize("file", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda file: file.name)
def test_every_file_of_github_is_yaml(file):
    assert isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict)


@pytest.mark.parametrize("workflow", [CI, AZURE_DEV], ids=["ci", "azure-dev"])
def test_a_workflow_has_what_github_demands(workflow):
    """https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax: `on` is read as true."""
    read = yaml.safe_load(workflow)

    assert set(read) <= {"name", True, "permissions", "concurrency", "env", "defaults", "jobs"}
    assert read["permissions"]["contents"] == "read"
    for job in read["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            assert "uses" not in step or re.fullmatch(r"[\w.-]+/[\w./-]+@v\d+", step["uses"])


def test_ci_checks_tests_builds_and_tours():
    jobs = yaml.safe_load(CI)["jobs"]
    said = {name: " ".join(str(step.get("run", "")) for step in job["steps"]) for name, job in jobs.items()}

    assert jobs["smoke"]["strategy"]["matrix"]["os"] == ["windows-latest", "macos-latest"]
    assert ".ci/run" in said["check-and-test"]
    assert "bicep build --file infra/main.bicep" in said["bicep"]
    assert "azure-functions-core-tools@4" in said["real-host"]
    assert "pulse demo --once --json --no-open --host func" in said["real-host"]


def test_dependabot_watches_what_is_pinned():
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]

    folders = {folder for one in updates for folder in one.get("directories", [one.get("directory")])}

    assert {one["package-ecosystem"] for one in updates} == {"pip", "npm", "github-actions"}
    assert all((ROOT / folder.lstrip("/")).is_dir() for folder in folders)
