"""How the simple kinds look as JSON: what callers wrote, over what Graph gives when they wrote nothing."""

from typing import Any

from twin.graph import ids
from twin.graph.entities import Entity

Row = dict[str, Any]
Keys = tuple[str, ...]


def event(entity: Entity, keys: Keys) -> Row:
    body = entity.content.get("body") or {"contentType": "html", "content": ""}
    return _outlook(entity) | {
        "iCalUId": f"040000008200E00074C5B7101A82E008{entity.id[-24:].encode().hex().upper()}",
        "subject": "",
        "bodyPreview": str(body.get("content", ""))[:255],
        "importance": "normal",
        "sensitivity": "normal",
        "hasAttachments": False,
        "isAllDay": False,
        "isCancelled": False,
        "isDraft": False,
        "isOrganizer": True,
        "isOnlineMeeting": False,
        "isReminderOn": True,
        "reminderMinutesBeforeStart": 15,
        "responseRequested": True,
        "allowNewTimeProposals": True,
        "hideAttendees": False,
        "showAs": "busy",
        "type": "singleInstance",
        "seriesMasterId": None,
        "onlineMeeting": None,
        "onlineMeetingProvider": "unknown",
        "onlineMeetingUrl": None,
        "originalStartTimeZone": (entity.content.get("start") or {}).get("timeZone", "UTC"),
        "originalEndTimeZone": (entity.content.get("end") or {}).get("timeZone", "UTC"),
        "recurrence": None,
        "transactionId": None,
        "location": {"displayName": ""},
        "locations": [],
        "attendees": [],
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "webLink": f"https://outlook.office365.com/owa/?itemid={entity.id}&path=/calendar/item",
        **entity.content,
        "body": body,
    }


def contact_folder(entity: Entity, keys: Keys) -> Row:
    return {
        "id": entity.id,
        "displayName": "",
        "parentFolderId": entity.content.get("parentFolderId", ""),
        **entity.content,
    }


def contact(entity: Entity, keys: Keys) -> Row:
    texts = [
        "birthday",
        "companyName",
        "department",
        "jobTitle",
        "middleName",
        "mobilePhone",
        "nickName",
        "surname",
        "title",
    ]
    lists = ["businessPhones", "children", "emailAddresses", "homePhones", "imAddresses"]
    return (
        _outlook(entity)
        | {"parentFolderId": keys[1], "displayName": _full_name(entity.content), "fileAs": _full_name(entity.content)}
        | dict.fromkeys(texts)
        | {name: [] for name in lists}
        | {"businessAddress": {}, "homeAddress": {}, "otherAddress": {}, "personalNotes": ""}
        | entity.content
    )


def todo_list(entity: Entity, keys: Keys) -> Row:
    return {
        "@odata.etag": entity.etag,
        "id": entity.id,
        "isOwner": True,
        "isShared": False,
        "wellknownListName": "none",
        **entity.content,
    }


def todo_task(entity: Entity, keys: Keys) -> Row:
    return {
        "@odata.etag": entity.etag,
        "id": entity.id,
        "importance": "normal",
        "isReminderOn": False,
        "status": "notStarted",
        "createdDateTime": ids.seven_digits(entity.created_at),
        "lastModifiedDateTime": ids.seven_digits(entity.changed_at),
        "hasAttachments": False,
        "categories": [],
        "body": {"content": "", "contentType": "text"},
        **entity.content,
    }


def chat(entity: Entity, keys: Keys) -> Row:
    shown = {name: value for name, value in entity.content.items() if name != "members"}
    return {
        "id": entity.id,
        "topic": None,
        "createdDateTime": ids.milliseconds(entity.created_at),
        "lastUpdatedDateTime": ids.milliseconds(entity.changed_at),
        "webUrl": f"https://teams.microsoft.com/l/chat/{entity.id}/0",
        "onlineMeetingInfo": None,
        **shown,
    }


def team(entity: Entity, keys: Keys) -> Row:
    return {
        "id": entity.id,
        "createdDateTime": ids.milliseconds(entity.created_at),
        "visibility": "private",
        "isArchived": False,
        "webUrl": f"https://teams.microsoft.com/l/team/{entity.id}/conversations",
        **entity.content,
    }


def channel(entity: Entity, keys: Keys) -> Row:
    return {
        "id": entity.id,
        "createdDateTime": ids.milliseconds(entity.created_at),
        "description": None,
        "membershipType": "standard",
        "isArchived": False,
        "webUrl": f"https://teams.microsoft.com/l/channel/{entity.id}",
        **entity.content,
    }


def chat_message(entity: Entity, keys: Keys) -> Row:
    """Of a chat where there is one key, else of a team's channel. A deleted one stays, without its text."""
    body = {"contentType": "text", "content": ""} if entity.deleted_at else entity.content.get("body")
    place: Row = {"chatId": keys[0]} if len(keys) == 1 else {"chatId": None}
    if len(keys) == 2:
        place["channelIdentity"] = {"teamId": keys[0], "channelId": keys[1]}
    return {
        "id": entity.id,
        "replyToId": None,
        "etag": str(int(entity.changed_at.timestamp() * 1000)),
        "messageType": "message",
        "createdDateTime": ids.milliseconds(entity.created_at),
        "lastModifiedDateTime": ids.milliseconds(entity.changed_at),
        "lastEditedDateTime": None,
        "deletedDateTime": ids.milliseconds(entity.deleted_at) if entity.deleted_at else None,
        "subject": None,
        "summary": None,
        "importance": "normal",
        "locale": "en-us",
        "attachments": [],
        "mentions": [],
        "reactions": [],
        **place,
        **entity.content,
        "body": body,
    }


def author(user_id: str, name: str) -> Row:
    """The identity set of a person."""
    return {
        "application": None,
        "device": None,
        "user": {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": user_id,
            "displayName": name,
            "userIdentityType": "aadUser",
        },
    }


def _outlook(entity: Entity) -> Row:
    return {
        "@odata.etag": entity.etag,
        "id": entity.id,
        "createdDateTime": ids.seven_digits(entity.created_at),
        "lastModifiedDateTime": ids.seven_digits(entity.changed_at),
        "changeKey": entity.change_key,
        "categories": [],
    }


def _full_name(content: Row) -> str:
    return " ".join(part for part in (content.get("givenName"), content.get("surname")) if part)
