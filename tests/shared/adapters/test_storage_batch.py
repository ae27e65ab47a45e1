"""The text of a transaction and what its answer says: as documented, and as odd answers come.

https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.adapters.storage.batch import Refusal, batch_of, etags_of, refusal_of
from shared.ports import Verb, Write

ENDPOINT = "https://account.table.core.windows.net"
ROW = {"PartitionKey": "p", "RowKey": "r|1"}


def parts(*writes: Write) -> list[tuple[str, list[str], str]]:
    """Request line, headers and body of each part."""
    text = batch_of(ENDPOINT, "log20260616", writes).decode()
    assert text.endswith("--changeset_of_rows--\r\n--batch_of_rows--\r\n")
    found = []
    for part in text.split("--changeset_of_rows\r\n")[1:]:
        mime, head, rest = part.split("\r\n\r\n", 2)
        assert mime == "Content-Type: application/http\r\nContent-Transfer-Encoding: binary"
        line, *headers = head.split("\r\n")
        found.append((line, headers, rest.split("\r\n")[0]))
    return found


def test_a_write_is_the_request_that_the_service_documents():
    url = f"{ENDPOINT}/log20260616"
    row = f"{url}(PartitionKey='p',RowKey='r%7C1')"
    writes = [
        Write(Verb.INSERT, ROW),
        Write(Verb.UPSERT, ROW),
        Write(Verb.REPLACE, ROW, 'W/"1"'),
        Write(Verb.DELETE, ROW, "*"),
    ]

    inserted, upserted, replaced, deleted = parts(*writes)

    assert inserted[0] == f"POST {url} HTTP/1.1"
    assert upserted[0] == replaced[0] == f"PUT {row} HTTP/1.1"
    assert deleted[0] == f"DELETE {row} HTTP/1.1"
    assert inserted[2] == upserted[2] == replaced[2] == '{"PartitionKey":"p","RowKey":"r|1"}'
    assert deleted[2] == ""
    conditions = [
        [header for header in part[1] if "Match" in header] for part in (inserted, upserted, replaced, deleted)
    ]
    assert conditions == [[], [], ['If-Match: W/"1"'], ["If-Match: *"]]
    assert all("Prefer: return-no-content" in part[1] for part in (inserted, upserted, replaced))


def test_a_key_is_quoted_as_odata_and_urls_want_it():
    [(line, _, _)] = parts(Write(Verb.UPSERT, {"PartitionKey": "o'k", "RowKey": "é&=+%\U0001f600"}))

    assert "(PartitionKey='o%27%27k',RowKey='%C3%A9%26%3D%2B%25%F0%9F%98%80')" in line


def test_values_are_one_line_of_json_with_times_typed():
    berlin = datetime(2026, 6, 16, 14, tzinfo=timezone(timedelta(hours=2)))
    entity = {**ROW, "text": "--changeset_of_rows\r\né\ud800", "yes": True, "n": -7, "at": berlin}

    [(_, _, body)] = parts(Write(Verb.INSERT, entity))

    assert body == (
        '{"PartitionKey":"p","RowKey":"r|1","text":"--changeset_of_rows\\r\\n\\u00e9\\ud800","yes":true,"n":-7,'
        '"at":"2026-06-16T12:00:00.000000Z","at@odata.type":"Edm.DateTime"}'
    )


def test_a_year_before_1000_keeps_its_four_digits():
    [(_, _, body)] = parts(Write(Verb.INSERT, {**ROW, "at": datetime(7, 1, 1, tzinfo=UTC)}))

    assert '"0007-01-01T00:00:00.000000Z"' in body


def answer(*parts_: str) -> str:
    head = "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n"
    mime = "--changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    return head + "".join(f"{mime}{part}" for part in parts_) + "--changesetresponse_2--\r\n--batchresponse_1--\r\n"


WRITTEN = "HTTP/1.1 204 No Content\r\nContent-ID: 1\r\nETag: W/\"datetime'2026-06-16T12%3A00%3A00Z'\"\r\n\r\n\r\n"
DELETED = "HTTP/1.1 204 No Content\r\nContent-ID: 2\r\nDataServiceVersion: 1.0;\r\n\r\n\r\n"
TAKEN = (
    "HTTP/1.1 409 Conflict\r\nContent-ID: 12\r\nContent-Type: application/json\r\n\r\n"
    '{"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"11:The specified entity already'
    ' exists.\\nRequestId:7\\nTime:2026-06-16T12:00:00Z"}}}\r\n'
)


def test_each_write_has_its_etag_and_a_deletion_none():
    etag = "W/\"datetime'2026-06-16T12%3A00%3A00Z'\""

    assert etags_of(answer(WRITTEN, DELETED, WRITTEN)) == [etag, "", etag]
    assert etags_of(answer(WRITTEN.replace("ETag", "Etag"))) == [etag]


def test_a_refusal_names_the_write_that_is_to_blame():
    found = etags_of(answer(TAKEN))

    assert isinstance(found, Refusal)
    assert (found.status, found.code, found.index) == (409, "EntityAlreadyExists", 11)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ('{"odata.error":{"code":"X","message":{"value":"no number"}}}', 0),
        ('{"odata.error":{"code":"X","message":{"value":"no: number"}}}', 0),
        ('{"odata.error":{"code":"X","message":{"value":"99:last"}}}', 99),
    ],
)
def test_a_refusal_without_a_number_blames_the_first(text, index):
    assert refusal_of(400, text).index == index


@pytest.mark.parametrize(
    "text", ["", "<error/>", "{", "{}", '{"odata.error":null}', '{"odata.error":{"code":"X"}}', "{[}"]
)
def test_an_error_in_another_form_keeps_its_status_and_its_beginning(text):
    assert refusal_of(400, text) == Refusal(status=400, code="", message=text, index=0)


def test_what_is_no_answer_gives_no_etags():
    assert etags_of("") == []
    assert etags_of("--batchresponse_1\r\n") == []
