"""Mail folders and messages: https://learn.microsoft.com/graph/api/resources/mail-api-overview."""

from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_BODIES, READ_MAIL, WRITE_MAIL, demand
from twin.graph.calls import Answer, Call, Routes, check_unknown
from twin.graph.delta import chosen
from twin.graph.directory import User
from twin.graph.errors import bad_request, item_not_found
from twin.graph.mail import WELL_KNOWN, WRITABLE, Mailbox, Message
from twin.graph.odata import collection, entity, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

LIST_OPTIONS = ("$select", "$top", "$skip", "$orderby", "$count")


@routes("GET", "users/{}/mailFolders")
def list_folders(graph: "Graph", call: Call, user_id: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, LIST_OPTIONS)
    path = f"users('{user.id}')/mailFolders"
    return collection(call, path, list(WELL_KNOWN), render=mailbox.folder_json, default=10, most=1000)


@routes("GET", "users/{}/mailFolders/{}")
def get_folder(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    folder_id = mailbox.folder_id(folder)
    name = next(name for name, its_id in mailbox.folders.items() if its_id == folder_id)
    return entity(call, f"users('{user.id}')/mailFolders", mailbox.folder_json(name))


@routes("GET", "users/{}/messages")
def list_all(graph: "Graph", call: Call, user_id: str) -> Answer:
    return _list(graph, call, user_id, None)


@routes("GET", "users/{}/mailFolders/{}/messages")
def list_in_folder(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    return _list(graph, call, user_id, folder)


@routes("POST", "users/{}/messages")
def create_draft(graph: "Graph", call: Call, user_id: str) -> Answer:
    return _create(graph, call, user_id, "drafts")


@routes("POST", "users/{}/mailFolders/{}/messages")
def create_in_folder(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    return _create(graph, call, user_id, folder)


@routes("GET", "users/{}/messages/{}")
@routes("GET", "users/{}/mailFolders/{}/messages/{}")
def get(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    row = shown(_message(mailbox, keys), with_body=call.caller.may(READ_BODIES))
    return entity(call, _messages(user), chosen(row, select(call)))


@routes("PATCH", "users/{}/messages/{}")
@routes("PATCH", "users/{}/mailFolders/{}/messages/{}")
def update(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    message = _message(mailbox, keys)
    check_unknown(call.json(), WRITABLE)
    graph.update_message(user, message, _plain(call.json()))
    return entity(call, _messages(user), message.as_json())


@routes("DELETE", "users/{}/messages/{}")
@routes("DELETE", "users/{}/mailFolders/{}/messages/{}")
def delete(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    graph.delete_message(user, _message(mailbox, keys))
    return Answer(204)


@routes("POST", "users/{}/messages/{}/move")
@routes("POST", "users/{}/mailFolders/{}/messages/{}/move")
def move(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    parameters = {name.lower(): value for name, value in call.json().items()}  # msgraph-sdk writes DestinationId
    message, destination = _message(mailbox, keys), parameters.get("destinationid")
    if not isinstance(destination, str):
        raise bad_request("destinationId is required.", "ErrorInvalidRequest")
    graph.move_message(user, message, destination)
    return entity(call, _messages(user), message.as_json(), status=201)


def mailbox_of(graph: "Graph", call: Call, user_id: str, wanted: tuple[str, ...]) -> tuple[User, Mailbox]:
    demand(call.caller, wanted)
    user = graph.directory.get(user_id)
    demand(call.caller, wanted, mailbox=user.id)
    return user, graph.mailboxes[user.id]


def _message(mailbox: Mailbox, keys: tuple[str, ...]) -> Message:
    """`keys` are (message,) or (folder, message)."""
    message = mailbox.get(keys[-1])
    if len(keys) == 2 and message.folder_id != mailbox.folder_id(keys[0]):
        raise item_not_found()
    return message


def _list(graph: "Graph", call: Call, user_id: str, folder: str | None) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, LIST_OPTIONS)
    if call.query.get("$orderby", "receivedDateTime desc").lower() != "receiveddatetime desc":
        raise bad_request("$orderby: this local cloud knows receivedDateTime desc only.")
    rows = mailbox.newest_first(mailbox.folder_id(folder) if folder else None)
    render = partial(shown, with_body=call.caller.may(READ_BODIES))
    return collection(call, _messages(user), rows, render=render, default=10, most=1000)


def _create(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    mailbox.folder_id(folder)
    check_unknown(call.json(), WRITABLE)
    message = graph.create_message(user, _plain(call.json()), folder=folder, is_draft=True)
    return entity(call, _messages(user), message.as_json(), status=201)


def shown(message: Message, *, with_body: bool) -> dict[str, Any]:
    """Mail.ReadBasic shows neither body nor preview."""
    hidden = () if with_body else ("body", "bodyPreview")
    return {name: value for name, value in message.as_json().items() if name not in hidden}


def _messages(user: User) -> str:
    return f"users('{user.id}')/messages"


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not name.startswith("@")}
