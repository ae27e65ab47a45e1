"""docs/operate.md has a section for each alert, and no section for one that is not there."""

import json
import re

import pytest
from bicep_files import INFRA, ROOT

from pulse.commands import deadletters, events, quarantine, subscriptions
from pulse.topic_watch import RULES

OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
ALERTS = (INFRA / "app" / "alerts.bicep").read_text(encoding="utf-8")
DOCS = sorted((ROOT / "docs").glob("*.md"))


def sections() -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", OPERATE, flags=re.MULTILINE)
    return {title.strip(): body.strip() for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def alerts() -> set[str]:
    return set(re.findall(r"^    name: '([a-z-]+)'\n    severity:", ALERTS, re.MULTILINE))


def test_each_alert_has_its_section_and_each_section_its_alert():
    headings = {title for title in sections() if re.fullmatch(r"[a-z-]+", title)}

    assert len(alerts()) >= 11
    assert headings == alerts() | set(RULES)


@pytest.mark.parametrize("name", sorted(alerts() | set(RULES)))
def test_a_section_says_more_than_its_name(name):
    assert len(sections()[name].split()) >= 10


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_file_and_page_that_a_page_names_exists(file):
    named = re.findall(
        r"(?<![\w/.])((?:docs|infra|shared|tests|twin)/[\w./-]+\.(?:md|py|bicep|toml|json))", file.read_text()
    )

    assert {name for name in named if not (ROOT / name).exists()} <= {"docs/webhooks.md"}


def test_every_command_that_the_runbook_names_exists():
    groups = {"subscriptions": subscriptions, "quarantine": quarantine, "deadletters": deadletters, "events": events}
    known = {
        (group, command.name or command.callback.__name__.strip("_"))
        for group, module in groups.items()
        for command in module.group.registered_commands
    }

    asked = set(
        re.findall(
            r"`pulse (subscriptions|quarantine|deadletters|events) ([a-z]+)", "".join(f.read_text() for f in DOCS)
        )
    )

    assert asked
    assert asked <= known


def test_the_retention_that_is_told_is_the_one_that_is_set():
    security = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    main = (INFRA / "main.bicep").read_text(encoding="utf-8")
    monitoring = (INFRA / "app" / "monitoring.bicep").read_text(encoding="utf-8")

    from shared.domain.journal.log_layout import KEPT_DAYS
    from shared.domain.journal.retention import QUARANTINE_DAYS

    assert f"| {KEPT_DAYS} days, then the whole table is dropped |" in security
    assert f"the reason, an imprint | {QUARANTINE_DAYS} days |" in security
    assert "keptDays: 30" in main
    assert "retentionInDays: 30" in monitoring
    assert json.loads((INFRA / "app" / "workbook.json").read_text())["items"]
