"""Reading, whatever comes: it never raises, keeps no client_state, and reads its own bodies again."""

import json

from builders import reading_of
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.notifications import Reading, Unreadable, read

SECRET = "v1.mail~xKfoEwspT12mwT540vkFSw.secret-mac"  # sample of a client_state
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(["changeType", "Resource", "resourceData", "lifecycleEvent", "tenantId", "@odata.id", "Id"])
DATA = st.dictionaries(KEYS | st.text(max_size=5), JSON | st.dictionaries(KEYS, JSON, max_size=4), max_size=6)
STATE_KEYS = st.sampled_from(["clientState", "ClientState", "CLIENTSTATE", "client_state"])


@given(text=st.text() | JSON.map(json.dumps))
def test_reading_never_raises(text):
    assert all(isinstance(found, Reading | Unreadable) for found in read(text))


@given(data=DATA, envelope=st.dictionaries(st.sampled_from(["subject", "time", "type", "x"]), JSON), key=STATE_KEYS)
def test_no_event_keeps_its_client_state_wherever_it_stands(data, envelope, key):
    event = {"id": "1", "source": "s", "type": "Microsoft.Graph.UserUpdated", **envelope}
    event["data"] = {**data, key: SECRET, "inner": [{key: SECRET}]}

    (found,) = read(json.dumps({**event, key: SECRET}))

    assert SECRET not in (found.notification.body if isinstance(found, Reading) else found.text)


@given(data=DATA)
def test_an_event_read_again_from_its_body_is_the_same(data):
    (found,) = read(json.dumps({"id": 1, "source": "s", "type": "Microsoft.Graph.UserUpdated", "data": data}))

    if isinstance(found, Reading):
        assert reading_of(found.notification.body).notification == found.notification
