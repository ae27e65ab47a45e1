"""The host as a process: how it starts, says so, and ends."""

import json
import signal
import socket
import threading

import httpx
import pytest

APP = """
import asyncio
import os
import pathlib

import azure.functions as func

app = func.FunctionApp()
started = asyncio.Event()


@app.route(route="slow")
async def slow(req: func.HttpRequest) -> str:
    started.set()
    await asyncio.sleep(0.3)  # a running invocation
    return "done"


@app.route(route="started")
async def has_started(req: func.HttpRequest) -> str:
    await started.wait()
    return "yes"


@app.route(route="setting/{name}")
async def setting(req: func.HttpRequest) -> str:
    return os.environ.get(req.route_params["name"], "")


@app.route(route="folder")
async def folder(req: func.HttpRequest) -> str:
    return str(pathlib.Path.cwd())
"""


@pytest.fixture(scope="module")
def app(hosts):
    return hosts.app(APP)


def test_settings_are_there_before_the_app_and_the_environment_wins(hosts, app, tmp_path):
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps({"Values": {"FROM_FILE": "file", "FROM_BOTH": "file"}}))

    host = hosts.start(app, "--settings", str(file), FROM_BOTH="environment")

    assert host.http.get("/setting/FROM_FILE").text == "file"
    assert host.http.get("/setting/FROM_BOTH").text == "environment"
    assert host.http.get("/setting/CLOCK").text == "twin.clocks:process_clock"
    assert host.http.get("/setting/WEBSITE_HOSTNAME").text == f"localhost:{host.port}"
    assert host.http.get("/folder").text == str(app)


def test_readiness_names_the_functions(hosts, app):
    host = hosts.start(app)

    assert host.ready["ready"] is True
    assert host.ready["functions"] == ["slow", "has_started", "setting", "folder"]


def test_a_killed_host_starts_again_on_its_port(hosts, app):
    first = hosts.start(app)
    first.http.get("/folder")
    first.process.kill()
    first.process.wait()

    second = hosts.start(app, port=first.port)

    assert second.http.get("/folder").status_code == 200


def test_sigterm_lets_running_invocations_end(hosts, app):
    host = hosts.start(app)
    answers = []
    slow = threading.Thread(
        target=lambda: answers.append(httpx.get(f"http://127.0.0.1:{host.port}/slow", timeout=20).text)
    )
    slow.start()
    host.http.get("/started")

    host.process.send_signal(signal.SIGTERM)

    slow.join()
    assert answers == ["done"]
    assert host.process.wait() == 0


def test_an_app_that_can_not_be_imported_ends_the_host_with_its_message_and_stack(hosts, run_to_its_end):
    status, stderr = run_to_its_end(hosts.app("import no_such_module\n"), "--port", "0")

    assert status == 1
    assert "ModuleNotFoundError: No module named 'no_such_module'" in stderr
    assert "function_app.py" in stderr


def test_a_function_that_does_not_fit_its_bindings_ends_the_host(hosts, run_to_its_end):
    code = (
        "import azure.functions as func\napp = func.FunctionApp()\n"
        "@app.event_grid_trigger(arg_name='event')\nasync def receive(other: str) -> None: ...\n"
    )

    status, stderr = run_to_its_end(hosts.app(code), "--port", "0")

    assert status == 1
    assert "receive" in stderr


def test_a_taken_port_is_named_on_one_line(hosts, app, run_to_its_end):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, stderr = run_to_its_end(app, "--port", str(port))

    assert status == 1
    assert len(stderr.splitlines()) == 1
    assert str(port) in stderr
    assert "--port-base" in stderr


def test_a_folder_without_an_app_is_named(hosts, run_to_its_end):
    app = hosts.app("")
    (app / "function_app.py").unlink()

    status, stderr = run_to_its_end(app, "--port", "0")

    assert status == 1
    assert "function_app.py does not exist" in stderr


def test_authentication_without_its_settings_ends_the_host_and_names_them_all(app, run_to_its_end):
    status, stderr = run_to_its_end(app, "--port", "0", WEBSITE_AUTH_ENABLED="True")

    assert status == 1
    for name in ("AZURE_TENANT_ID", "WEBSITE_AUTH_CLIENT_ID", "--entra"):
        assert name in stderr
