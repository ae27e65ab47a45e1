from pathlib import Path

import pytest

from pulse import setup
from pulse.progress import StepError, run
from pulse.remedies import UNKNOWN, remedy
from pulse.setup import Step, carry_out
from pulse.stamps import Stamps, digest, sources


def step(root: Path, name: str, done: list[str], *, fails: bool = False) -> Step:
    def act(_label: str) -> None:
        done.append(name)
        if fails:
            raise StepError(["npm", "ci"], "getaddrinfo ENOTFOUND registry")

    return Step(name=name, label=name, inputs=(), made=root, act=act)


def test_a_digest_changes_with_content_names_and_words(tmp_path: Path) -> None:
    file, other = tmp_path / "a.txt", tmp_path / "b.txt"
    file.write_text("one")
    first = digest(root=tmp_path, files=[file])

    file.write_text("two")
    changed = digest(root=tmp_path, files=[file])
    missing = digest(root=tmp_path, files=[file, other])
    with_words = digest(root=tmp_path, files=[file], also=["3.13"])

    assert len({first, changed, missing, with_words}) == 4
    assert digest(root=tmp_path, files=[file]) == changed


def test_a_stamp_holds_until_the_digest_is_another(tmp_path: Path) -> None:
    stamps = Stamps(file=tmp_path / "sub" / "setup.json")

    stamps.write("packages", "abc")
    stamps.write("azurite", "def")

    assert stamps.holds("packages", "abc")
    assert not stamps.holds("packages", "abd")
    assert not stamps.holds("web", "abc")


def test_a_broken_stamp_file_means_that_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text("{")

    assert Stamps(file=tmp_path / "setup.json").read() == {}


def test_sources_leave_out_what_is_built(tmp_path: Path) -> None:
    for name in ("src/app.ts", "node_modules/x/index.js", "dist/app.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")

    assert sources(tmp_path) == [tmp_path / "src" / "app.ts"]


def test_a_failed_step_ends_the_set_up_with_a_remedy_and_no_stamp(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamps, done = Stamps(file=tmp_path / "setup.json"), list[str]()
    steps = [step(tmp_path, "one", done), step(tmp_path, "two", done, fails=True), step(tmp_path, "three", done)]

    code = carry_out(steps, stamps)

    assert (code, done, list(stamps.read())) == (1, ["one", "two"], ["one"])
    assert "No network, or the registry can't be reached" in capsys.readouterr().err


def test_steps_that_are_stamped_are_not_done_again(tmp_path: Path) -> None:
    stamps = Stamps(file=tmp_path / "setup.json")
    one = step(tmp_path, "one", [])

    carry_out([one], stamps)

    assert stamps.holds("one", one.digest)


def test_the_steps_name_every_file_that_they_depend_on() -> None:
    inputs = {path.name for each in setup.steps() for path in each.inputs}

    assert {"bootstrap.txt", "requirements-dev.txt", "pyproject.toml", "package-lock.json"} <= inputs


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("npm error code ENOSPC", "disk is full"),
        ("ERROR: Could not find a version (from versions: none)", "No network"),
        ("Error: [SSL: CERTIFICATE_VERIFY_FAILED]", "SSL_CERT_FILE"),
        ("The virtual environment was not created because ensurepip is not available", "python3.13-venv"),
        ("PermissionError: [Errno 13] Permission denied: '.venv'", "No right to write"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was pinned"),
    ],
)
def test_each_known_failure_has_its_remedy(printed: str, words: str) -> None:
    assert words in remedy(printed)


def test_an_unknown_failure_has_an_answer_too() -> None:
    assert remedy("boom") == UNKNOWN


def test_a_command_that_fails_gives_what_it_printed(tmp_path: Path) -> None:
    import sys

    with pytest.raises(StepError) as failed:
        run([sys.executable, "-c", "import sys; print('why'); sys.exit(3)"], cwd=tmp_path, env={})

    assert failed.value.printed == "why\n"


def test_a_command_that_does_not_exist_is_a_failed_step(tmp_path: Path) -> None:
    with pytest.raises(StepError, match="failed"):
        run([str(tmp_path / "nothing")], cwd=tmp_path, env={})
