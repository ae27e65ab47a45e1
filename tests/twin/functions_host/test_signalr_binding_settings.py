"""How SignalR bindings name their service, and what they read out of an app's output."""

import json

import pytest

from twin.functions_host.expressions import UnresolvedExpressionError, evaluated
from twin.functions_host.signalr_messages import calls_of
from twin.functions_host.signalr_settings import Service, SignalRSettingsError, service_of

BINDING = {"connectionStringSetting": "Feed"}


@pytest.mark.parametrize(
    ("settings", "service"),
    [
        ({"Feed": "Endpoint=https://a.b/;AccessKey=a=b=;Version=1.0;"}, ("https://a.b", "a=b=", None)),
        ({"FEED": "accesskey=k; endpoint=http://localhost; Port=8888;"}, ("http://localhost:8888", "k", None)),
        ({"ConnectionStrings__Feed": "Endpoint=https://a.b;AccessKey=k"}, ("https://a.b", "k", None)),
        ({"Feed": "Endpoint=https://a.b;AuthType=azure.msi;ClientId=7"}, ("https://a.b", None, "7")),
        ({"Feed__serviceUri": "https://a.b/", "Feed__clientId": "7"}, ("https://a.b", None, "7")),
        ({"Feed__serviceUri": "https://a.b", "AZURE_CLIENT_ID": "8"}, ("https://a.b", None, "8")),
        ({"Feed__serviceUri": "https://a.b"}, ("https://a.b", None, None)),
        ({"Feed": "Endpoint=https://a.b;AccessKey=k", "Feed__serviceUri": "https://c.d"}, ("https://a.b", "k", None)),
    ],
)
def test_a_connection_string_goes_before_an_identity(settings, service):
    endpoint, access_key, client_id = service

    assert service_of(BINDING, settings) == Service(endpoint=endpoint, access_key=access_key, client_id=client_id)


def test_without_a_name_it_is_the_documented_default():
    assert service_of({}, {"AzureSignalRConnectionString__serviceUri": "https://a.b"}).endpoint == "https://a.b"


@pytest.mark.parametrize("text", ["", "x", "Endpoint=https://a.b", "Endpoint=a.b;AccessKey=k", "AccessKey=k"])
def test_a_setting_that_can_not_be_used_is_named(text):
    with pytest.raises(SignalRSettingsError, match="Feed"):
        service_of(BINDING, {"Feed": text})


def test_expressions_ignore_case_and_stand_in_text():
    data = {"headers": {"X-User": "ada"}, "room": "7"}

    assert evaluated("%P%-{headers.x-user}-{Room}", {"P": "p"}, data) == "p-ada-7"


@pytest.mark.parametrize("text", ["{headers.absent}", "{absent}", "{room.name}", "%ABSENT%"])
def test_an_expression_without_a_value_is_an_error(text):
    with pytest.raises(ValueError, match=r"property doesn't exist|does not resolve"):
        evaluated(text, {}, {"headers": {}, "room": "7"})
    assert issubclass(UnresolvedExpressionError, ValueError)


@pytest.mark.parametrize(
    ("receiver", "path"),
    [
        ({}, (":send",)),
        ({"userId": "u"}, ("users", "u", ":send")),
        ({"groupName": "g"}, ("groups", "g", ":send")),
        ({"ConnectionId": "c", "userId": "u", "groupName": "g"}, ("connections", "c", ":send")),
        ({"userId": "u", "groupName": "g"}, ("users", "u", ":send")),
        ({"userId": "", "groupName": "g"}, ("groups", "g", ":send")),
    ],
)
def test_a_message_goes_to_the_narrowest_receiver_that_it_names(receiver, path):
    (call,) = calls_of(json.dumps({"target": "t", "arguments": [1], **receiver}))

    assert (call.method, call.path, call.body) == ("POST", path, {"target": "t", "arguments": [1]})
