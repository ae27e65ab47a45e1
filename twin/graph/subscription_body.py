"""The body of POST and PATCH /subscriptions, read field by field. GraphError 400 for what cannot be read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from twin.graph.calls import check_unknown
from twin.graph.errors import bad_request, invalid_request
from twin.graph.limits import ALL_CHANGES, CERTIFICATE_ID_MAX, CLIENT_STATE_MAX, Kind
from twin.graph.rich_content import Certificate, read_certificate

CERTIFICATE = ("encryptionCertificate", "encryptionCertificateId")
WEB_PUSH = ("vapidPublicKey", "webPushEncryptionP256dhPublicKey", "webPushEncryptionSecret")
POST_FIELDS = {
    "changeType",
    "clientState",
    "expirationDateTime",
    "includeResourceData",
    "latestSupportedTlsVersion",
    "lifecycleNotificationUrl",
    "notificationQueryOptions",
    "notificationUrl",
    "notificationUrlAppId",
    "resource",
    *CERTIFICATE,
    *WEB_PUSH,
}
PATCH_FIELDS = {"expirationDateTime", "notificationUrl", "lifecycleNotificationUrl", *CERTIFICATE}
READ_ONLY = {"id", "applicationId", "creatorId"}
TLS_VERSIONS = ("v1_0", "v1_1", "v1_2", "v1_3")


def check_fields(body: Mapping[str, Any], allowed: set[str]) -> None:
    check_unknown(body, allowed | READ_ONLY)
    sent = {name for name, value in body.items() if value is not None}
    if sent & READ_ONLY:
        raise bad_request(f"Read-only: {', '.join(sorted(sent & READ_ONLY))}.")
    if sent.intersection(WEB_PUSH):
        raise invalid_request("Web Push properties cannot be used with this notificationUrl.")


def required_text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid_request(f"{name} is required.")
    return value


def optional_text(body: Mapping[str, Any], name: str) -> str | None:
    return None if body.get(name) is None else required_text(body, name)


def read_change_types(text: str, kind: Kind) -> frozenset[str]:
    named = [part.strip().lower() for part in text.split(",")]
    wrong = [name for name in named if name not in ALL_CHANGES]
    if wrong or len(set(named)) != len(named):
        raise invalid_request("changeType must be a list of created, updated, deleted, each at most once.")
    narrow = [name for name in named if name not in kind.changes]
    if narrow:
        raise invalid_request(f"changeType {','.join(narrow)} is not supported for this resource.")
    return frozenset(named)


def read_client_state(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > CLIENT_STATE_MAX):
        raise invalid_request(f"clientState: at most {CLIENT_STATE_MAX} characters.")
    return value


def read_rich(body: Mapping[str, Any]) -> Certificate | None:
    """The certificate that resource data is to be encrypted for; None where no resource data is asked for."""
    wanted = body.get("includeResourceData")
    if wanted is not None and not isinstance(wanted, bool):
        raise bad_request("includeResourceData: want true or false.")
    if not wanted:
        if any(body.get(name) is not None for name in CERTIFICATE):
            raise invalid_request("encryptionCertificate is only for subscriptions with includeResourceData.")
        return None
    return read_encryption(body)


def read_encryption(body: Mapping[str, Any]) -> Certificate:
    """Both fields together, at POST and where PATCH changes them."""
    text, certificate_id = (required_text(body, name) for name in CERTIFICATE)
    if len(certificate_id) > CERTIFICATE_ID_MAX:
        raise invalid_request(f"encryptionCertificateId: at most {CERTIFICATE_ID_MAX} characters.")
    try:
        return read_certificate(text, certificate_id)
    except ValueError as fault:
        raise invalid_request(str(fault)) from fault


def read_instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request("expirationDateTime: not a DateTimeOffset.") from None
    if instant.tzinfo is None:
        raise bad_request("expirationDateTime: a time zone is missing.")
    return instant


def read_tls_version(body: Mapping[str, Any]) -> str:
    version = body.get("latestSupportedTlsVersion") or "v1_2"
    if version not in TLS_VERSIONS:
        raise invalid_request("latestSupportedTlsVersion: one of v1_0, v1_1, v1_2, v1_3.")
    return str(version)
