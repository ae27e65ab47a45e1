"""Table Storage's rules that Azurite does not know."""

from urllib.parse import quote

import pytest

from twin.storage.table_limits import MOST_TRANSACTION_BYTES, comparisons, partition, refusal


def filtered(text: str) -> str:
    return f"$top=10&$filter={quote(text)}"


def any_of(count: int) -> str:
    return " or ".join(f"RowKey eq '{number}'" for number in range(count))


def test_fifteen_comparisons_are_the_most() -> None:
    assert refusal("GET", "/a/t()", filtered(any_of(15)), b"") is None

    refused = refusal("GET", "/a/t()", filtered(any_of(16)), b"")

    assert refused is not None
    assert (refused.status, refused.code) == (400, "InvalidInput")


def test_words_in_quotes_are_no_comparisons() -> None:
    assert comparisons("PartitionKey eq 'a eq b and it''s le c' and Size gt 5 and not (Done ne true)") == 3


def test_a_transaction_has_at_most_four_mebibytes() -> None:
    assert refusal("POST", "/a/$batch", "", b"x" * MOST_TRANSACTION_BYTES) is None

    refused = refusal("POST", "/a/$batch", "", b"x" * (MOST_TRANSACTION_BYTES + 1))

    assert refused is not None
    assert (refused.status, refused.code) == (413, "RequestBodyTooLarge")


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("/a/t(PartitionKey='it%27%27s',RowKey='r')", "", b""),
        ("/a/t()", filtered("PartitionKey eq 'it''s' and RowKey gt 'r'"), b""),
        ("/a/$batch", "", b"PUT https://x/a/t(PartitionKey='it%27%27s',RowKey='r') HTTP/1.1"),
        ("/a/$batch", "", b'POST https://x/a/t HTTP/1.1\r\n\r\n{"PartitionKey": "it\'s", "RowKey": "r"}'),
        ("/a/t", "", b'{"PartitionKey": "it\'s"}'),
    ],
)
def test_the_partition_is_read_wherever_it_stands(path: str, query: str, body: bytes) -> None:
    assert partition(path, query, body) == "it's"


def test_no_partition_is_no_partition() -> None:
    assert partition("/a/Tables", "", b'{"TableName": "t"}') == ""
