"""Encrypted content: only what Graph vouched for, and only whole."""

import json
from typing import Any

import pytest
from builders import mail_event, reading_of

from shared.domain.events.rich import EncryptedContent, Unopened, encrypted_in, is_rich, read_content, verified

PARTS = {
    "data": "ZGF0YQ==",
    "dataSignature": "c2lnbmF0dXJl",
    "dataKey": "a2V5",
    "encryptionCertificateId": "one",
    "encryptionCertificateThumbprint": "AB",
}


def body_with(content: object, **envelope: object) -> str:
    event: dict[str, Any] = json.loads(mail_event())
    event["data"]["encryptedContent"] = content
    return reading_of(json.dumps(event | envelope)).notification.body


def test_content_is_read_out_of_a_verified_event():
    found = encrypted_in(verified(body_with(PARTS)))

    assert found == EncryptedContent(data=b"data", signature=b"signature", key=b"key", certificate_id="one")
    assert "data" not in repr(found).replace("certificate_id", "")


def test_content_that_nobody_vouched_for_is_none():
    assert is_rich(body_with(PARTS))
    assert encrypted_in(body_with(PARTS)) is None
    assert encrypted_in(body_with(PARTS, verifiedcontent="true")) is None


def test_an_event_without_content_has_none():
    assert not is_rich(reading_of(mail_event()).notification.body)
    assert encrypted_in(verified(reading_of(mail_event()).notification.body)) is None


@pytest.mark.parametrize("name", ["data", "dataSignature", "dataKey", "encryptionCertificateId"])
@pytest.mark.parametrize("wrong", [None, 7, "%", "=", []])
def test_broken_content_is_told_apart_by_what_is_broken(name, wrong):
    if name == "encryptionCertificateId" and isinstance(wrong, str):
        return

    with pytest.raises(Unopened, match=f"(?i){name}"):
        encrypted_in(verified(body_with({**PARTS, name: wrong})))


@pytest.mark.parametrize("content", [7, "x", [], True])
def test_content_of_another_form_is_refused(content):
    with pytest.raises(Unopened):
        encrypted_in(verified(body_with(content)))


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_was_encrypted_must_be_an_object(text):
    with pytest.raises(Unopened) as caught:
        read_content(text)

    assert text.decode("utf-8", "replace") not in str(caught.value) or not text


def test_an_object_comes_out_as_it_went_in():
    assert read_content('{"subject": "é"}'.encode()) == {"subject": "é"}
