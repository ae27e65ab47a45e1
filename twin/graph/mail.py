"""Mailboxes: folders and messages, their ids, versions and traces of deletion. The tenant announces the changes."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.graph import ids
from twin.graph.errors import item_not_found
from twin.graph.extended_properties import Extended

WELL_KNOWN = {
    "inbox": "Inbox",
    "sentitems": "Sent Items",
    "drafts": "Drafts",
    "archive": "Archive",
    "deleteditems": "Deleted Items",
}


@dataclass(slots=True, kw_only=True)
class Message:
    """`version` orders all changes of its mailbox; `change_key` is the same as events and entities carry it."""

    id: str
    folder_id: str
    content: dict[str, Any]  # the properties that callers may write
    received_at: datetime
    changed_at: datetime
    is_draft: bool
    conversation_id: str
    extended: Extended = field(default_factory=dict)
    internet_id: str = field(default_factory=lambda: f"<{ids.guid()}@contoso.example>")
    change_key: str = ""
    version: int = 0
    born: int = 0  # the version with which it came into its folder

    @property
    def etag(self) -> str:
        return ids.etag(self.change_key)

    @property
    def internet_message_id(self) -> str:
        return self.content.get("internetMessageId") or self.internet_id

    def as_json(self) -> dict[str, Any]:
        """Without extended properties; `mail_view` shows it as callers prefer."""
        body = self.content.get("body") or {"contentType": "text", "content": ""}
        return {
            "@odata.etag": self.etag,
            "id": self.id,
            "createdDateTime": ids.whole_seconds(self.received_at),
            "lastModifiedDateTime": ids.whole_seconds(self.changed_at),
            "changeKey": self.change_key,
            "receivedDateTime": ids.whole_seconds(self.received_at),
            "sentDateTime": ids.whole_seconds(self.received_at),
            "hasAttachments": False,
            "internetMessageId": self.internet_message_id,
            "bodyPreview": str(body.get("content", ""))[:255],
            "parentFolderId": self.folder_id,
            "conversationId": self.conversation_id,
            "isDraft": self.is_draft,
            "webLink": f"https://outlook.office365.com/owa/?ItemID={self.id}&viewmodel=ReadMessageItem",
            **_defaults(),
            **self.content,
            "body": body,
        }


@dataclass(frozen=True, slots=True)
class Trace:
    """A message that left a folder, for delta."""

    message_id: str
    folder_id: str
    version: int


@dataclass(slots=True)
class Mailbox:
    folders: dict[str, str] = field(default_factory=lambda: {name: ids.folder_id() for name in WELL_KNOWN})
    root_id: str = field(default_factory=ids.folder_id)
    messages: dict[str, Message] = field(default_factory=dict)
    traces: deque[Trace] = field(default_factory=lambda: deque(maxlen=100_000))
    version: int = 1  # 0 is where a reader stands who has read nothing

    def folder_id(self, name: str) -> str:
        """From a well-known name or an id. GraphError 404 where there is no such folder."""
        if found := self.folders.get(name.lower()):
            return found
        if name in self.folders.values():
            return name
        raise item_not_found()

    def get(self, message_id: str) -> Message:
        if message_id not in self.messages:
            raise item_not_found()
        return self.messages[message_id]

    def add(
        self,
        content: dict[str, Any],
        *,
        folder: str,
        at: datetime,
        is_draft: bool = False,
        extended: Extended | None = None,
        conversation_id: str | None = None,
    ) -> Message:
        message = Message(
            id=ids.message_id(),
            folder_id=self.folder_id(folder),
            content=content,
            received_at=at,
            changed_at=at,
            is_draft=is_draft,
            conversation_id=conversation_id or ids.folder_id(),
            extended=extended or {},
        )
        self.messages[message.id] = message
        self.stamp(message, at)
        message.born = message.version
        return message

    def move(self, message: Message, folder_id: str, *, at: datetime, keep_id: bool) -> None:
        """To another folder; under a new id where the caller's ids are not immutable."""
        left = Trace(message.id, message.folder_id, self.version + 1)
        if not keep_id:
            del self.messages[message.id]
            message.id = ids.message_id()
            self.messages[message.id] = message
        message.folder_id = folder_id
        self.stamp(message, at)
        message.born = message.version
        self.traces.append(left)

    def remove(self, message: Message, *, at: datetime) -> None:
        self.stamp(message, at)  # the deletion is a version of its own
        del self.messages[message.id]
        self.traces.append(Trace(message.id, message.folder_id, message.version))

    def stamp(self, message: Message, at: datetime) -> None:
        self.version += 1
        message.version, message.change_key, message.changed_at = self.version, ids.change_key(), at

    def held(self, folder_id: str | None = None) -> list[Message]:
        """Of one folder, or of all."""
        return [message for message in self.messages.values() if folder_id in (None, message.folder_id)]

    def folder_json(self, name: str) -> dict[str, Any]:
        folder_id = self.folders[name]
        held = self.held(folder_id)
        return {
            "id": folder_id,
            "displayName": WELL_KNOWN[name],
            "parentFolderId": self.root_id,
            "childFolderCount": 0,
            "unreadItemCount": sum(not message.content.get("isRead") for message in held),
            "totalItemCount": len(held),
            "isHidden": False,
        }


def recipient(name: str, address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": name, "address": address}}


def _defaults() -> dict[str, Any]:
    return {
        "subject": "",
        "categories": [],
        "importance": "normal",
        "isDeliveryReceiptRequested": False,
        "isReadReceiptRequested": False,
        "isRead": False,
        "inferenceClassification": "focused",
        "sender": None,
        "from": None,
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
        "replyTo": [],
        "flag": {"flagStatus": "notFlagged"},
    }
