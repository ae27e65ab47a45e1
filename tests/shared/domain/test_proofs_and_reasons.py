"""What is proven, by which key, and the words in which anything is refused."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import ADA, NOW, RING, TENANT, mail_event, mail_spec, reading_of

from shared.domain.catch_up.delta import DELTAS
from shared.domain.catch_up.recovered import recovered_notification
from shared.domain.events.client_state import (
    KeyRing,
    Proof,
    claimed_spec,
    mint,
    person_of,
    prove,
    subject_of_person,
    subject_of_resource,
)
from shared.domain.events.imprint import Imprint, imprint_of, prove_imprint, vouched
from shared.domain.events.rich import Unopened, encrypted_in, read_content, verified, without_mark
from shared.domain.events.senders import app_of, audiences_of, bearer_of
from shared.domain.events.summary import LONGEST, one_line
from shared.domain.events.trust import Rejection, reject
from shared.domain.events.work import LaterWork, UnreadableWork, WorkItem, read_work, write_reference, write_work

MAIL = reading_of(mail_event()).notification
SUBJECT = subject_of_person(ADA)
TWO_KEYS = KeyRing({1: b"a" * 32, 2: b"b" * 32})
# Graph keeps it for as long as a subscription lives: a release that made another would believe none of its events.
STATE = "v1.mail~xKfoEwspT12mwT540vkFSw.1yy6cD02Qi62plpLLMEYas-sh8DJ9SWuARtlnUEoEJA"


def test_a_state_is_the_same_from_release_to_release():
    assert mint(RING, tenant_id=TENANT, entry="mail", subject=SUBJECT) == STATE
    assert (SUBJECT, subject_of_resource("Users")) == ("xKfoEwspT12mwT540vkFSw", "fftM9ndCywZgMF5W")
    assert (person_of(SUBJECT), person_of(subject_of_resource("Users"))) == (ADA, None)


def test_a_state_is_made_by_the_newest_key_unless_a_version_is_named():
    usual = {"tenant_id": TENANT, "entry": "mail", "subject": SUBJECT}

    assert mint(TWO_KEYS, **usual).startswith("v2.mail~")
    assert mint(TWO_KEYS, **usual, key_version=1) == mint(KeyRing({1: b"a" * 32}), **usual)
    assert prove(TWO_KEYS, mint(TWO_KEYS, **usual, key_version=1), tenant_id=TENANT) == Proof(1, "mail", SUBJECT)
    assert mint(KeyRing({0: b"z" * 32, 1: b"a" * 32}), **usual, key_version=0).startswith("v0.")


def test_an_imprint_is_proven_by_the_key_that_made_its_state_though_there_is_a_newer_one():
    state = mint(TWO_KEYS, tenant_id=TENANT, entry="mail", subject=SUBJECT, key_version=1)
    imprint = imprint_of(state)

    assert (imprint.key_version, imprint.spec) == (1, mail_spec())
    assert prove_imprint(TWO_KEYS, imprint, tenant_id=TENANT) == Proof(1, "mail", SUBJECT)
    assert prove_imprint(TWO_KEYS, replace(imprint, key_version=2), tenant_id=TENANT) is None
    assert prove_imprint(TWO_KEYS, replace(imprint, digest=""), tenant_id=TENANT) is None


def test_an_imprint_of_another_length_of_version_is_read_whole():
    ring = KeyRing({123456: b"k" * 32})
    state = mint(ring, tenant_id=TENANT, entry="mail", subject=SUBJECT)

    assert imprint_of(state).key_version == 123456
    assert (claimed_spec(state), claimed_spec(None), claimed_spec("x")) == (mail_spec(), "", "")


def test_an_operator_vouches_under_the_newest_key():
    assert vouched(mail_spec(), TWO_KEYS) == Proof(2, "mail", SUBJECT)
    assert vouched("mail~" + "a" * 15 + "~", TWO_KEYS) == Proof(2, "mail", "a" * 15 + "~")


@pytest.mark.parametrize("length", [0, 15, 17, 21, 23])
def test_an_operator_vouches_for_no_subject_of_another_length(length):
    assert vouched("mail~" + "a" * length, TWO_KEYS) is None


FOREIGN = "3b1d5c9e-0000-4000-8000-7f6a2c4e8d10"


@pytest.mark.parametrize(
    ("members", "resource", "rejection"),
    [
        (
            {"tenant_id": FOREIGN, "source": "/Tenants/X/y"},
            "users",
            Rejection("foreign_tenant", f"the event is of tenant {FOREIGN}, x"),
        ),
        ({}, None, Rejection("not_wanted", "no entry of subscriptions.toml wants this subscription any more")),
        (
            {"resource": "users/eve/messages/1"},
            f"users/{ADA}/messages",
            Rejection("foreign_resource", f"users/eve/messages/1 is not of users/{ADA}/messages"),
        ),
        (
            {"time": NOW - timedelta(days=9)},
            "users",
            Rejection("too_old", "the event is of 2026-06-07, events count for 8 days"),
        ),
        (
            {"time": NOW + timedelta(days=2)},
            "users",
            Rejection("from_the_future", "the event says 2026-06-18T12:00:00+00:00"),
        ),
        ({"time": None}, "users", None),
        ({"tenant_id": TENANT, "source": f"x/tenants/{FOREIGN}/"}, "users", None),
    ],
)
def test_a_rejection_says_in_a_sentence_why(members, resource, rejection):
    assert reject(replace(MAIL, **members), resource=resource, tenant_id=TENANT.upper(), now=NOW) == rejection


def test_a_recovered_event_has_the_members_of_the_announcement():
    found = recovered_notification(
        DELTAS["messages"],
        resource="users/x/messages/y",
        etag="E",
        change_type="created",
        time=NOW,
        tenant_id=TENANT,
        found_by="reading",
    )

    assert json.loads(found.body) == {
        "specversion": "1.0",
        "id": found.event_id,
        "source": f"/tenants/{TENANT}/delta",
        "type": "Microsoft.Graph.MessageCreated",
        "subject": "users/x/messages/y",
        "time": NOW.isoformat(),
        "data": {
            "changeType": "created",
            "resource": "users/x/messages/y",
            "tenantId": TENANT,
            "resourceData": {"@odata.etag": "E", "id": "y"},
        },
    }
    assert found.event_id == "2b65ac9eed186f1a3218c100bfbaec19"
    assert (found.subscription_id, found.lifecycle) == ("", "")


PARTS = {"data": "ZA==", "dataSignature": "cw==", "dataKey": "aw==", "encryptionCertificateId": "one"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (7, "encryptedContent is no object"),
        ({**PARTS, "encryptionCertificateId": None}, "encryptionCertificateId is missing"),
        ({**PARTS, "data": None}, "data is missing"),
        ({**PARTS, "dataSignature": 7}, "datasignature is missing"),
        ({**PARTS, "dataKey": "%"}, "datakey is no base64"),
        ({**PARTS, "dataKey": "aw=="[:-1]}, "datakey is no base64"),
        ({**PARTS, "data": "Z A=="}, "data is no base64"),
    ],
)
def test_broken_content_is_told_in_words(content, why):
    event = json.loads(mail_event())
    event["data"]["encryptedContent"] = content

    with pytest.raises(Unopened) as refused:
        encrypted_in(verified(json.dumps(event)))

    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "what was encrypted is no JSON"),
        (b"\xff", "what was encrypted is no JSON"),
        (b"[]", "what was encrypted is no object"),
    ],
)
def test_content_that_is_no_object_is_told_in_words(text, why):
    with pytest.raises(Unopened) as refused:
        read_content(text)

    assert str(refused.value) == why


def test_a_mark_that_came_from_outside_is_taken_off_and_the_rest_stays():
    marked = replace(MAIL, body=verified(MAIL.body))

    assert marked.body == MAIL.body.removesuffix("}") + ',"verifiedcontent":true}'
    assert without_mark(marked) == MAIL
    assert without_mark(MAIL) is MAIL
    assert encrypted_in("[]") is None


ITEM = WorkItem(Proof(3, "mail", "x"), "{}")


def test_work_in_the_queue_has_the_same_form_from_release_to_release():
    text = '{"format":1,"items":[{"key_version":3,"entry":"mail","subject":"x","event":"{}"}]}'

    assert write_work([ITEM]) == text
    assert read_work(text) == [ITEM]
    assert write_reference("b") == '{"format":1,"blob":"b"}'


@pytest.mark.parametrize(
    ("text", "fault", "said"),
    [
        ("", UnreadableWork, "no work of ours: JSONDecodeError"),
        ("[]", UnreadableWork, "no work of ours: TypeError"),
        ('{"format": 1}', UnreadableWork, "no work of ours: KeyError"),
        ('{"format": 2}', LaterWork, "format 2"),
    ],
)
def test_what_is_no_work_says_how(text, fault, said):
    with pytest.raises(fault) as refused:
        read_work(text)

    assert str(refused.value) == said


def test_senders_are_told_by_what_stands_there_and_nothing_else():
    assert app_of({"ver": "2.0", "azp": "A", "appid": "B"}) == "a"
    assert app_of({"ver": "1.0", "azp": "A", "appid": "B"}) == "b"
    assert app_of({"appid": "A", "scp": ""}) == ""
    assert (bearer_of("BEARER x y"), bearer_of("bearerx")) == ("x y", "")
    assert audiences_of("x") == ("x", "api://x")


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST])
def test_a_line_that_fits_is_kept_whole(length):
    assert one_line("x" * length) == "x" * length


def test_a_line_that_does_not_fit_ends_in_an_ellipsis():
    assert one_line("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
    assert one_line("a", "b", between=" - ") == "a - b"
    assert one_line("a\ud800b") == "a?b"
    assert one_line(" a\u200f\u2066 \u009f b ", "\x7f") == "a b"


def test_the_digest_of_a_state_is_the_same_from_release_to_release():
    digest = "48412e10146dbd56bff2d592f463f8a499221afefe1607549f5cdc0546d58a5c"

    assert imprint_of(STATE) == Imprint(1, mail_spec(), digest)
    assert imprint_of(None) == Imprint(0, "", "")
