"""What can be watched, against documented facts that were gathered on their own (resource_facts.json, 2026-11)."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.catch_up.delta import DELTAS, places_of
from shared.domain.watching.resource import QUOTAS
from shared.domain.watching.resources import RESOURCES, resource_of, similar_path

FACTS = json.loads(Path(__file__).with_name("resource_facts.json").read_text(encoding="utf-8"))


def paths_of(pattern: str) -> list[str]:
    """The documented paths of an app on its own, with ids in place of braces."""
    paths = []
    for text in pattern.split(" | "):
        choices = re.search(r"\{(\w+(?:\|\w+)+)\}", text)
        options = choices[1].split("|") if choices else [""]
        paths += [text.replace(choices[0], option) if choices else text for option in options]
    filled = [
        re.sub(r"\{[^}]*\}", "X", path).replace("...", "id eq 'x/y'").replace("'..'", "'https://t/x'") for path in paths
    ]
    return [re.sub(r"^me/", "users/X/", path) for path in filled]


DOCUMENTED = [(path, fact) for fact in FACTS for path in paths_of(fact["resource_pattern"])]


@pytest.mark.parametrize(("path", "fact"), DOCUMENTED, ids=[path for path, _ in DOCUMENTED])
def test_the_table_says_what_is_documented(path, fact):
    known = resource_of(path)

    assert known is not None
    assert known.max_minutes == fact.get("observed_max_minutes", fact["max_minutes"])
    assert known.event_grid == fact["event_grid"]
    assert known.change_types == tuple(fact.get("change_types_supported", ("created", "updated", "deleted")))
    assert [known.application, known.delegated] == [
        None if fact[whose] is None else tuple(fact[whose])
        for whose in ("application_permission", "delegated_permission")
    ]
    assert dict(known.quota) == fact.get("quota", {})
    assert known.lifecycle == tuple(fact["lifecycle"])
    assert known.lifecycle_url_over_minutes == fact.get("lifecycle_url_required_over_minutes", 0)
    assert bool(known.rich_max_minutes) == fact["rich"]
    assert not fact.get("rich_max_minutes") or known.rich_max_minutes == fact["rich_max_minutes"]
    assert known.rich_required == fact.get("rich_required", False)


def test_no_row_goes_beyond_what_is_documented():
    assert {id(resource_of(path)) for path, _ in DOCUMENTED} == {id(known) for known in RESOURCES}
    assert len(FACTS) == 27


@pytest.mark.parametrize("known", RESOURCES, ids=lambda known: known.paths[0])
def test_less_is_asked_for_than_the_cap(known):
    assert timedelta(minutes=45) <= known.lifetime < timedelta(minutes=known.max_minutes)


def test_every_quota_says_what_it_counts():
    assert {name for known in RESOURCES for name in known.quota} <= set(QUOTAS)


def test_what_delta_reads_of_a_resource_is_known():
    for known in RESOURCES:
        for path in known.paths if known.delta else ():
            assert known.delta in DELTAS
            assert places_of(path.replace("{", "").replace("}", "")), path


@pytest.mark.parametrize(
    ("path", "same_as"),
    [
        ("/users/X/messages/", "users/{user}/messages"),
        ("Users/X/MailFolders('Inbox')/Messages", "users/X/mailFolders/inbox/messages"),
        ("TEAMS/GETALLMESSAGES", "teams/getAllMessages"),
    ],
)
def test_every_spelling_of_a_path_is_the_same_resource(path, same_as):
    assert resource_of(path) is resource_of(same_as)
    assert resource_of(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "user",
        "users/a/b/c",
        "me/messages",
        "users/X/messages?$filter=x",
        "security/alerts?$select=x",
        "chats//messages",
    ],
)
def test_what_graph_does_not_document_is_no_resource(path):
    assert resource_of(path) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("users/{user}/mesages", "users/{user}/messages"),
        ("users/{user}/mailfolder/inbox/messages", "users/{user}/mailFolders/inbox/messages"),
        ("user", "users"),
        ("security/alert?$filter=a eq 'b/c'", "security/alerts?$filter=a eq 'b/c'"),
        ("teams/getAllMesages", "teams/getAllMessages"),
        ("users/{user}/todo/list/L/tasks", "users/{user}/todo/lists/L/tasks"),
        ("invoices", None),
        ("", None),
    ],
)
def test_a_near_miss_is_told_what_was_probably_meant(written, meant):
    assert similar_path(written) == meant
