"""Mail folders and messages: https://learn.microsoft.com/graph/api/resources/mail-api-overview."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from twin.graph.callers import READ_MAIL, WRITE_MAIL, demand
from twin.graph.calls import Action, Answer, Call, Routes
from twin.graph.delta import chosen
from twin.graph.directory import User
from twin.graph.errors import bad_request, item_not_found
from twin.graph.mail import WELL_KNOWN, Mailbox, Message
from twin.graph.mail_body import read_message
from twin.graph.mail_query import asked_for
from twin.graph.mail_view import shown, view_of
from twin.graph.odata import collection, entity, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

LIST_OPTIONS = ("$select", "$top", "$skip", "$orderby", "$filter", "$expand", "$count")


def on_message(routes: Routes, method: str, action: str = "") -> Callable[[Action], Action]:
    """Both paths by which a message is reached: through the mailbox, and through its folder."""

    def keep(act: Action) -> Action:
        for path in ("users/{}/messages/{}", "users/{}/mailFolders/{}/messages/{}"):
            routes(method, f"{path}/{action}" if action else path)(act)
        return act

    return keep


@routes("GET", "users/{}/mailFolders")
def list_folders(graph: "Graph", call: Call, user_id: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, ("$select", "$top", "$skip", "$count"))
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


@on_message(routes, "GET")
def get(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, ("$select", "$expand"))
    row = shown(message_of(mailbox, keys), view_of(call))
    return entity(call, path_of(user), chosen(row, select(call)))


@on_message(routes, "PATCH")
def update(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    message = message_of(mailbox, keys)
    written = read_message(call.json(), is_draft=message.is_draft)
    graph.update_message(user, message, written.content, extended=written.extended)
    return one(call, user, message)


@on_message(routes, "DELETE")
def delete(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    graph.delete_message(user, message_of(mailbox, keys))
    return Answer(204)


@on_message(routes, "POST", "move")
def move(graph: "Graph", call: Call, user_id: str, *keys: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    message, destination = message_of(mailbox, keys), call.parameters().get("destinationid")
    if not isinstance(destination, str):
        raise bad_request("destinationId is required.", "ErrorInvalidRequest")
    graph.move_message(user, message, destination, keep_id=call.prefers_immutable_ids)
    return one(call, user, message, status=201)


def mailbox_of(graph: "Graph", call: Call, user_id: str, wanted: tuple[str, ...]) -> tuple[User, Mailbox]:
    demand(call.caller, wanted)
    user = graph.directory.get(user_id)
    demand(call.caller, wanted, mailbox=user.id)
    return user, graph.mailboxes[user.id]


def message_of(mailbox: Mailbox, keys: tuple[str, ...]) -> Message:
    """`keys` are (message,) or (folder, message)."""
    message = mailbox.get(keys[-1])
    if len(keys) == 2 and message.folder_id != mailbox.folder_id(keys[0]):
        raise item_not_found()
    return message


def one(call: Call, user: User, message: Message, *, status: int = 200) -> Answer:
    return entity(call, path_of(user), shown(message, view_of(call)), status=status)


def path_of(user: User) -> str:
    return f"users('{user.id}')/messages"


def _list(graph: "Graph", call: Call, user_id: str, folder: str | None) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, LIST_OPTIONS)
    rows = asked_for(call, mailbox.held(mailbox.folder_id(folder) if folder else None))
    return collection(call, path_of(user), rows, render=partial(shown, view=view_of(call)), default=10, most=1000)


def _create(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, WRITE_MAIL)
    mailbox.folder_id(folder)
    written = read_message(call.json())
    content = {"isRead": True} | written.content  # one's own draft is read
    message = graph.create_message(user, content, folder=folder, is_draft=True, extended=written.extended)
    return one(call, user, message, status=201)
