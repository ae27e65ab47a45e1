"""A delivery is cut into events whose text nobody touched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.functions_host.event_json import split_events, validation_code

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.just("data"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=5), st.sampled_from([None, 2]), st.booleans())
def test_the_text_of_each_event_of_an_array_is_kept(events, indent, ascii_only):
    texts = [json.dumps(event, indent=indent, ensure_ascii=ascii_only) for event in events]

    split = split_events("\r\n[ " + " ,\t".join(texts) + " ] ")

    assert [event.text for event in split] == texts
    assert [event.data for event in split] == [
        json.dumps(event["data"], indent=indent, ensure_ascii=ascii_only).replace("\n", "\n  " if indent else "\n")
        if isinstance(event, dict) and "data" in event
        else None
        for event in events
    ] or indent


@pytest.mark.parametrize(
    "data", ['"\\ud800"', "NaN", "-Infinity", "9" * 5000, "1e999", '{"a" : [1 , 2.0]}', "null", '"\\u00e9é"']
)
def test_odd_values_pass_as_they_are(data):
    text = f'{{"id": "1", "data" : {data} , "x": 1}}'

    (event,) = split_events(text)

    assert (event.text, event.data) == (text, data)


def test_of_two_data_members_the_last_counts():
    assert split_events('{"data":1,"data":2}')[0].data == "2"


@pytest.mark.parametrize(
    "body",
    [
        *("", " ", "[", "{", "[{}", '{"a"', '{"a" 1}', '{"a":1,}', "[1,]", "[1 2]", "5", '"text"', "[{}]x", "[nul]"),
        *('[{"a":' * 10**5, "{1:2}", '{"a":1 "b":2}', "\ufeff{}", "{'a':1}", "[" * 10**6),
    ],
)
def test_what_is_no_event_and_no_array_is_refused(body):
    with pytest.raises(ValueError, match=r"."):
        split_events(body)


def test_the_validation_code_is_found_in_both_schemas():
    assert validation_code('[{"data": {"validationCode": "abc"}}]') == "abc"
    assert validation_code('{"data": "{\\"validationCode\\": \\"abc\\"}"}') == "abc"
    for body in ("[]", "{}", "5", '{"data": 5}', '[{"data": []}]'):
        with pytest.raises(ValueError, match="validationCode"):
            validation_code(body)
