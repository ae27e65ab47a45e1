import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from twin.clocks import MovableClock
from twin.control import control_app
from twin.entra.tokens import Entra
from twin.graph.errors import GraphError
from twin.world import World

CONSENT_FAULTS = "application: want a list of text; delegated: want a list of text"


class FakeEventGrid:
    """Counts what is published; keeps the switches that held at that moment."""

    def __init__(self, world):
        self.world = world
        self.published = 0
        self.duplicate_percents = []
        self.shuffled_when_settled = None

    @property
    def deliveries(self):
        return {"published": self.published}

    def tick(self):
        pass

    def publish(self, events):
        self.published += events
        self.duplicate_percents.append(self.world.switches.duplicate_percent)

    async def settled(self, timeout_s):
        self.shuffled_when_settled = self.world.switches.shuffle

    def as_json(self):
        return {"topics": [{"name": "graph-pulse"}], "deliveries": self.deliveries}


class FakeSubscription:
    def __init__(self, subscription_id):
        self.id = subscription_id


class FakeGraph:
    """A tenant with two subscriptions, both told about every change."""

    def __init__(self, world):
        self.world = world
        self.subscriptions = self
        self.ids = ["s1", "s2"]
        self.asked = []
        self.ticked_at = []

    def live(self):
        return [FakeSubscription(each) for each in self.ids]

    def trigger(self, type_, *, user=None, count=1, set=None):  # noqa: A002  the seam says so
        if type_ == "group.deleted":
            raise LookupError("group.deleted: nobody would be told")
        if type_ != "message.created":
            raise ValueError(f"type: no such trigger: {type_}")
        self.asked.append((type_, user, count, set))
        for _ in range(count):
            self.world.ledger.record(
                at=self.world.clock.now(),
                resource="Users/u/Messages/m",
                change_type="created",
                version=None,
                announced_to=self.ids,
            )
        self.world.event_grid.publish(2 * count)
        return count

    def forge(self, count):
        self.world.event_grid.publish(count)
        return count

    def ask_reauthorization(self, subscription_id):
        return self._told("reauthorize", subscription_id)

    def announce_missed(self, subscription_id):
        return self._told("missed", subscription_id)

    def remove_subscription(self, subscription_id, announce=True):
        events = self._told("remove" if announce else "remove quietly", subscription_id)
        self.ids.remove(subscription_id)
        return events if announce else 0

    def tick(self):
        self.ticked_at.append(self.world.clock.now())

    def _told(self, what, subscription_id):
        if subscription_id not in (None, *self.ids):
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        self.asked.append((what, subscription_id))
        return 1 if subscription_id else len(self.ids)


@pytest.fixture
def world():
    world = World(clock=MovableClock())
    world.entra, world.event_grid, world.graph = Entra(world), FakeEventGrid(world), FakeGraph(world)
    return world


@pytest.fixture
async def control(world):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(control_app(world)), base_url=world.addresses.control
    ) as client:
        yield client


async def test_it_says_that_it_is_there_and_who_lives_here(control):
    assert (await control.get("/health")).json() == {"ok": True}
    assert [person["alias"] for person in (await control.get("/people")).json()] == ["ada", "grace", "alan"]


async def test_a_person_is_signed_in_for_our_api(world, control):
    answer = (await control.post("/sign-in", json={"user": "ada"})).json()

    claims = world.entra.verify(answer["access_token"], f"api://{world.api_app_id}")
    assert (claims["name"], claims["roles"], claims["tid"]) == ("Ada Lovelace", ["Pulse.Operator"], world.tenant_id)
    assert abs(answer["expires_on"] - claims["exp"]) <= 1


async def test_a_burst_makes_changes_and_says_how_many(world, control):
    answer = await control.post(
        "/trigger", json={"type": "message.created", "user": "ada", "count": 3, "set": {"subject": "Hello"}}
    )

    assert answer.json() == {"changes": 3, "events": 6}
    assert world.graph.asked == [("message.created", "ada", 3, {"subject": "Hello"})]


async def test_a_large_burst_lets_others_have_their_turn(world, control):
    answer = await control.post("/trigger", json={"type": "message.created", "count": 1_050})

    assert answer.json() == {"changes": 1_050, "events": 2_100}
    assert len(world.graph.asked) > 1


async def test_a_paced_burst_makes_its_changes_one_by_one(world, control):
    answer = await control.post("/trigger", json={"type": "message.created", "count": 4, "rate": 10_000})

    assert answer.json() == {"changes": 4, "events": 8}
    assert [count for _, _, count, _ in world.graph.asked] == [1, 1, 1, 1]


async def test_the_duplicates_of_a_burst_are_its_own(world, control):
    world.switches.duplicate_percent = 1.0

    await control.post("/trigger", json={"type": "message.created", "duplicate": 20})
    await control.post("/trigger", json={"type": "message.created", "duplicate": 0})
    await control.post("/trigger", json={"type": "message.created"})

    assert world.event_grid.duplicate_percents == [20, 0, 1]
    assert world.switches.duplicate_percent == 1


async def test_a_burst_is_shuffled_until_it_has_left(world, control):
    await control.post("/trigger", json={"type": "message.created", "count": 5, "shuffle": True})

    assert world.event_grid.shuffled_when_settled is True
    assert world.switches.shuffle is False


async def test_forged_events_are_no_changes(world, control):
    answer = await control.post("/trigger", json={"type": "message.created", "count": 2, "forge": True})

    assert answer.json() == {"changes": 0, "events": 2}
    assert world.ledger.changes == []


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("reauthorizationRequired", [("reauthorize", None)]),
        ("missed", [("missed", None)]),
        ("subscriptionRemoved", [("remove", "s1"), ("remove", "s2")]),
    ],
)
async def test_a_lifecycle_event_without_a_subscription_is_about_all(world, control, kind, asked):
    answer = await control.post("/lifecycle", json={"type": kind, "subscription_id": None})

    assert answer.json() == {"events": 2}
    assert world.graph.asked == asked


async def test_one_subscription_is_challenged(world, control):
    answer = await control.post("/lifecycle", json={"type": "missed", "subscription_id": "s2"})

    assert answer.json() == {"events": 1}
    assert world.graph.asked == [("missed", "s2")]


async def test_a_subscription_is_removed_with_or_without_a_word(world, control):
    quiet = await control.post("/subscriptions/s1/remove", json={"announce": False})
    told = await control.post("/subscriptions/s2/remove")

    assert (quiet.json(), told.json()) == ({"events": 0}, {"events": 1})
    assert world.graph.asked == [("remove quietly", "s1"), ("remove", "s2")]


async def test_a_subscription_that_is_not_there_gives_404(control):
    answer = await control.post("/subscriptions/nobody/remove", json={})

    assert (answer.status_code, answer.json()) == (404, {"error": "The object was not found."})


async def test_the_ledger_is_shown_in_full_and_by_final_state(control):
    await control.post("/trigger", json={"type": "message.created", "count": 2})

    changes = (await control.get("/ledger")).json()["changes"]
    final = (await control.get("/ledger/final")).json()

    assert [change["number"] for change in changes] == [1, 2]
    assert final == {"Users/u/Messages/m": changes[1]}


async def test_switches_are_read_and_turned(world, control):
    answer = await control.put("/switches", json={"graph_down": True})

    assert world.switches.graph_down
    assert answer.json() == (await control.get("/switches")).json()
    assert answer.json()["graph_down"] is True


async def test_an_admin_consents_to_other_permissions(world, control):
    answer = await control.put("/consent", json={"application": ["User.Read.All", "Presence.Read.All"]})

    assert answer.json()["application"] == ["Presence.Read.All", "User.Read.All"]
    assert answer.json() == (await control.get("/consent")).json()
    assert world.entra.granted == {"Presence.Read.All", "User.Read.All"}
    assert "Mail.Send" in world.entra.delegated


async def test_the_clock_is_moved_and_the_tenant_ticks_at_once(world, control):
    await control.post("/clock", json={"advance_s": 3600})
    shown = (await control.get("/clock")).json()

    assert shown["offset_s"] == 3600
    assert world.graph.ticked_at[0] - datetime.now(UTC) > timedelta(minutes=59)


async def test_the_clock_is_set_to_an_instant(control):
    instant = datetime.now(UTC) + timedelta(days=200)

    shown = (await control.post("/clock", json={"set": instant.isoformat()})).json()

    assert abs(datetime.fromisoformat(shown["now"]) - instant) < timedelta(minutes=1)


async def test_event_grid_is_shown(control):
    assert (await control.get("/event-grid")).json() == {
        "topics": [{"name": "graph-pulse"}],
        "deliveries": {"published": 0},
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", "/sign-in", {"user": "eve"}, "user: want one of ada, grace, alan"),
        ("POST", "/sign-in", {}, "user: want one of ada, grace, alan"),
        (
            "POST",
            "/trigger",
            {"count": 0, "rate": "fast", "duplicate": 101, "shuffle": 1, "set": [], "warp": 9},
            (
                "type: want text; count: want a whole number, 1 to 100000; rate: want a number from 0 to 10000; "
                "duplicate: want a number from 0 to 100; shuffle: want true or false; set: want an object; "
                "warp: no such field"
            ),
        ),
        ("POST", "/trigger", {"type": "message.created", "count": True}, "count: want a whole number, 1 to 100000"),
        ("POST", "/trigger", {"type": "message.sung"}, "type: no such trigger: message.sung"),
        ("POST", "/trigger", {"type": "group.deleted"}, "group.deleted: nobody would be told"),
        ("PUT", "/switches", {"warp": 9, "announce": 1}, "warp: no such switch; announce: want bool"),
        ("PUT", "/consent", {"application": [1], "delegated": "x"}, CONSENT_FAULTS),
        ("POST", "/clock", {}, "want either advance_s or set"),
        ("POST", "/clock", {"advance_s": 1, "set": "2030-01-01T00:00:00Z"}, "want either advance_s or set"),
        ("POST", "/clock", {"set": "2030-01-01T00:00:00"}, "set: want an ISO 8601 time with its zone"),
        ("POST", "/clock", {"set": "9999-12-31T23:59:59Z"}, "too far from real time: ten years at most"),
        (
            "POST",
            "/lifecycle",
            {"type": "birthday", "subscription_id": 1},
            "type: want one of reauthorizationRequired, missed, subscriptionRemoved; subscription_id: want text",
        ),
        ("POST", "/trigger", ["no object"], "want a JSON object"),
    ],
)
async def test_bad_input_gets_one_answer_with_every_fault(control, method, path, body, error):
    answer = await control.request(method, path, json=body)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_what_is_no_json_changes_nothing(world, control):
    faults = random.Random(7)

    for _ in range(50):
        answer = await control.post("/trigger", content=b'{"type": ' + faults.randbytes(8))
        assert answer.status_code == 400

    assert world.graph.asked == []


async def test_a_browser_may_sign_in_without_tls(world, control):
    answer = await control.get(f"/entra/{world.tenant_id}/v2.0/.well-known/openid-configuration")

    assert answer.json()["issuer"] == world.entra.v2_issuer
