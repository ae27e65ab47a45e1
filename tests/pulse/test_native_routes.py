from pathlib import Path

import pytest

from pulse.errors import PulseError
from pulse.native_routes import NativeRoute, read_native_routes

GROUP = "/subscriptions/s/resourceGroups/g/providers"


def route(resource_id: str = "", *, types: tuple[str, ...] = (), resource: str = "*") -> NativeRoute:
    return NativeRoute(name="r", resource_id=resource_id, types=types, resource=resource)


@pytest.mark.parametrize(
    ("resource_id", "kind"),
    [
        (f"{GROUP}/Microsoft.Web/sites/a/functions/f", "AzureFunction"),
        (f"{GROUP}/Microsoft.EventHub/namespaces/n/eventhubs/h", "EventHub"),
        (f"{GROUP}/Microsoft.ServiceBus/namespaces/n/queues/q", "ServiceBusQueue"),
        (f"{GROUP}/Microsoft.ServiceBus/namespaces/n/topics/t", "ServiceBusTopic"),
        (f"{GROUP}/Microsoft.EventGrid/namespaces/n/topics/t", "NamespaceTopic"),
        (f"{GROUP}/Microsoft.Storage/storageAccounts/a/queueServices/default/queues/q", "StorageQueue"),
    ],
)
def test_the_resource_id_says_what_kind_of_destination_it_is(resource_id: str, kind: str) -> None:
    made = route(resource_id).event_subscription(None)

    assert made.destination.endpoint_type == kind


def test_a_storage_queue_is_named_by_its_account_and_its_name() -> None:
    made = route(f"{GROUP}/Microsoft.Storage/storageAccounts/a/queueServices/default/queues/q").event_subscription(None)

    assert made.destination.resource_id == f"{GROUP}/Microsoft.Storage/storageAccounts/a"
    assert made.destination.queue_name == "q"


def test_globs_become_filters_that_ignore_case() -> None:
    function = f"{GROUP}/Microsoft.Web/sites/a/functions/f"
    whole = route(function, types=("A", "B"), resource="users/*").event_subscription(None)
    starts = route(function, types=("A*",), resource="*/messages").event_subscription(None)

    assert whole.filter.advanced_filters[0].operator_type == "StringIn"
    assert whole.filter.subject_begins_with == "users/"
    assert starts.filter.advanced_filters[0].values == ["A"]
    assert starts.filter.subject_ends_with == "/messages"


@pytest.mark.parametrize(
    "wrong",
    [
        route("/x/providers/Microsoft.Nothing/y/z"),
        route(f"{GROUP}/Microsoft.Web/sites/a/functions/f", types=("A", "B*")),
        route(f"{GROUP}/Microsoft.Web/sites/a/functions/f", types=("*A*",)),
        route(f"{GROUP}/Microsoft.Web/sites/a/functions/f", resource="users/*/messages/*"),
    ],
)
def test_what_event_grid_cannot_say_is_refused(wrong: NativeRoute) -> None:
    with pytest.raises(PulseError, match="route r"):
        wrong.event_subscription(None)


def test_change_types_are_refused_for_they_stand_under_names_of_differing_case(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    file.write_text('[[route]]\nname = "r"\nto = "event-subscription:x"\nchange_types = ["created"]\n')

    with pytest.raises(PulseError, match="change_types"):
        read_native_routes(file)


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert read_native_routes(tmp_path / "routes.toml") == []
