"""Rejections, dead letters and the purge over HTTP: for operators alone, with plain answers to wrong questions."""

import asyncio
import base64
import json
from collections.abc import Iterator

import azure.functions as func
import pytest
from builders import ADA, ENVIRON, WATCH, FixedClock, mail_event
from fakes import FakeGraph

from functions import dead_letters, rejections
from shared import composition
from shared.adapters.memory import MemoryBlobs, MemoryTables

OPERATOR = {"claims": [{"typ": "oid", "val": ADA}, {"typ": "roles", "val": "Pulse.Operator"}]}
PERSON = {"claims": [{"typ": "oid", "val": ADA}]}
ROUTES = {
    function.get_function_name(): function
    for module in (rejections, dead_letters)
    for function in (builder.build(func.AuthLevel.ANONYMOUS) for builder in module.blueprint._function_builders)
}


@pytest.fixture
def app(tmp_path) -> Iterator[composition.App]:
    """The process's app, over memory."""
    file = tmp_path / "subscriptions.toml"
    file.write_text(WATCH, encoding="utf-8")
    ports = {"tables": MemoryTables(), "blobs": MemoryBlobs(), "graph": FakeGraph(), "clock": FixedClock()}
    letters = MemoryBlobs({"A.json": f"[{mail_event(number=5)}]"})
    built = composition.build({**ENVIRON, "SUBSCRIPTIONS_FILE": str(file)}, **ports, dead_letters=letters)
    with composition.in_place(built):
        yield built


def ask(name: str, *, who: dict | None = OPERATOR, **parts: str) -> tuple[int, dict]:
    """Status and body; `parts` are route parameters and query alike."""
    header = {"x-ms-client-principal": base64.b64encode(json.dumps(who).encode()).decode()} if who else {}
    request = func.HttpRequest("POST", "/", headers=header, params=parts, route_params=parts, body=b"")
    answer = asyncio.run(ROUTES[name].get_user_function()(request))
    return answer.status_code, json.loads(answer.get_body())


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_all_of_it_is_for_operators_alone(app, name):
    assert ask(name, who=None)[0] == 401
    assert ask(name, who=PERSON)[0] == 403


def test_a_rejection_is_listed_shown_and_replayed_on_an_operator_s_word(app):
    asyncio.run(app.receive(mail_event(state="")))
    spec = next(key for key in app.watch.specs if key.startswith("mail~"))

    _, listed = ask("manage_quarantine")
    name = listed["rejections"][0]["id"]

    assert ask("manage_rejection", id=name)[1]["reason"] == "client_state"
    assert ask("manage_rejection_replay", id=name)[1]["done"] is False
    assert ask("manage_rejection_replay", id=name, spec=spec)[1]["done"] is True
    assert ask("manage_quarantine")[1]["rejections"] == []


def test_all_of_a_reason_are_replayed(app):
    asyncio.run(app.receive(mail_event(state="")))

    assert ask("manage_rejections_replay", reason="too_old") == (200, {"replayed": []})
    assert len(ask("manage_rejections_replay", reason="client_state")[1]["replayed"]) == 1


def test_dead_letters_are_listed_shown_and_replayed(app):
    (letter,) = ask("manage_dead_letters")[1]["dead_letters"]

    assert "clientState" not in json.dumps(ask("manage_dead_letter", id=letter["id"])[1])
    assert ask("manage_dead_letter_replay", id=letter["id"])[1]["done"] is True
    assert ask("manage_dead_letters_replay")[1] == {"replayed": []}


@pytest.mark.parametrize(
    ("name", "parts", "status"),
    [
        ("manage_quarantine", {"day": "x"}, 400),
        ("manage_rejections_replay", {"day": "2026"}, 400),
        ("manage_rejection", {"id": "x"}, 404),
        ("manage_rejection_replay", {"id": "20260616.x"}, 404),
        ("manage_event_replay", {"id": "x"}, 404),
        ("manage_dead_letter", {"id": "x.0"}, 404),
        ("manage_dead_letter_replay", {"id": "x"}, 404),
        ("manage_purge", {"user": "ada"}, 400),
        ("manage_purge", {}, 400),
    ],
)
def test_wrong_questions_have_plain_answers(app, name, parts, status):
    found, body = ask(name, **parts)

    assert found == status
    assert set(body["error"]) == {"code", "message"}


def test_a_person_who_is_watched_is_not_purged(app):
    assert ask("manage_purge", user=ADA)[0] == 200
    asyncio.run(app.keep_alive.tick())

    assert ask("manage_purge", user=ADA)[0] == 409
