"""The delta query of a mail folder: https://learn.microsoft.com/graph/api/message-delta."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.graph.callers import READ_MAIL
from twin.graph.calls import Answer, Call, Routes
from twin.graph.delta import Place, chosen
from twin.graph.errors import GraphError
from twin.graph.mail import Mailbox, Message, Trace
from twin.graph.mail_routes import mailbox_of
from twin.graph.mail_view import View, shown, view_of
from twin.graph.odata import delta_answer, delta_page, refuse_options, select

if TYPE_CHECKING:
    from twin.graph.tenant import Graph

routes = Routes()

DELTA_OPTIONS = ("$select", "$top", "$skiptoken", "$deltatoken")


@routes("GET", "users/{}/mailFolders/{}/messages/delta")
def delta(graph: "Graph", call: Call, user_id: str, folder: str) -> Answer:
    user, mailbox = mailbox_of(graph, call, user_id, READ_MAIL)
    refuse_options(call, DELTA_OPTIONS)
    place = _place(graph, call, f"{user.id}/{mailbox.folder_id(folder)}")
    if not place.rows and "$skiptoken" not in call.query:
        place = _round(mailbox, mailbox.folder_id(folder), place, view=view_of(call))
    page = delta_page(graph.delta, call, place, default=10, empty_pages=graph.world.switches.empty_delta_pages)
    return delta_answer(call, "Collection(message)", page)


def _place(graph: "Graph", call: Call, scope: str) -> Place:
    token = call.query.get("$skiptoken") or call.query.get("$deltatoken")
    if not token:
        wanted = tuple(call.query["changeType"].lower().split(",")) if "changeType" in call.query else ()
        top = call.query.get("$top", "")
        size = int(top) if top.isdigit() else 0
        return Place(scope=scope, until=0, select=select(call), change_types=wanted, page_size=size)
    place = graph.delta.place(token, scope)
    if place is None:
        status = graph.world.switches.mail_sync_lost_status
        raise GraphError(status, "syncStateNotFound", "The sync state generation is not found; full sync required.")
    return place


def _round(mailbox: Mailbox, folder_id: str, place: Place, *, view: View) -> Place:
    """All that changed in the folder after `place`, oldest first; a first round tells of no deletions."""
    changed: list[Message | Trace] = [
        message
        for message in mailbox.messages.values()
        if message.folder_id == folder_id and message.version > place.until
    ]
    if place.until:
        changed += [
            trace
            for trace in mailbox.traces
            if trace.folder_id == folder_id and trace.version > place.until and not _is_back(mailbox, trace)
        ]
    wanted = [row for row in changed if not place.change_types or _change_type(row, place) in place.change_types]
    rows = [partial(_row, row, place.select, view) for row in sorted(wanted, key=lambda row: row.version)]
    return replace(place, until=mailbox.version, rows=tuple(rows))


def _is_back(mailbox: Mailbox, trace: Trace) -> bool:
    message = mailbox.messages.get(trace.message_id)
    return message is not None and message.folder_id == trace.folder_id


def _change_type(row: Message | Trace, place: Place) -> str:
    if isinstance(row, Trace):
        return "deleted"
    return "created" if row.born > place.until else "updated"


def _row(row: Message | Trace, wanted: tuple[str, ...], view: View) -> dict[str, Any]:
    if isinstance(row, Trace):
        return {"@odata.type": "#microsoft.graph.message", "id": row.message_id, "@removed": {"reason": "deleted"}}
    return {"@odata.type": "#microsoft.graph.message"} | chosen(shown(row, view), wanted)
