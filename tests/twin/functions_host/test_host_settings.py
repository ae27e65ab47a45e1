"""local.settings.json and host.json."""

import json
import logging

import pytest

from twin.functions_host.settings import HostJson, SettingsError, load_host_json, load_settings


def test_the_environment_wins_over_the_file(tmp_path):
    file = _write(tmp_path / "s.json", {"IsEncrypted": False, "Values": {"A": "file", "B": "file"}})
    environ = {"A": "environment"}

    load_settings(file, environ)

    assert environ == {"A": "environment", "B": "file"}


@pytest.mark.parametrize("content", [{"Values": {"A": 1}}, {"Values": []}, {"IsEncrypted": True}, [], None])
def test_settings_that_can_not_be_used_are_named(tmp_path, content):
    file = _write(tmp_path / "s.json", content) if content is not None else tmp_path / "absent.json"

    with pytest.raises(SettingsError, match=file.name):
        load_settings(file, {})


def test_host_json_has_the_defaults_of_the_real_host(tmp_path):
    _write(tmp_path / "host.json", {"version": "2.0"})

    assert load_host_json(tmp_path) == HostJson(route_prefix="api", log_level=logging.INFO)


def test_host_json_sets_the_route_prefix_and_the_log_level(tmp_path):
    content = {"extensions": {"http": {"routePrefix": "/v1/"}}, "logging": {"logLevel": {"default": "Warning"}}}
    _write(tmp_path / "host.json", {"version": "2.0"} | content)

    assert load_host_json(tmp_path) == HostJson(route_prefix="v1", log_level=logging.WARNING)


@pytest.mark.parametrize("content", [{}, {"version": "2.0", "logging": {"logLevel": {"default": "loud"}}}])
def test_a_host_json_that_can_not_be_used_is_named(tmp_path, content):
    _write(tmp_path / "host.json", content)

    with pytest.raises(SettingsError, match=r"host\.json"):
        load_host_json(tmp_path)


def _write(file, content):
    file.write_text(json.dumps(content))
    return file
