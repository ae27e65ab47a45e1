"""azure.yaml, its hooks, .funcignore and the workflows: what they name exists."""

import ast
import fnmatch
import importlib.util
import json
import re

import pytest
from bicep_files import INFRA, MAIN, ROOT, outputs

from infra import entra

AZURE_YAML = (ROOT / "azure.yaml").read_text(encoding="utf-8")
CI = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
AZURE_DEV = (ROOT / ".github/workflows/azure-dev.yml").read_text(encoding="utf-8")
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
AZD_KNOWS = {"AZURE_ENV_NAME", "AZURE_LOCATION", "AZURE_PRINCIPAL_ID", "AZURE_SUBSCRIPTION_ID"}
HOOKS = {"preprovision", "postprovision", "postdeploy", "predown"}
DEPLOYED = {"function_app.py", "functions", "host.json", "requirements.txt", "shared", "subscriptions.toml"}


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
    files = [*INFRA.glob("*.py"), ROOT / "pulse/commands/link.py", ROOT / "pulse/commands/options.py"]
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

    assert modules == {"pulse.setup", "infra.entra", "infra.client_state_key"}
    assert all(importlib.util.find_spec(module) for module in modules)


def test_a_wrong_word_for_the_entra_script_is_wrong_usage():
    assert entra.main(["other"], {}) == 2
    assert entra.main(["register"], {}) == 2  # without the azd environment


def test_only_what_the_app_needs_is_deployed():
    patterns = [line for line in (ROOT / ".funcignore").read_text().splitlines() if line and line[0] != "#"]

    def is_kept(name: str) -> bool:
        return not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

    assert all(map(is_kept, DEPLOYED))
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and is_kept(path.name)}
    assert {name for name in folders if not name.startswith(".")} == {"functions", "shared"}
    assert not any(map(is_kept, [".venv", ".git", ".demo", ".azure", "local.settings.json", "node_modules"]))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"(?:tests/\w+|infra/main\.bicep|\.ci/run)", CI))))
def test_every_path_of_the_workflow_exists(path):
    assert (ROOT / path).exists()


def test_the_pipeline_stores_no_secret():
    assert "secrets." not in CI + AZURE_DEV
    assert "id-token: write" in AZURE_DEV
