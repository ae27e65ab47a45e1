"""What the tests of mail write."""

OUTBOX_ID = "String {5b7c9e40-3f21-4d0a-9c57-2f8d1a6e4b13} Name outbox"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def to(*aliases):
    return [{"emailAddress": {"address": f"{alias}@contoso.example"}} for alias in aliases]


def draft(**changes):
    return {"subject": "Engine", "body": {"contentType": "text", "content": "Look < here"}} | changes
